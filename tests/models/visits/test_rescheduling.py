"""Rescheduling: the old slot is released only once the new one is taken, and the visit keeps its identity."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from models.events.event import Event, EventType
from models.outbox import Message, MessageKind
from models.refusals.booking import (
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitNotFound,
    VisitsOverlap,
)
from models.refusals.refusal import Refusal
from models.slots.slot import Slot
from models.values.visit_status import Status
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, count_rows
from tests.support.racing import only, race, tally
from tests.support.visits import book, cancel, hold, is_free, move, patient_of


async def some_slots(count: int = 3, **rules: Any) -> list[Slot]:
    clinic = await cast.clinic(**rules)
    return await cast.morning(cast.warsaw(24, 8).date(), count, at=clinic, by=await cast.doctor(clinic))


async def test_a_moved_visit_keeps_its_id_and_reference_and_frees_the_old_slot() -> None:
    anna, (old, new, _) = await cast.anna(), await some_slots()
    visit = await book(anna, old)
    moved = await move(anna, visit, new)
    assert (moved.id, moved.reference, moved.status) == (visit.id, visit.reference, Status.BOOKED)
    assert (moved.slot_id, moved.starts_at, moved.sequence) == (new.id, new.starts_at, 1)
    assert (await is_free(old), await is_free(new)) == (True, False)
    await check_each_change_is_recorded_once()


async def test_a_move_says_from_where_to_where() -> None:
    anna, (old, new, _) = await cast.anna(), await some_slots()
    visit = await book(anna, old)
    await move(anna, visit, new)
    change = await VisitChange.get(visit_id=visit.id, kind="MOVED")
    assert (change.from_starts_at, change.to_starts_at, change.by) == (old.starts_at, new.starts_at, "patient")
    event = await Event.get(happening=EventType.VISIT_RESCHEDULED)
    assert event.details == {
        "visit_reference": visit.reference,
        "from_slot_id": str(old.id),
        "to_slot_id": str(new.id),
    }
    letter = await Message.get(kind=MessageKind.VISIT_MOVED)
    assert letter.details["moved_from"] == old.starts_at.isoformat()
    assert letter.details["visit"]["starts_at"] == new.starts_at.isoformat()
    assert letter.details["visit"]["sequence"] == 1


async def test_history_is_oldest_first_and_each_move_raises_the_sequence() -> None:
    anna, (one, two, three) = await cast.anna(), await some_slots()
    visit = await book(anna, one)
    for slot in (two, three, one):
        clock.advance(timedelta(minutes=1))
        visit = await move(anna, visit, slot)
    assert visit.sequence == 3
    kinds = await VisitChange.filter(visit_id=visit.id).order_by("at", "id").values_list("kind", "to_starts_at")
    assert kinds == [
        ("BOOKED", one.starts_at),
        ("MOVED", two.starts_at),
        ("MOVED", three.starts_at),
        ("MOVED", one.starts_at),
    ]


async def test_moving_to_where_it_is_changes_nothing() -> None:
    anna, (slot, *_) = await cast.anna(), await some_slots()
    visit = await book(anna, slot)
    before = await count_rows()
    same = await move(anna, visit, slot)
    assert (same.id, same.sequence) == (visit.id, 0)
    assert await count_rows() == before


async def test_a_visit_refused_a_new_slot_keeps_the_old_one() -> None:
    anna, borys, (old, taken, held) = await cast.anna(), await cast.borys(), await some_slots()
    withdrawn = await cast.slot(cast.warsaw(25, 10), at=await old.clinic, by=await old.doctor)
    await Slot.filter(id=withdrawn.id).update(withdrawn_at=clock.now())
    near = await cast.slot(cast.warsaw(23, 9, 59), at=await old.clinic, by=await old.doctor)
    visit = await book(anna, old)
    await book(borys, taken)
    await hold(borys, held)
    before = await count_rows()
    refusals: list[tuple[Slot, type[Refusal]]] = [
        (taken, SlotTaken),
        (held, SlotTaken),
        (withdrawn, SlotNotBookable),
        (near, SlotNotBookable),
    ]
    for slot, refusal in refusals:
        with pytest.raises(refusal):
            await move(anna, visit, slot)
        with pytest.raises(refusal):
            await move(anna, visit, slot, key=f"key {slot.id}")
    with pytest.raises(SlotNotFound):
        await Visit.reschedule(visit.id, uuid4(), patient=patient_of(anna), by=anna)
    unmoved = await Visit.get(id=visit.id)
    assert (unmoved.slot_id, unmoved.sequence, unmoved.starts_at) == (old.id, 0, old.starts_at)
    assert not await is_free(old)
    assert await count_rows() == before


async def test_only_the_patient_s_own_visit_can_be_moved() -> None:
    anna, celina, (old, new, _) = await cast.anna(), await cast.celina(), await some_slots()
    visit = await book(anna, old)
    for wanted in (visit.id, uuid4()):
        with pytest.raises(VisitNotFound):
            await Visit.reschedule(wanted, new.id, patient=patient_of(celina), by=celina)
    assert await is_free(new)


async def test_a_visit_may_move_into_its_own_hour_but_not_into_another_s() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    first = await book(anna, await cast.slot(cast.warsaw(24, 10), at=clinic, by=ewa))
    second = await book(anna, await cast.slot(cast.warsaw(24, 12), at=clinic, by=ewa))
    await move(anna, first, await cast.slot(cast.warsaw(24, 10, 10), at=clinic, by=jan))
    with pytest.raises(VisitsOverlap) as refusal:
        await move(anna, first, await cast.slot(cast.warsaw(24, 12, 10), at=clinic, by=jan))
    assert refusal.value.details == {"visit_id": str(second.id)}
    assert (await Visit.get(id=first.id)).starts_at == cast.warsaw(24, 10, 10)


async def test_moving_within_a_clinic_is_not_counted_moving_into_another_is() -> None:
    anna = await cast.anna()
    heart, skin = await cast.clinic(planned_visits_per_patient=1), await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(heart, skin)
    visit = await book(anna, await cast.slot(cast.warsaw(24, 10), at=heart, by=doctor))
    await move(anna, visit, await cast.slot(cast.warsaw(24, 11), at=heart, by=doctor))
    await book(anna, await cast.slot(cast.warsaw(24, 12), at=skin, by=doctor))
    with pytest.raises(TooManyVisits):
        await move(anna, visit, await cast.slot(cast.warsaw(24, 13), at=skin, by=doctor))


async def test_the_letter_of_a_move_into_another_clinic_gives_that_clinics_address() -> None:
    anna, heart = await cast.anna(), await cast.clinic()
    skin = await cast.clinic("Poradnia skórna")
    skin.address = "ul. Krótka 2, 00-239 Warszawa"
    await skin.save()
    doctor = await cast.doctor(heart, skin)
    visit = await book(anna, await cast.slot(cast.warsaw(24, 10), at=heart, by=doctor))
    moved = await move(anna, visit, await cast.slot(cast.warsaw(24, 11), at=skin, by=doctor))
    assert moved.clinic.id == skin.id
    letter = await Message.get(kind=MessageKind.VISIT_MOVED)
    assert letter.details["visit"]["address"] == "ul. Krótka 2, 00-239 Warszawa"


@pytest.mark.parametrize("minutes", [0, 120])
async def test_a_visit_can_be_moved_until_the_clinic_s_limit_and_not_at_it(minutes: int) -> None:
    anna, (old, new, _) = await cast.anna(), await some_slots(cancel_until_minutes=minutes, minimum_notice_minutes=0)
    visit = await book(anna, old)
    limit = old.starts_at - timedelta(minutes=minutes)
    assert visit.cancellable_until == limit
    with clock.pinned(limit), pytest.raises(VisitNotChangeable) as refusal:
        await move(anna, visit, new)
    assert refusal.value.details == {"status": "BOOKED", "cancellable_until": limit.isoformat()}
    with clock.pinned(limit - timedelta(microseconds=1)):
        await move(anna, visit, new)


async def test_two_patients_who_swap_at_once_keep_their_own_slots() -> None:
    """Each wants the other's slot: neither is free, nothing deadlocks, and nobody loses a slot."""
    anna, borys, (one, two, _) = await cast.anna(), await cast.borys(), await some_slots()
    hers, his = await book(anna, one), await book(borys, two)
    for _round in range(30):
        outcomes = await race(move(anna, hers, two), move(borys, his, one))
        assert tally(outcomes) == {"SlotTaken": 2}
    assert (await Visit.get(id=hers.id)).slot_id == one.id
    assert (await Visit.get(id=his.id)).slot_id == two.id
    await check_each_change_is_recorded_once()


