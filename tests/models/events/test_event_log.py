"""The event log: each committed event is delivered once, in commit order; events rolled back never are."""

import asyncio
import re
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

import settings
from infra import clock
from models.accounts.session import Session
from models.events import event_log
from models.events.event import Event, EventType
from models.refusals.partner import CursorExpired
from schema.context import Context
from schema.scalars import public_id
from tasks import event_relay
from tests import cast
from tests.support.event_chaos import FEWEST_KILLS, Chaos, Undone, append
from tests.support.racing import race
from tests.support.service import ROOT
from tests.support.visits import book
from tests.support.waiting import patience


async def told(after: int | None = None, **more: Any) -> list[UUID]:
    stretch = await event_log.read(after, more.get("clinic_ids"), more.get("limit", 1000))
    return [event.id for event in stretch.events]


async def test_what_commits_later_comes_later_even_if_it_was_written_first(stranger: Any) -> None:
    slow = stranger.transaction()
    await slow.start()
    first = uuid4()
    await stranger.execute(
        "INSERT INTO event (id, occurred_at, clinic_id, happening, details)"
        " VALUES ($1, $2, $1, 'SlotsPublished', '{}')",
        first,
        clock.now() - timedelta(hours=1),
    )
    second = await append()
    await event_log.assign_positions()
    assert await told() == [second.id]
    await slow.commit()
    assert await told() == [second.id]  # no event is delivered without a position: the relay ensures the order
    await event_log.assign_positions()
    assert await told() == [second.id, first]
    assert await told(after=1) == [first]


async def test_what_is_rolled_back_never_happened() -> None:
    with suppress(Undone):
        async with in_transaction():
            await append()
            raise Undone
    assert await event_log.assign_positions() == 0
    assert await told() == []


async def test_changes_of_a_slot_come_in_their_order_whatever_the_hosts_clocks_say() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    with clock.pinned(clock.now() - timedelta(minutes=5)):  # as on a host whose clock is slow
        await visit.cancel(visit.id, patient=visit.patient, by=anna)
    await event_log.assign_positions()
    stretch = await event_log.read(None, None, 10)
    assert [event.happening for event in stretch.events] == [EventType.VISIT_BOOKED, EventType.VISIT_CANCELLED]


async def test_many_relays_at_once_number_each_event_once() -> None:
    for _ in range(10):
        await race(*(append() for _ in range(5)), *(event_log.assign_positions() for _ in range(5)))
    await event_log.assign_positions()
    events = await Event.all().order_by("position")
    assert [event.position for event in events] == list(range(1, 51))


async def test_a_relay_does_not_wait_for_another_and_finds_what_that_one_left(stranger: Any) -> None:
    async with stranger.transaction():
        await stranger.execute("SELECT pg_advisory_xact_lock(7222027)")
        event = await append()
        async with asyncio.timeout(patience()):
            assert await event_log.assign_positions() == 0
    assert await event_log.assign_positions() == 1
    assert await told() == [event.id]


async def test_an_event_gets_its_position_once_and_nothing_else_of_it_changes(owner: Any) -> None:
    event = await append()
    changes = ("occurred_at = occurred_at - interval '1 day'", "details = '{\"a\": 1}'", "position = 7, clinic_id = id")
    for change in changes:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(f"UPDATE event SET {change}")
    await event_log.assign_positions()
    for change in ("position = 7", "position = NULL", *changes):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(f"UPDATE event SET {change}")
    for removal in ("DELETE FROM event", "TRUNCATE event"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(removal)
    assert await told() == [event.id]


async def test_old_events_are_purged_and_a_cursor_from_before_them_has_expired() -> None:
    old, older = await append(), await append()
    await event_log.assign_positions()
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS, seconds=1)):
        young = await append()
        await event_log.assign_positions()
        assert await event_log.purge() == 2
        for gone in (0, 1):
            with pytest.raises(CursorExpired):
                await told(after=gone)
        assert await told(after=2) == [young.id] == await told()
    assert not await Event.filter(id__in=[old.id, older.id]).exists()


async def test_an_old_event_behind_a_young_one_is_kept_for_the_order_s_sake() -> None:
    await append()
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS + 1)):
        await append()
    await append()
    await event_log.assign_positions()
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS + 1)):
        assert await event_log.purge() == 1
    assert len(await told()) == 2


