"""Idempotency keys: a repeated request gets the same answer and is carried out only once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import clock
from models import refusals
from models.refusals import REFUSALS
from models.refusals.booking import (
    KeyReused,
    SlotNotBookable,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitsOverlap,
)
from models.refusals.refusal import Refusal
from models.slots.slot import Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits.visit import Visit
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, count_rows
from tests.support.racing import race, tally, until_blocked
from tests.support.visits import book, cancel, hold, is_free, move, patient_of

DAY = timedelta(hours=24)


async def slots(count: int = 3) -> list[Slot]:
    clinic = await cast.clinic()
    return await cast.morning(cast.warsaw(24, 8).date(), count, at=clinic, by=await cast.doctor(clinic))


async def test_the_same_key_and_wish_give_the_same_visit_and_change_nothing() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot, key="k", reason="ból")
    before = await count_rows()
    assert (await book(anna, slot, key="k", reason="ból")).id == visit.id
    assert await count_rows() == before


async def test_moving_and_cancelling_are_repeated_the_same_way() -> None:
    anna, (one, two, three) = await cast.anna(), await slots()
    visit = await book(anna, one, key="book")
    await move(anna, visit, two, key="to two")
    await move(anna, visit, three, key="to three")
    assert (await move(anna, visit, two, key="to two")).slot_id == three.id, "told as it is now, not moved back"
    await cancel(anna, visit, key="cancel")
    before = await count_rows()
    for again in (cancel(anna, visit, key="cancel"), move(anna, visit, two, key="to two"), book(anna, one, key="book")):
        assert (await again).id == visit.id
    assert await count_rows() == before
    await check_each_change_is_recorded_once()


async def test_one_key_for_another_wish_is_refused_and_changes_nothing() -> None:
    anna, (one, two, _) = await cast.anna(), await slots()
    visit = await book(anna, one, key="k", reason="ból")
    before = await count_rows()
    others: list[Awaitable[Visit]] = [
        book(anna, two, key="k", reason="ból"),
        book(anna, one, key="k", reason="inny"),
        book(anna, one, key="k"),
        move(anna, visit, two, key="k"),
        cancel(anna, visit, key="k"),
    ]
    for other in others:
        with pytest.raises(KeyReused):
            await other
    assert await count_rows() == before
    assert (await book(anna, one, key="k", reason="ból")).id == visit.id


async def test_a_refusal_is_an_answer_too_and_is_repeated_even_when_the_slot_is_free_again() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    his = await book(borys, slot)
    with pytest.raises(SlotTaken):
        await book(anna, slot, key="k")
    await cancel(borys, his)
    with pytest.raises(SlotTaken) as again:
        await book(anna, slot, key="k")
    assert again.value.details == {"slot_id": str(slot.id)}
    assert await is_free(slot)
    assert (await book(anna, slot, key="new key")).slot_id == slot.id


async def test_every_refusal_is_repeated_as_it_was() -> None:
    clinic, anna = await cast.clinic(planned_visits_per_patient=2), await cast.anna()
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    visit = await book(anna, await cast.slot(cast.warsaw(24, 10), at=clinic, by=ewa))
    over = await cast.slot(cast.warsaw(24, 10), at=clinic, by=jan)
    near = await cast.slot(cast.warsaw(23, 9, 30), at=clinic, by=jan)
    fourth, fifth = [await cast.slot(cast.warsaw(25, hour), at=clinic, by=jan) for hour in (10, 11)]
    wishes: list[tuple[type[Refusal], Callable[[], Awaitable[Any]]]] = [
        (VisitsOverlap, lambda: book(anna, over, key="over")),
        (SlotNotBookable, lambda: book(anna, near, key="near")),
        (TooManyVisits, lambda: book(anna, fifth, key="fifth")),
        (VisitNotChangeable, lambda: move(anna, visit, fifth, key="move")),
    ]
    first: list[Refusal] = []
    for kind, wish in wishes:
        if kind is TooManyVisits:
            await book(anna, fourth)
        if kind is VisitNotChangeable:
            await cancel(anna, visit)
        with pytest.raises(kind) as refusal:
            await wish()
        first.append(refusal.value)
    before = await count_rows()
    with clock.pinned(clock.now() + timedelta(minutes=1)):
        for (kind, wish), was in zip(wishes, first, strict=True):
            with pytest.raises(kind) as refusal:
                await wish()
            assert refusal.value.details == was.details
    assert await count_rows() == before


async def test_twenty_requests_with_one_key_at_once_make_one_visit() -> None:
    anna, (one, two, _) = await cast.anna(), await slots()
    outcomes = await race(*(book(anna, one, key="k") for _ in range(20)))
    assert tally(outcomes) == {"Visit": 20}
    assert len({visit.id for visit in outcomes}) == 1
    assert await count_rows() == {"visit": 1, "visit_change": 1, "message": 1, "event": 1, "audit_entry": 1}
    outcomes = await race(*(move(anna, outcomes[0], two, key="m") for _ in range(20)))
    assert tally(outcomes) == {"Visit": 20}
    assert (await Visit.get()).sequence == 1
    outcomes = await race(*(cancel(anna, outcomes[0], key="c") for _ in range(20)))
    assert tally(outcomes) == {"Visit": 20}
    await check_each_change_is_recorded_once()


async def test_twenty_requests_with_one_key_and_a_refusal_at_once_are_refused_alike() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await hold(await cast.borys(), slot)
    assert tally(await race(*(book(anna, slot, key="k") for _ in range(20)))) == {"SlotTaken": 20}


async def test_two_requests_with_one_key_at_once_are_one_action() -> None:
    anna, (one, two, _) = await cast.anna(), await slots()
    for n in range(10):
        outcomes = await race(book(anna, one, key=f"k{n}"), book(anna, two, key=f"k{n}"))
        assert tally(outcomes) == {"Visit": 1, "KeyReused": 1}
        [visit] = [outcome for outcome in outcomes if isinstance(outcome, Visit)]
        await cancel(anna, visit)


async def test_a_key_is_remembered_for_24_hours_and_not_longer() -> None:
    anna, (one, two, _) = await cast.anna(), await slots()
    visit = await book(anna, one, key="k")
    later = await cast.slot(cast.warsaw(26, 10), at=await one.clinic, by=await one.doctor)
    with clock.pinned(clock.now() + DAY):
        assert (await book(anna, one, key="k")).id == visit.id
        with pytest.raises(KeyReused):
            await book(anna, later, key="k")
    with clock.pinned(clock.now() + DAY + timedelta(microseconds=1)):
        assert (await book(anna, later, key="k")).slot_id == later.id
        with pytest.raises(KeyReused):
            await book(anna, two, key="k")


async def test_a_forgotten_key_used_twenty_times_at_once_makes_one_visit() -> None:
    anna, (one, *_) = await cast.anna(), await slots()
    await book(anna, one, key="k")
    later = await cast.slot(cast.warsaw(26, 10), at=await one.clinic, by=await one.doctor)
    with clock.pinned(clock.now() + 2 * DAY):
        outcomes = await race(*(book(anna, later, key="k") for _ in range(20)))
        assert tally(outcomes) == {"Visit": 20}
        assert len({visit.id for visit in outcomes}) == 1


async def test_keys_that_are_over_are_swept_away_and_no_others() -> None:
    anna, (one, two, _) = await cast.anna(), await slots()
    await book(anna, one, key="old")
    with clock.pinned(clock.now() + timedelta(hours=1)):
        await book(anna, two, key="young")
    with clock.pinned(clock.now() + DAY + timedelta(microseconds=1)):
        assert await IdempotencyKey.purge() == 1
    assert [row.key for row in await IdempotencyKey.all()] == ["young"]


async def test_keys_belong_to_an_account() -> None:
    anna, borys, (one, two, _) = await cast.anna(), await cast.borys(), await slots()
    hers, his = await race(book(anna, one, key="k"), book(borys, two, key="k"))
    assert (hers.patient_id, his.patient_id) == (anna.patient_id, borys.patient_id)


async def test_without_a_key_the_second_request_is_a_new_one() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    assert tally(await race(book(anna, slot), book(anna, slot))) == {"Visit": 1, "SlotTaken": 1}
    assert await IdempotencyKey.all().count() == 0


async def test_a_failure_is_not_remembered() -> None:
    account_id, calls = uuid4(), 0

    async def action() -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("the network is down")
        return account_id

    with pytest.raises(RuntimeError, match="the network is down"):
        await IdempotencyKey.run_once(account_id, "k", [], action)
    assert await IdempotencyKey.run_once(account_id, "k", [], action) == account_id
    assert await IdempotencyKey.run_once(account_id, "k", [], action) == account_id
    assert calls == 2


async def test_a_request_that_dies_holding_its_key_leaves_it_to_the_next() -> None:
    account_id, begun = uuid4(), asyncio.Event()

    async def slow() -> Any:
        begun.set()
        await asyncio.Event().wait()

    async def quick() -> Any:
        return account_id

    dying = asyncio.create_task(IdempotencyKey.run_once(account_id, "k", [], slow))
    await begun.wait()
    waiting = asyncio.create_task(IdempotencyKey.run_once(account_id, "k", [], quick))
    await until_blocked()  # the second waits for the first
    dying.cancel()
    assert await waiting == account_id
    await race(dying)


async def test_a_key_keeps_no_readable_trace_of_what_was_asked() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await book(anna, slot, key="k", reason="wstydliwa choroba")
    kept = await IdempotencyKey.get()
    assert "wstydliwa" not in f"{kept.asked}{kept.refusal}"


@given(details=st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_a_refusal_survives_being_kept(details: dict[str, Any]) -> None:
    for kind in REFUSALS:
        thawed = refusals.from_json(kind(details=details).to_json())
        assert (type(thawed), thawed.details) == (kind, {"details": details})


async def test_a_key_belongs_to_the_caller_and_not_to_the_patient() -> None:
    """Reception books for Anna with a key of its own; the same key used by Anna is a different one."""
    anna, reception, (one, two, _) = await cast.anna(), await cast.borys(), await slots()
    booked = await Visit.book(one.id, patient=patient_of(anna), by=reception, key="k")
    assert (await book(anna, two, key="k")).id != booked.id
