"""whyNotBookable names exactly the rules that forbid a booking, in agreement with booking itself."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest

from infra import clock
from models.schedules import single_slots
from models.slots.slot import Slot
from models.visits import booking_check
from models.visits.visit import Visit
from models.waiting import freed_slots
from tests import cast
from tests.support.racing import race
from tests.support.schedules import join_waiting_list, report_absence
from tests.support.visits import book, book_for, cancel, hold


async def named(slot: Slot, patient_id: object = None) -> list[str]:
    found = await booking_check.find_refusals(slot.id, patient_id)  # type: ignore[arg-type]  # any row with an id
    return [refusal.details.get("reason") or type(refusal).__name__ for refusal in found]


async def test_nothing_speaks_against_a_free_slot() -> None:
    slot = await cast.slot()
    assert await named(slot) == []
    assert await named(slot, (await cast.anna()).patient_id) == []


async def test_all_reasons_against_a_booking_are_named_at_once() -> None:
    """A withdrawn slot that has begun, overlapping another visit, for a patient at the limit of visits."""
    rita, clinic = await cast.rita(), await cast.clinic(planned_visits_per_patient=1)
    dorota = await cast.dorota(rita)
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    mine = await cast.slot(at=clinic, by=ewa)
    withdrawn = await cast.slot(at=clinic, by=jan)
    await book_for(rita, dorota, mine)
    await Slot.filter(id=withdrawn.id).update(withdrawn_at=clock.now())
    with clock.pinned(mine.starts_at):
        assert await named(withdrawn, dorota.id) == ["WITHDRAWN", "IN_THE_PAST", "VisitsOverlap", "TooManyVisits"]
        assert await named(mine) == ["IN_THE_PAST", "SlotTaken"]
    assert (await booking_check.find_refusals(withdrawn.id, dorota.id))[1].details == {
        "visit_id": str((await Visit.get()).id)
    }


async def test_a_hold_of_somebody_else_is_named_with_its_end_and_ones_own_is_none() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    held = await hold(anna, slot)
    [refusal] = await booking_check.find_refusals(slot.id, borys.patient_id)
    assert (type(refusal).__name__, refusal.details) == (
        "SlotHeld",
        {"held_until": held.hold_expires_at.isoformat(), "is_offer": False},
    )
    assert await named(slot, anna.patient_id) == []


async def test_unknown_slots_and_patients_are_named_too() -> None:
    slot = await cast.slot()
    assert await named(slot, uuid4()) == ["PatientNotFound"]
    found = await booking_check.find_refusals(uuid4(), uuid4())
    assert [type(refusal).__name__ for refusal in found] == ["SlotNotFound", "PatientNotFound"]


async def test_what_waits_is_offered_blocked_or_closed_by_an_absence_is_named_as_such() -> None:
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    queued, blocked, closed = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=doctor)
    visit = await book(borys, queued)
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    assert await named(queued, anna.patient_id) == await named(queued, borys.patient_id) == ["SlotKept"]
    await freed_slots.allocate()
    assert await named(queued, anna.patient_id) == []
    [offered] = await booking_check.find_refusals(queued.id, borys.patient_id)
    assert (type(offered).__name__, offered.details["is_offer"]) == ("SlotHeld", True)
    assert "offered to another patient" in offered.message("EN")
    await single_slots.block(blocked.id, "szkolenie", by=rita)
    await report_absence(rita, doctor, 24, 8, 9)
    assert [(await named(slot))[0] for slot in (blocked, closed)] == ["szkolenie", "choroba"]


CONDITIONS = ("withdrawn", "too near", "too far", "held", "taken", "queued", "overlapping", "too many")
NEVER_TOGETHER = [
    {"withdrawn", "taken"},
    {"withdrawn", "queued"},
    {"taken", "queued"},
    {"held", "taken"},
    {"held", "queued"},
]
COMBINED = [
    combined
    for size in range(4)
    for combined in itertools.combinations(CONDITIONS, size)
    if not any(pair <= {*combined} for pair in NEVER_TOGETHER)
]

BOOKING_SAYS = {"SlotHeld": "SlotTaken", "SlotKept": "SlotTaken"}  # booking does not reveal why the slot is not free


@pytest.mark.parametrize("conditions", COMBINED, ids=lambda conditions: ", ".join(conditions) or "none")
async def test_booking_raises_one_of_the_refusals_named_or_there_is_none(conditions: tuple[str, ...]) -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic(planned_visits_per_patient=2)
    slot = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    if "overlapping" in conditions:
        elsewhere = await cast.clinic("Poradnia skórna")
        await book(anna, await cast.slot(at=elsewhere, by=await cast.doctor(elsewhere)))
    if "too many" in conditions:
        for other in await cast.morning(cast.warsaw(26, 8).date(), 2, at=clinic, by=await cast.doctor(clinic)):
            await book(anna, other)
    if "taken" in conditions:
        await book(borys, slot)
    if "held" in conditions:
        await hold(borys, slot)
    if "queued" in conditions:
        await Slot.filter(id=slot.id).update(queued_at=clock.now())
    if "withdrawn" in conditions:
        await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
    if "too near" in conditions:
        clinic.minimum_notice_minutes = 3 * 24 * 60
    if "too far" in conditions:
        clinic.days_ahead = 0
    await clinic.save()
    refusals = await booking_check.find_refusals(slot.id, anna.patient_id)
    assert len(refusals) == len(conditions)
    [outcome] = await race(book(anna, slot))
    assert (type(outcome).__name__, getattr(outcome, "clinic_rule", None)) in (
        {(BOOKING_SAYS.get(type(each).__name__, type(each).__name__), each.clinic_rule) for each in refusals}
        or {("Visit", None)}
    )


async def test_a_slot_is_too_near_to_the_microsecond_as_in_booking() -> None:
    slot = await cast.slot()
    limit = slot.starts_at - timedelta(minutes=60)
    with clock.pinned(limit):
        assert await named(slot) == []
    with clock.pinned(limit + timedelta(microseconds=1)):
        assert await named(slot) == ["NOTICE_TOO_SHORT"]