async def test_a_crowd_that_moves_around_one_free_slot_never_deadlocks_and_never_shares() -> None:
    """Musical chairs: ten patients and eleven slots; everybody moves at once, in both directions."""
    rivals, slots = await cast.rivals(10), await some_slots(11)
    visits = [await book(rival, slot) for rival, slot in zip(rivals, slots[:10], strict=True)]
    for step in range(12):
        outcomes = await race(
            *(
                move(rival, visit, slots[(n + (1 if step % 2 else -1) * (step + 1)) % 11])
                for n, (rival, visit) in enumerate(zip(rivals, visits, strict=True))
            )
        )
        assert set(tally(outcomes)) <= {"Visit", "SlotTaken"}
        assert await Slot.exclude(visit_id=None).count() == 10
    await check_each_change_is_recorded_once()


async def test_of_many_who_move_to_one_free_slot_at_once_one_does_and_the_others_keep_theirs() -> None:
    rivals, slots = await cast.rivals(10), await some_slots(11)
    visits = [await book(rival, slot) for rival, slot in zip(rivals, slots[:10], strict=True)]
    outcomes = await race(*(move(rival, visit, slots[10]) for rival, visit in zip(rivals, visits, strict=True)))
    assert tally(outcomes) == {"Visit": 1, "SlotTaken": 9}
    winner = only(Visit, outcomes)
    for visit, slot in zip(visits, slots[:10], strict=True):
        assert (await Visit.get(id=visit.id)).slot_id == (slots[10].id if visit.id == winner.id else slot.id)
    await check_each_change_is_recorded_once()


