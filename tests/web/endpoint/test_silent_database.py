"""A database falls silent: every caller gets an answer in time, and when it speaks again nothing is left behind."""

import asyncio
from contextvars import Context
from typing import Any

import pytest
from tortoise.transactions import in_transaction

import settings
from infra import database
from tests import cast
from tests.support.client import id_of
from tests.support.racing import race, until_blocked
from tests.support.silent_proxy import SilentProxy
from tests.support.waiting import patience
from tests.web.endpoint.conftest import Client

CLINICS = "{ clinics { nodes { name } } }"
MINE = "{ me { patient { visits { nodes { reference } } } } }"
BOOK = 'mutation { bookVisit(input: {slotId: "%s"}) { __typename } }'
IN_TIME = ("INTERNAL_SERVER_ERROR", "OVERLOADED")


async def test_every_operation_ends_in_time_and_the_next_one_is_answered(client: Client, proxy: SilentProxy) -> None:
    slot, anna = await cast.slot(), {"authorization": f"Bearer {await cast.signed_in(await cast.anna())}"}
    assert await client.codes(CLINICS) == []
    proxy.fall_silent()
    everything = [
        *(client.codes(CLINICS) for _ in range(20)),  # these need no session look-up
        *(client.codes(MINE, headers=anna) for _ in range(20)),  # the look-up of their session gets no answer
        *(client.codes(BOOK % id_of(slot), headers=anna) for _ in range(20)),
    ]
    for codes in await race(*everything):
        assert len(codes) == 1
        assert codes[0] in IN_TIME
    proxy.speak_again()
    pool: Any = database.connection()
    assert pool.turns.waiting == pool.transactions.waiting == 0
    assert await race(*(client.codes(CLINICS) for _ in range(2 * pool.turns.limit))) == [[]] * 2 * pool.turns.limit
    assert await client.codes(BOOK % id_of(slot), headers=anna) == []


@pytest.mark.parametrize("silent_at", ["BEGIN", "statement", "COMMIT", "ROLLBACK"])
async def test_a_transaction_is_left_in_time_wherever_the_database_falls_silent(
    silent_at: str, proxy: SilentProxy
) -> None:
    async def work(limit: asyncio.Timeout) -> None:
        def fall_silent() -> None:
            proxy.fall_silent()
            limit.reschedule(asyncio.get_running_loop().time() + 0.5)

        if silent_at == "BEGIN":
            fall_silent()
        async with in_transaction():
            if silent_at == "statement":
                fall_silent()
            await database.ping()
            if silent_at == "ROLLBACK":  # ROLLBACK has a time limit of its own
                proxy.fall_silent()
                raise LookupError
            fall_silent()

    with pytest.raises(LookupError if silent_at == "ROLLBACK" else TimeoutError):
        async with asyncio.timeout(patience()) as limit:
            await work(limit)
    proxy.speak_again()
    pool: Any = database.connection()
    held = [asyncio.create_task(database.fetch("SELECT pg_sleep(0.01)")) for _ in range(3 * pool.turns.limit)]
    assert len(await asyncio.gather(*held)) == 3 * pool.turns.limit  # no connection and no turn is lost


async def test_a_booking_that_is_given_up_lets_go_of_its_locks(proxy: SilentProxy) -> None:
    """Cancelled while it waits for a lock, it releases those that it has at once, not only when its statement ends."""
    first, second = await cast.slot(), await cast.slot(cast.warsaw(23, 11))
    async with in_transaction():
        await database.fetch("SELECT FROM slot WHERE id = $1 FOR UPDATE", [second.id])

        async def wait_for_both() -> None:
            async with in_transaction():
                await database.fetch("SELECT FROM slot WHERE id = $1 FOR UPDATE", [first.id])
                await database.fetch("SELECT FROM slot WHERE id = $1 FOR UPDATE", [second.id])

        # In a new context, outside this transaction: inside it, pg_stat_activity would never change.
        waiting = asyncio.create_task(wait_for_both(), context=Context())
        await asyncio.create_task(until_blocked(), context=Context())
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(await database.fetch("SELECT id FROM slot WHERE id = $1 FOR UPDATE NOWAIT", [first.id])) == 1


async def test_each_request_that_gets_no_connection_is_one_line_of_the_log(
    client: Client, proxy: SilentProxy, monkeypatch: pytest.MonkeyPatch, lines: pytest.LogCaptureFixture
) -> None:
    client_of_database: Any = database.connection()
    client_of_database._pool._connect_kwargs["timeout"] = 0.1
    await client_of_database._pool.expire_connections()
    proxy.fall_silent()
    monkeypatch.setattr(settings, "OPERATION_SECONDS", patience())
    assert await client.codes(CLINICS) == ["INTERNAL_SERVER_ERROR"]
    [line] = [line for line in lines.records if line.message == "operation_failed"]
    assert vars(line)["problem"] == "The database takes no connection: TimeoutError."
    assert line.exc_info is None
