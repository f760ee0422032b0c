"""Overload: callers who get no connection soon are told so, and lists are answered while bookings wait for a lock."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from infra import database
from infra.bounded_client import Turns
from tests import cast
from tests.support.client import id_of
from tests.support.racing import race, until_blocked
from tests.support.waiting import eventually, patience, short_limit
from tests.web.endpoint.conftest import GRAPHQL_JSON, Client

CLINICS = "{ clinics { nodes { name } } }"
BOOK = 'mutation { bookVisit(input: {slotId: "%s"}) { __typename } }'


@pytest.fixture
async def narrow(fresh: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pool of eight connections, at most six of them in transactions; nobody waits long for one of the six."""
    client: Any = database.connection()
    monkeypatch.setattr(client, "turns", Turns(8, patience()))
    monkeypatch.setattr(client, "transactions", Turns(6, short_limit()))
    return client


@pytest.fixture
async def stranger(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_bookings_behind_a_strangers_lock_are_refused_and_lists_are_answered(
    client: Client, narrow: Any, stranger: Any
) -> None:
    place = await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 40, at=place, by=await cast.doctor(place))
    by_anna = {"authorization": f"Bearer {await cast.signed_in(await cast.anna())}"}
    async with stranger.transaction():
        await stranger.execute("SELECT FROM patient FOR UPDATE")
        booking = asyncio.gather(*(client.codes(BOOK % id_of(slot), headers=by_anna) for slot in slots))
        await until_blocked()
        assert await race(*(client.codes(CLINICS) for _ in range(8))) == [[]] * 8
        await eventually(lambda: narrow.transactions.waiting == 0)
    outcomes = await booking
    assert outcomes.count(["OVERLOADED"]) == 40 - 6  # all but the six with a connection
    assert outcomes.count([]) == 6
    assert narrow.turns.waiting == narrow.transactions.waiting == 0
    assert await client.codes(CLINICS) == []


@pytest.fixture
async def impatient(database_url: str, fresh: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A database that ends every long wait for a lock."""
    config = database.config
    await database.disconnect()
    with monkeypatch.context() as patch:
        patch.setattr(database, "config", lambda url: config(url, limits={"lock_timeout": "50ms"}))
        await database.connect(database_url)
    yield
    await database.disconnect()
    await database.connect(database_url)


@pytest.mark.usefixtures("impatient")
async def test_a_caller_who_waits_for_a_lock_in_vain_may_retry_and_no_failure_is_counted(
    client: Client, stranger: Any, lines: pytest.LogCaptureFixture
) -> None:
    slot, anna = await cast.slot(), await cast.anna()
    async with stranger.transaction():
        await stranger.execute("SELECT FROM patient FOR UPDATE")
        assert await client.codes(BOOK % id_of(slot), by=anna) == ["OVERLOADED"]
    assert await client.codes(BOOK % id_of(slot), by=anna) == []
    assert "operation_failed" not in [line.message for line in lines.records]


async def test_the_refusal_says_when_to_come_again(
    client: Client, narrow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "turns", Turns(0))  # callers get neither a connection nor a place in the queue
    for accept, status in ((GRAPHQL_JSON, 503), ("application/json", 200)):
        response = await client.http.post("/graphql", json={"query": CLINICS}, headers={"accept": accept})
        [error] = response.json()["errors"]
        assert (response.status_code, error["extensions"]["code"]) == (status, "OVERLOADED")
        assert response.headers["retry-after"] == str(error["extensions"]["retryAfterSeconds"]) == "2"


async def test_a_caller_who_leaves_the_queue_frees_a_place(narrow: Any) -> None:
    async def sleep() -> None:
        await database.fetch("SELECT pg_sleep(10)")

    tasks = [asyncio.create_task(sleep()) for _ in range(16)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await race(*(database.ping() for _ in range(20))) == [None] * 20
