"""Holding: a slot is kept for one patient for five minutes, after which it is free without any action."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tortoise.transactions import in_transaction

from infra import clock
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.booking import (
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitsOverlap,
)
from models.slots import availability
from models.slots.slot import Slot
from models.visits.visit import Visit
from tests import cast
from tests.support.invariants import count_rows
from tests.support.racing import only, race, tally
from tests.support.schedules import report_absence
from tests.support.visits import book, cancel, hold, is_free, move, patient_of, release

FIVE_MINUTES, MOMENT = timedelta(minutes=5), timedelta(microseconds=1)


async def seen_by(patient: Patient | None, slot: Slot) -> bool:
    listed = await availability.find_free_slots(
        availability.SlotFilter(slot.clinic_id), patient.id if patient else None, None, 100
    )
    return slot.id in {free.id for free in listed}


async def test_a_held_slot_is_free_for_its_holder_only() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    held = await hold(anna, slot)
    assert (held.held_by_id, held.held_until) == (anna.patient_id, clock.now() + FIVE_MINUTES)
    assert await seen_by(patient_of(anna), slot)
    assert not await seen_by(patient_of(borys), slot)
    assert not await seen_by(None, slot)
    for refused in (book(borys, slot), hold(borys, slot)):
        with pytest.raises(SlotTaken):
            await refused


async def test_the_holder_books_and_the_hold_is_over() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await hold(anna, slot)
    visit = await book(anna, slot)
    after = await Slot.get(id=slot.id)
    assert (after.visit_id, after.held_by_id, after.held_until) == (visit.id, None, None)


async def test_a_hold_lapses_by_the_clock_alone_to_the_microsecond() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await hold(anna, slot)
    with clock.pinned(clock.now() + FIVE_MINUTES - MOMENT):
        assert not await seen_by(None, slot)
        with pytest.raises(SlotTaken):
            await book(borys, slot)
    with clock.pinned(clock.now() + FIVE_MINUTES):
        assert await seen_by(None, slot)
        assert (await book(borys, slot)).slot_id == slot.id


async def test_a_lapsed_hold_can_be_taken_over_and_does_not_count_as_held() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await hold(anna, slot)
    with clock.pinned(clock.now() + FIVE_MINUTES):
        assert not await release(anna, slot)
        assert (await hold(borys, slot)).held_by_id == borys.patient_id
        with pytest.raises(SlotTaken):
            await book(anna, slot)


async def test_holding_again_neither_extends_nor_repeats() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    first = await hold(anna, slot)
    with clock.pinned(clock.now() + FIVE_MINUTES - MOMENT):
        again = await hold(anna, slot)
    assert again.held_until == first.held_until
    assert (await count_rows())["audit_entry"] == 1


async def test_a_lapsed_hold_can_be_renewed_by_its_holder() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await hold(anna, slot)
    with clock.pinned(clock.now() + FIVE_MINUTES):
        assert (await hold(anna, slot)).held_until == clock.now() + FIVE_MINUTES


async def test_a_new_hold_ends_the_old_one() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    await hold(anna, one)
    await hold(anna, two)
    assert await is_free(one)
    assert not await is_free(two)


async def test_a_hold_that_is_refused_leaves_the_old_one() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    await hold(anna, one)
    await book(await cast.borys(), two)
    with pytest.raises(SlotTaken):
        await hold(anna, two)
    assert not await is_free(one)


async def test_a_released_slot_is_free_at_once() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await hold(anna, slot)
    assert not await release(borys, slot), "only the holder can release"
    assert not await is_free(slot)
    assert await release(anna, slot)
    assert await is_free(slot)
    assert not await release(anna, slot)
    actions = await AuditEntry.all().order_by("id").values_list("action", "account_id", "subject_id")
    assert actions == [("hold_slot", anna.id, slot.id), ("release_slot", anna.id, slot.id)]


async def test_what_cannot_be_booked_cannot_be_held() -> None:
    anna = await cast.anna()
    with pytest.raises(SlotNotFound):
        await Slot.hold(uuid4(), patient=patient_of(anna), by=anna)
    with pytest.raises(SlotNotBookable):
        await hold(anna, await cast.slot(cast.warsaw(23, 9, 30)))


async def test_of_many_who_hold_one_slot_at_once_exactly_one_does() -> None:
    rivals, clinic = await cast.rivals(20), await cast.clinic()
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 5, at=clinic, by=await cast.doctor(clinic)):
        outcomes = await race(*(hold(rival, slot) for rival in rivals))
        assert tally(outcomes) == {"Slot": 1, "SlotTaken": 19}
        winner = only(Slot, outcomes)
        assert (await Slot.get(id=slot.id)).held_by_id == winner.held_by_id


async def test_a_patient_who_holds_many_slots_at_once_holds_one() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 10, at=clinic, by=await cast.doctor(clinic))
    outcomes = await race(*(hold(anna, slot) for slot in slots))
    assert tally(outcomes) == {"Slot": 10}
    assert await Slot.filter(held_by_id=anna.patient_id).count() == 1


async def test_of_a_hold_and_a_booking_at_once_exactly_one_wins() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    clinic = await cast.clinic(planned_visits_per_patient=100)
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 15, at=clinic, by=await cast.doctor(clinic)):
        held, booked = await race(hold(anna, slot), book(borys, slot))
        assert (type(held).__name__, type(booked).__name__) in {("Slot", "SlotTaken"), ("SlotTaken", "Visit")}


async def test_patients_who_exchange_holds_at_once_do_not_deadlock() -> None:
    """Each holds the slot that the other wants: no deadlock, and the other's hold is respected."""
    rivals, clinic = await cast.rivals(4), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 4, at=clinic, by=await cast.doctor(clinic))
    for step in range(10):
        outcomes = await race(*(hold(rival, slots[(n * 3 + step) % 4]) for n, rival in enumerate(rivals)))
        assert set(tally(outcomes)) <= {"Slot", "SlotTaken"}


