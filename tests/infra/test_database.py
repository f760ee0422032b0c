"""Statements that the ORM cannot express: named parameters, and locks that require a transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from tortoise.transactions import in_transaction

import settings
from infra import database
from models.schedules import publication
from models.schedules.schedule import Schedule
from models.slots import waiting_list_matching
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.waiting.waiting_list import WaitingListEntry
from tests import cast


async def test_a_named_parameter_may_be_used_twice_and_more_values_may_be_given() -> None:
    sql = "SELECT :word::text || :word::text AS twice, :number::int + 1 AS next, '12:30' AS literal"
    [row] = await database.fetch(sql, {"number": 1, "unused": None, "word": "a:b"})
    assert row == {"twice": "a:ba:b", "next": 2, "literal": "12:30"}


async def test_a_parameter_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        await database.fetch("SELECT :forgotten::int", {})


@pytest.mark.parametrize("more", ["sslmode=prefer", "search_path=public", "sslmode=disable&jit=off"])
async def test_a_url_means_the_same_to_every_connection(database_url: str, more: str, restored: None) -> None:
    """Operators copy such parameters from a provider's page; the pool once passed them on as unknown arguments."""
    url = f"{database_url}{'&' if '?' in database_url else '?'}{more}"
    assert await database.try_to_connect(url)
    await database.connect(url)
    assert await database.is_migrated()
    [row] = await database.fetch("SELECT current_database() AS name, current_setting('lock_timeout') AS wait")
    assert row["name"] in url
    assert row["wait"] == database.LIMITS["lock_timeout"]


@pytest.mark.parametrize("more", ["sslmode=perhaps", "port=many", "foo=bar"])
async def test_what_a_url_cannot_say_is_one_clear_line(database_url: str, more: str) -> None:
    with pytest.raises(settings.BadSetting, match=r"^DATABASE_URL: [^\n]+$"):
        await database.try_to_connect(f"{database_url}{'&' if '?' in database_url else '?'}{more}")


@pytest.fixture
async def restored(database_url: str) -> AsyncIterator[None]:
    """Restore the connections that the other tests share."""
    await database.disconnect()
    yield
    await database.disconnect()
    await database.connect(database_url)


NEEDS_A_TRANSACTION: list[Callable[[], Awaitable[object]]] = [
    lambda: Doctor.lock(uuid4()),
    lambda: Slot.lock(uuid4()),
    lambda: Slot.claim(uuid4(), uuid4(), uuid4()),
    lambda: Slot.free(uuid4(), uuid4()),
    lambda: Slot.queue_for_waiting_list(uuid4()),
    lambda: waiting_list_matching.queue_matched([uuid4()]),
    lambda: WaitingListEntry.mark_served(uuid4(), uuid4()),
    lambda: publication.lock(uuid4()),
    lambda: publication.close([]),
    lambda: Schedule.restore(uuid4(), cast.MONDAY, cast.MONDAY),
]


@pytest.mark.parametrize("change", NEEDS_A_TRANSACTION)
async def test_what_is_only_right_inside_a_transaction_refuses_to_run_outside(
    change: Callable[[], Awaitable[object]],
) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        await change()
    async with in_transaction():
        if change is not NEEDS_A_TRANSACTION[2]:  # the slot to claim does not exist, so claiming would fail
            await change()