async def test_of_a_move_and_a_booking_into_one_slot_at_once_one_wins() -> None:
    anna, borys, slots = await cast.anna(), await cast.borys(), await some_slots(21, planned_visits_per_patient=100)
    visit = await book(anna, slots[0])
    for slot in slots[1:]:
        before = (await Visit.get(id=visit.id)).slot_id
        moved, booked = await race(move(anna, visit, slot), book(borys, slot))
        assert {type(moved).__name__, type(booked).__name__} == {"Visit", "SlotTaken"}
        if isinstance(moved, SlotTaken):
            assert (await Visit.get(id=visit.id)).slot_id == before
    await check_each_change_is_recorded_once()


async def test_one_visit_moved_to_two_slots_at_once_ends_on_one_and_frees_the_others() -> None:
    anna, (one, two, three) = await cast.anna(), await some_slots()
    visit = await book(anna, one)
    for _round in range(10):
        assert tally(await race(move(anna, visit, two), move(anna, visit, three))) == {"Visit": 2}
        assert await Slot.exclude(visit_id=None).count() == 1
        await move(anna, visit, one)
    await check_each_change_is_recorded_once()


async def test_one_visit_moved_and_cancelled_at_once_ends_cancelled_and_frees_both_slots() -> None:
    anna, (one, two, _) = await cast.anna(), await some_slots()
    for _round in range(15):
        visit = await book(anna, one)
        moved, cancelled = await race(move(anna, visit, two), cancel(anna, visit))
        assert cancelled.status == Status.CANCELLED
        assert isinstance(moved, Visit | VisitNotChangeable)
        assert (await Visit.get(id=visit.id)).status == Status.CANCELLED
        assert await Slot.exclude(visit_id=None).count() == 0
    await check_each_change_is_recorded_once()


async def test_a_slot_given_up_by_a_move_can_be_taken_at_once_by_another() -> None:
    """Anna moves away while Borys moves to her slot: he gets it or keeps his own; never both, never neither."""
    anna, borys, (one, two, three) = await cast.anna(), await cast.borys(), await some_slots()
    hers, his = await book(anna, one), await book(borys, three)
    for _round in range(15):
        moved, followed = await race(move(anna, hers, two), move(borys, his, one))
        assert isinstance(moved, Visit)
        assert isinstance(followed, Visit | SlotTaken)
        assert (await Visit.get(id=his.id)).slot_id == (one.id if isinstance(followed, Visit) else three.id)
        await move(borys, his, three)
        await move(anna, hers, one)
    await check_each_change_is_recorded_once()
