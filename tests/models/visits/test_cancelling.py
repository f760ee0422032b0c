"""Cancelling: the slot is free again at once; a visit that is over or already cancelled is not changed."""

from datetime import timedelta
from uuid import uuid4

import pytest

from infra import clock
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.outbox import Message, MessageKind
from models.refusals.booking import VisitNotChangeable, VisitNotFound
from models.slots import availability
from models.values.visit_status import Status
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, count_rows
from tests.support.racing import race, tally
from tests.support.visits import book, cancel, is_free, move, patient_of


async def test_a_cancelled_visit_frees_its_slot_for_anybody() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    visit = await cancel(anna, await book(anna, slot))
    assert (visit.status, visit.cancelled_at, visit.sequence) == (Status.CANCELLED, clock.now(), 1)
    assert await is_free(slot)
    assert [free.id for free in await availability.find_free_slots(availability.SlotFilter(), None, None, 9)] == [
        slot.id
    ]
    assert (await book(borys, slot)).slot_id == slot.id
    await check_each_change_is_recorded_once()


async def test_only_the_patient_learns_the_reason_of_a_cancellation() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    await cancel(anna, visit, reason="już zdrowa")
    change = await VisitChange.get(visit_id=visit.id, kind="CANCELLED")
    assert (change.reason, change.by, change.from_starts_at) == ("już zdrowa", "patient", slot.starts_at)
    event = await Event.get(happening=EventType.VISIT_CANCELLED)
    assert event.details == {"visit_reference": visit.reference, "slot_id": str(slot.id)}
    letter = await Message.get(kind=MessageKind.VISIT_CANCELLED)
    assert (letter.details["visit"]["cancelled"], letter.details["visit"]["sequence"]) == (True, 1)
    assert "zdrowa" not in str(letter.details)
    entry = await AuditEntry.get(action="visit_cancelled")
    assert (entry.account_id, entry.patient_id, entry.subject_id) == (anna.id, anna.patient_id, visit.id)


async def test_a_visit_is_cancelled_once() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    assert tally(await race(*(cancel(anna, visit) for _ in range(5)))) == {"Visit": 1, "VisitNotChangeable": 4}
    with pytest.raises(VisitNotChangeable) as refusal:
        await cancel(anna, visit)
    assert refusal.value.details["status"] == "CANCELLED"
    await check_each_change_is_recorded_once()


async def test_a_cancelled_visit_cannot_be_moved_and_leaves_a_rebooked_slot_alone() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    visit = await cancel(anna, await book(anna, slot))
    his = await book(borys, slot)
    other = await cast.slot(cast.warsaw(24, 12), at=await slot.clinic, by=await slot.doctor)
    for again in (cancel(anna, visit), move(anna, visit, other)):
        with pytest.raises(VisitNotChangeable):
            await again
    assert (await Visit.get(id=his.id)).status == Status.BOOKED
    assert not await is_free(slot)


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.FULFILLED, Status.NO_SHOW])
async def test_a_visit_that_has_begun_its_course_cannot_be_cancelled(status: Status) -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await Visit.filter(id=visit.id).update(status=status)
    with pytest.raises(VisitNotChangeable) as refusal:
        await cancel(anna, visit)
    assert refusal.value.details["status"] == status


@pytest.mark.parametrize("minutes", [0, 24 * 60])
async def test_a_visit_can_be_cancelled_until_the_clinic_s_limit_and_not_at_it(minutes: int) -> None:
    anna, clinic = await cast.anna(), await cast.clinic(cancel_until_minutes=minutes)
    slot = await cast.slot(cast.warsaw(26, 10), at=clinic)
    visit = await book(anna, slot)
    limit = slot.starts_at - timedelta(minutes=minutes)
    before = await count_rows()
    with clock.pinned(limit), pytest.raises(VisitNotChangeable):
        await cancel(anna, visit)
    assert await count_rows() == before
    with clock.pinned(limit - timedelta(microseconds=1)):
        await cancel(anna, visit)


async def test_only_the_patient_s_own_visit_can_be_cancelled() -> None:
    anna, celina = await cast.anna(), await cast.celina()
    visit = await book(anna, await cast.slot())
    for wanted in (visit.id, uuid4()):
        with pytest.raises(VisitNotFound):
            await Visit.cancel(wanted, patient=patient_of(celina), by=celina)
    assert (await Visit.get(id=visit.id)).status == Status.BOOKED


async def test_cancelling_against_booking_the_same_slot_at_once_never_leaves_two_visits() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    clinic = await cast.clinic(planned_visits_per_patient=100)
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 15, at=clinic, by=await cast.doctor(clinic)):
        visit = await book(anna, slot)
        cancelled, booked = await race(cancel(anna, visit), book(borys, slot))
        assert cancelled.status == Status.CANCELLED
        assert await is_free(slot) != isinstance(booked, Visit)
    await check_each_change_is_recorded_once()


async def test_a_cancelled_visit_leaves_room_for_another_at_the_same_hour() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    two = await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    await cancel(anna, await book(anna, one))
    await book(anna, two)