async def test_two_bookings_of_a_held_slot_at_once_by_its_holder_make_one_visit() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await hold(anna, slot)
    assert tally(await race(book(anna, slot), book(anna, slot), book(anna, slot))) == {"Visit": 1, "SlotTaken": 2}


async def test_a_claim_checks_the_row_itself_whatever_was_checked_before() -> None:
    """The current row decides, not what was read earlier: if it is taken, held or withdrawn, nothing changes."""
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    taken, held, withdrawn = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    visit = await book(borys, taken)
    await hold(borys, held)
    await Slot.filter(id=withdrawn.id).update(withdrawn_at=clock.now())
    for slot in (taken, held, withdrawn):
        with pytest.raises(SlotTaken):
            async with in_transaction():
                await Slot.claim(slot.id, uuid4(), patient_of(anna).id)
    assert await Slot.exclude(visit_id=None).values_list("visit_id", flat=True) == [visit.id]


async def test_a_hold_does_not_outlive_a_visit() -> None:
    """After a hold, a booking and a cancellation the slot is free for everybody and no longer held."""
    anna, slot = await cast.anna(), await cast.slot()
    await hold(anna, slot)
    await cancel(anna, await book(anna, slot))
    assert await is_free(slot)


async def test_nobody_holds_what_they_cannot_book() -> None:
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(clinic)
    mine, other = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    meanwhile = await cast.slot(mine.starts_at, at=elsewhere, by=await cast.doctor(elsewhere))
    visit = await book(anna, mine)
    with pytest.raises(TooManyVisits):
        await hold(anna, other)
    with pytest.raises(VisitsOverlap) as overlap:
        await hold(anna, meanwhile)
    assert overlap.value.details["visit_id"] == str(visit.id)
    assert await is_free(other)
    assert await is_free(meanwhile)


async def test_a_slot_is_held_for_a_visit_that_is_to_be_moved_there() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    clinic = await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    overlapping = await cast.slot(
        cast.warsaw(24, 8, 10), at=clinic, by=await cast.doctor(clinic, last_name="Inna"), minutes=10
    )
    visit = await book(anna, one)
    for slot in (two, overlapping):
        await hold(anna, slot, moved_id=visit.id)
        moved = await move(anna, visit, slot)
        assert moved.slot_id == slot.id
        visit = await move(anna, moved, one)
    stranger = await book(borys, two)
    with pytest.raises(TooManyVisits):  # naming a stranger's visit as the one to move does not lift the limit
        await hold(anna, overlapping, moved_id=stranger.id)


async def test_a_visit_that_can_no_longer_be_moved_does_not_lift_the_limit() -> None:
    anna = await cast.anna()
    clinic = await cast.clinic(planned_visits_per_patient=1, cancel_until_minutes=22 * 60)
    doctor = await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    visit = await book(anna, one)
    until = (await Visit.get_with_details(visit.id)).cancellable_until
    with clock.pinned(until - timedelta(minutes=2)):
        assert (await hold(anna, two, moved_id=visit.id)).held_until == until, "after that it could not be used"
        await release(anna, two)
    with clock.pinned(until):
        with pytest.raises(VisitNotChangeable):
            await move(anna, visit, two)
        with pytest.raises(TooManyVisits):
            await hold(anna, two, moved_id=visit.id)
        await report_absence(await cast.rita(), await visit.doctor, 24, 8, 9)  # this lets the patient move it again
        other = await cast.slot(cast.warsaw(25, 8), at=clinic, by=doctor)
        assert (await hold(anna, other, moved_id=visit.id)).held_by_id == anna.patient_id
        assert (await move(anna, visit, other)).slot_id == other.id


@pytest.mark.parametrize(("before_the_notice", "minutes"), [(10, 5), (5, 5), (3, 3), (1, 1)])
async def test_a_hold_ends_at_the_notice_and_can_be_used_until_it_ends(before_the_notice: int, minutes: int) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    last = slot.starts_at - timedelta(minutes=60)
    with clock.pinned(last - timedelta(minutes=before_the_notice)):
        held = await hold(anna, slot)
        assert clock.now() + timedelta(minutes=minutes) <= held.hold_expires_at <= last + MOMENT
    with clock.pinned(held.hold_expires_at - MOMENT):
        assert (await book(anna, slot)).slot_id == slot.id


async def test_a_hold_and_booking_end_at_the_same_moment() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    last = slot.starts_at - timedelta(minutes=60)
    with clock.pinned(last):
        assert (await hold(anna, slot)).held_until == last + MOMENT
        assert (await book(anna, slot)).slot_id == slot.id
    other = await cast.slot(slot.ends_at, at=await slot.clinic, by=await slot.doctor)
    with clock.pinned(other.starts_at - timedelta(minutes=60) + MOMENT), pytest.raises(SlotNotBookable):
        await hold(anna, other)


async def test_a_hold_ends_when_e_registration_closes() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with clock.pinned(cast.warsaw(23, 21, 58)):
        assert (await hold(anna, slot)).held_until == cast.warsaw(23, 22)