async def test_a_great_many_events_get_their_places_and_are_forgotten_in_portions(stranger: Any, owner: Any) -> None:
    await stranger.execute(
        "INSERT INTO event (id, occurred_at, clinic_id, happening, details)"
        " SELECT gen_random_uuid(), $1, gen_random_uuid(), 'SlotsPublished', '{}' FROM generate_series(1, 12000)",
        clock.now(),
    )
    await owner.execute("ANALYZE event")  # otherwise the statistics would be those of earlier tests
    assert [await event_log.assign_positions() for _ in range(3)] == [10_000, 2_000, 0]
    out_of_order = "SELECT count(*) FROM event one JOIN event two ON two.position = one.position + 1"
    assert await stranger.fetchval(f"{out_of_order} WHERE two.appended < one.appended") == 0
    assert await stranger.fetchval("SELECT max(position) FROM event") == 12_000
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS + 1)):
        assert await event_log.purge() == 12_000
    assert not await Event.exists()


async def test_positions_go_on_when_all_events_are_forgotten() -> None:
    await append()
    await event_log.assign_positions()
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS + 1)):
        assert await event_log.purge() == 1
        assert await told(after=1) == []
        event = await append()
        await event_log.assign_positions()
        assert await told(after=1) == [event.id]
        assert (await Event.get(id=event.id)).position == 2


async def test_a_cursor_that_the_log_has_not_reached_is_not_of_this_log() -> None:
    await append()
    await event_log.assign_positions()
    with pytest.raises(CursorExpired):
        await told(after=2)


async def test_a_reader_of_one_clinic_reads_on_behind_all_others_without_reading_them_again() -> None:
    mine, others = uuid4(), uuid4()
    for clinic_id in (others, mine, others, others):
        await append(clinic_id)
    await event_log.assign_positions()
    stretch = await event_log.read(None, [mine], 100)
    assert [event.position for event in stretch.events] == [2]
    assert (stretch.end, stretch.is_last) == (4, True)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_reader_gets_each_committed_event_once_in_order_whatever_dies(
    database_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_relay, "MAX_PAUSE_SECONDS", 0.05)
    chaos = Chaos(database_url, seed)
    session, _ = await Session.open_for(await cast.administrator())
    readers = [
        asyncio.create_task(chaos.read(Context(session=session, can_follow=True), patience))
        for patience in (1, 7, 40, 10_000)
    ]
    killing = asyncio.create_task(chaos.kill_relays())
    await asyncio.gather(*(chaos.write(15) for _ in range(8)))
    begun, last = time.monotonic(), await append()  # a last event, so that no reader waits in vain
    chaos.committed[last.id] = (begun, time.monotonic())
    chaos.is_over = True
    async with asyncio.timeout(patience()):
        await killing
        everything = await asyncio.gather(*readers)
    for survivor in chaos.survivors:
        survivor.cancel()
    await asyncio.gather(*chaos.survivors, return_exceptions=True)

    table = await Event.all().order_by("position").values_list("id", flat=True)
    in_order = [str(id_) for id_ in table]
    assert chaos.kills >= FEWEST_KILLS
    assert set(in_order) == {str(id_) for id_ in chaos.committed}
    assert not {str(id_) for id_ in chaos.undone} & set(in_order)
    place = {id_: number for number, id_ in enumerate(in_order)}
    for one, (_, committed) in chaos.committed.items():
        for two, (begun, _) in chaos.committed.items():
            assert committed >= begun or place[str(one)] < place[str(two)], "begun after another's commit, told before"
    hidden = [public_id("Event", UUID(id_)) for id_ in in_order]
    for seen in everything:
        assert seen == hidden


async def test_after_a_restored_backup_every_earlier_cursor_expires_by_the_operators_statement(owner: Any) -> None:
    """Otherwise positions that partners have already seen would be assigned again, to other events."""
    manual = (ROOT / "docs" / "operations.md").read_text()
    [statement] = re.findall(r"-c '(UPDATE event_log [^']+)'", manual)
    await append()
    await event_log.assign_positions()
    await owner.execute(statement)
    event = await append()
    await event_log.assign_positions()
    for earlier in (0, 1, 2, 500):
        with pytest.raises(CursorExpired):
            await told(after=earlier)
    assert await told() == [event.id]
    assert await told(after=await event_log.read_last_position()) == []
