"""A walk-in is recorded once, at a time that nobody else had booked, and no message is sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from models.audit import AuditEntry
from models.outbox import Message
from models.refusals.booking import KeyReused, SlotNotFound, SlotTaken, VisitsOverlap
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import SlotsOverlap
from models.slots.slot import Slot
from models.values.visit_status import Channel, Status
from models.visits import walk_in
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from models.visits.walk_in import WalkIn
from tests import cast
from tests.support.racing import race, tally
from tests.support.visits import book, patient_of

WHY, BEGIN = "przyszedł bez rezerwacji", cast.warsaw(23, 8, 20)


async def test_a_walk_in_seen_in_a_free_slot_is_recorded_as_a_visit() -> None:
    rita, anna, slot = await cast.rita(), await cast.anna(), await cast.slot(BEGIN)
    visit = await walk_in.record(WalkIn(WHY, slot.id, reason="gorączka"), patient=patient_of(anna), by=rita)
    assert (visit.status, visit.channel, visit.slot_id, visit.reason) == (
        Status.FULFILLED,
        Channel.RECEPTION,
        slot.id,
        "gorączka",
    )
    assert (await Slot.get(id=slot.id)).visit_id == visit.id
    change = await VisitChange.get(visit_id=visit.id)
    assert (change.kind, change.by, change.override_reason, change.account_id) == (
        "RECORDED",
        "reception",
        WHY,
        rita.id,
    )
    entry = await AuditEntry.get(action="record_visit")
    assert (entry.patient_id, entry.account_id, entry.override_reason) == (anna.patient_id, rita.id, WHY)
    assert await Message.all().count() == 0


async def test_without_a_slot_it_gets_a_time_of_its_own_where_the_doctor_had_none() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    place: dict[str, Any] = {"doctor_id": doctor.id, "clinic_id": clinic.id, "minutes": 15}
    visit = await walk_in.record(WalkIn(WHY, starts_at=BEGIN, **place), patient=patient_of(anna), by=rita)
    assert (visit.starts_at, visit.ends_at) == (BEGIN, BEGIN + timedelta(minutes=15))
    later = WalkIn(WHY, starts_at=BEGIN + timedelta(minutes=5), **place)
    with pytest.raises(SlotsOverlap):
        await walk_in.record(later, patient=patient_of(await cast.borys()), by=rita)


async def test_a_slot_that_was_booked_withdrawn_or_is_to_come_is_not_taken() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    booked, gone, to_come = [await cast.slot(cast.warsaw(24, hour), at=clinic, by=doctor) for hour in (8, 9, 12)]
    await book(await cast.borys(), booked)
    await Slot.filter(id=gone.id).update(withdrawn_at=clock.now())
    with clock.pinned(cast.warsaw(24, 10)):
        for slot in (booked, gone, to_come):
            with pytest.raises(SlotTaken):
                await walk_in.record(WalkIn(WHY, slot.id), patient=patient_of(anna), by=rita)
        with pytest.raises(SlotNotFound):
            await walk_in.record(WalkIn(WHY, uuid4()), patient=patient_of(anna), by=rita)
    assert await Visit.all().count() == 1


async def test_nobody_was_in_two_places() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    one, two = [await cast.slot(BEGIN, at=clinic, by=await cast.doctor(clinic)) for _ in range(2)]
    await walk_in.record(WalkIn(WHY, one.id), patient=patient_of(anna), by=rita)
    with pytest.raises(VisitsOverlap):
        await walk_in.record(WalkIn(WHY, two.id), patient=patient_of(anna), by=rita)
    assert (await Slot.get(id=two.id)).visit_id is None


async def test_of_two_colleagues_at_once_one_records_and_a_repeated_request_records_once() -> None:
    rita, anna, borys, slot = await cast.rita(), await cast.anna(), await cast.borys(), await cast.slot(BEGIN)
    outcomes = await race(
        *(walk_in.record(WalkIn(WHY, slot.id), patient=patient_of(one), by=rita) for one in (anna, borys))
    )
    assert tally(outcomes) == {"Visit": 1, "SlotTaken": 1}
    another = await cast.slot(cast.warsaw(22, 8))
    again = [
        await walk_in.record(WalkIn(WHY, another.id, key="k"), patient=patient_of(anna), by=rita) for _ in range(2)
    ]
    assert again[0].id == again[1].id
    with pytest.raises(KeyReused):
        await walk_in.record(WalkIn("inny powód", another.id, key="k"), patient=patient_of(anna), by=rita)


@pytest.mark.parametrize(
    "wrong",
    [
        {"override_reason": " "},
        {"minutes": 4},
        {"minutes": 241},
        {"minutes": None},
        {"starts_at": None},
        {"starts_at": cast.MONDAY + timedelta(seconds=1)},
        {"starts_at": cast.MONDAY - timedelta(days=7, seconds=1)},
        {"starts_at": BEGIN + timedelta(seconds=1)},
        {"doctor_id": None},
        {"clinic_id": None},
    ],
)
async def test_a_flawed_record_is_refused_and_writes_nothing(wrong: dict[str, Any]) -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    given = {"override_reason": WHY, "doctor_id": doctor.id, "clinic_id": clinic.id, "starts_at": BEGIN, "minutes": 15}
    with pytest.raises(InvalidInput):
        await walk_in.record(WalkIn(**{**given, **wrong}), patient=patient_of(anna), by=rita)
    assert await Slot.all().count() == await Visit.all().count() == 0
