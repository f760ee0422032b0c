"""The relay's promises: watchers hear of every change of a slot, by whichever path, soon, and of no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from models import clock, database, news, vacancy
from models.news import Sharing, Watch, bell, lookout
from models.partner_refusal import ChangesMissed
from models.slot import Slot
from tasks import relay
from tests import cast
from tests.models.promises import book, cancel, hold, move, release

PATIENCE = 30
KILL = (
    "SELECT count(pg_terminate_backend(pid)) AS killed FROM pg_stat_activity"
    " WHERE application_name = 'e-rejestracja relay'"
)


async def heard(watch: Watch) -> tuple[Any, bool]:
    async with asyncio.timeout(PATIENCE):
        slot = await watch.next()
    return slot.id, slot.is_free_for(None)


async def quiet(watch: Watch) -> bool:
    """After all that was said so far has been dealt with."""
    place = await cast.clinic("Poradnia znaku")
    with lookout.watching(place.id) as other:
        marker = await cast.slot(cast.warsaw(30, 8), at=place)
        assert (await heard(other))[0] == marker.id
    return not watch._slots


async def caught_up(watch: Watch) -> None:
    """What was said before does not count."""
    await quiet(watch)
    watch._slots.clear()


@pytest.fixture
def unlooking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done soon is done because of a notification."""
    monkeypatch.setattr(relay, "LOOK_EVERY_SECONDS", 1000)


@pytest.fixture
async def relaying(database_url: str, fresh: None) -> AsyncIterator[None]:
    rung = bell.rung
    async with relay.running(database_url):
        await bell.after(rung)  # it listens
        yield


async def test_watchers_hear_of_every_way_in_which_a_slot_changes(relaying: None) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    with lookout.watching(clinic.id) as watch:
        await caught_up(watch)
        await hold(anna, one)
        assert await heard(watch) == (one.id, False)
        await release(anna, one)
        assert await heard(watch) == (one.id, True)
        visit = await book(anna, one)
        assert await heard(watch) == (one.id, False)
        visit = await move(anna, visit, two)
        assert {await heard(watch), await heard(watch)} == {(one.id, True), (two.id, False)}
        await cancel(anna, visit)
        assert await heard(watch) == (two.id, True)
        new = await cast.slot(cast.warsaw(25, 8), at=clinic, by=await two.doctor)
        assert await heard(watch) == (new.id, True)
        await Slot.filter(id=new.id).update(withdrawn_at=clock.now())
        assert await heard(watch) == (new.id, False)


async def test_watchers_of_other_clinics_and_changes_undone_are_not_disturbed(relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with lookout.watching(uuid4()) as elsewhere, lookout.watching(slot.clinic_id) as here:
        await caught_up(here)
        with suppress(LookupError):
            async with in_transaction():
                await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
                raise LookupError
        assert await quiet(here)
        await book(anna, slot)
        assert await heard(here) == (slot.id, False)
        assert await quiet(elsewhere)


async def test_a_hold_that_lapses_by_the_clock_alone_is_told(relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with lookout.watching(slot.clinic_id) as watch:
        await caught_up(watch)
        await hold(anna, slot)
        assert await heard(watch) == (slot.id, False)
        await lookout.tell_lapses()
        with clock.pinned(clock.now() + timedelta(minutes=5)):
            assert await heard(watch) == (slot.id, True)


async def test_many_watchers_of_a_clinic_cost_one_reading(relaying: None, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    readings: list[int] = []
    read = vacancy.with_people

    async def counting(slots: list[Slot]) -> list[Slot]:
        readings.append(len(slots))
        return await read(slots)

    with lookout.watching(slot.clinic_id) as one, lookout.watching(slot.clinic_id) as two:
        await caught_up(one)
        two._slots.clear()
        monkeypatch.setattr(vacancy, "with_people", counting)
        await book(anna, slot)
        assert await heard(one) == await heard(two) == (slot.id, False)
    assert readings == [1]


async def test_what_was_read_before_a_ring_is_not_taken_for_what_is_there_after_it() -> None:
    sharing, answers = Sharing(), iter(range(10))
    gate = asyncio.Event()

    async def reading() -> int:
        answer = next(answers)
        await gate.wait()
        return answer

    early = [asyncio.create_task(sharing.read(1, "place", reading)) for _ in range(3)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(sharing.read(2, "place", reading)) for _ in range(3)]
    await asyncio.sleep(0)
    overtaken = asyncio.create_task(sharing.read(1, "place", reading))
    early[1].cancel()  # one who goes away takes nothing from the others
    await asyncio.sleep(0)
    gate.set()
    assert [await task for task in (early[0], early[2], *late, overtaken)] == [0, 0, 1, 1, 1, 2]


async def test_a_reading_that_failed_is_not_kept() -> None:
    sharing, outcomes = Sharing(), iter([OSError(), None])

    async def reading() -> str:
        if problem := next(outcomes):
            raise problem
        return "read"

    with pytest.raises(OSError):  # noqa: PT011 - any of them will do
        await sharing.read(1, "place", reading)
    await asyncio.sleep(0)
    assert await sharing.read(1, "place", reading) == "read"


async def test_a_watcher_who_does_not_read_keeps_the_latest_of_each_slot_and_then_is_told_to_look_anew() -> None:
    slot = await cast.slot()
    watch = Watch()
    for _ in range(3 * news.MOST_WAITING):
        watch.put(slot)
    assert (await watch.next()).id == slot.id
    assert not watch._slots
    for _ in range(news.MOST_WAITING + 1):
        watch.put(Slot(id=uuid4(), clinic_id=slot.clinic_id, doctor_id=slot.doctor_id))
    assert not watch._slots
    with pytest.raises(ChangesMissed):
        await watch.next()


async def test_when_its_connection_is_lost_watchers_are_told_that_they_may_have_missed_something(
    relaying: None, stranger: Any
) -> None:
    slot = await cast.slot()
    with lookout.watching(slot.clinic_id) as watch:
        await caught_up(watch)
        assert await stranger.fetchval(KILL)  # one, or also that of the test before, which has not quite gone
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ChangesMissed):
                await watch.next()
    with lookout.watching(slot.clinic_id) as watch:
        await caught_up(watch)
        await book(await cast.anna(), slot)
        assert await heard(watch) == (slot.id, False)


async def test_committed_events_are_placed_without_waiting_for_the_next_look(unlooking: None, relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    rung = bell.rung
    await book(anna, slot)
    async with asyncio.timeout(PATIENCE):
        await bell.after(rung)
    assert await database.rows("SELECT position FROM event") == [{"position": 1}]


async def test_a_notification_that_was_lost_costs_a_second_at_most(relaying: None, stranger: Any) -> None:
    assert relay.LOOK_EVERY_SECONDS <= 1
    await stranger.execute("ALTER TABLE event DISABLE TRIGGER event_told")
    try:
        rung = bell.rung
        await book(await cast.anna(), await cast.slot())
        async with asyncio.timeout(PATIENCE):
            await bell.after(rung)
        assert await database.rows("SELECT position FROM event") == [{"position": 1}]
    finally:
        await stranger.execute("ALTER TABLE event ENABLE TRIGGER event_told")


@pytest.fixture
async def stranger(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
