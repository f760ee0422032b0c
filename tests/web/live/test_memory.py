"""What a request or a connection has used is free when it ends, without a collection of cyclic garbage.

A collection stops the process for as long as it takes to visit all objects of all open connections.
"""

import gc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from models.refusals.refusal import Refusal
from schema.context import Context
from schema.execution.compiled import CompilingExecutor
from schema.scalars import public_id
from tests import cast
from tests.support.live_server import ask, serving, socket
from tests.support.waiting import eventually
from tests.web.live.test_sse import following
from web.bounded_protocol import BoundedProtocol
from web.endpoint.connections import Connection
from web.socket_protocol import SocketProtocol

SEARCH = "query ($id: ID!) { freeSlots(filter: {clinicId: $id}) { nodes { startsAt doctor { fullName } } } }"
BOOK = "mutation ($id: ID!) { bookVisit(input: {slotId: $id}) { __typename } }"
LOG_IN = 'mutation { logIn(input: {login: "nobody@example.pl", password: "unknown"}) { __typename } }'
CHANGES = "subscription ($id: ID!) { slotChanges(clinicId: $id) { isFree } }"
EVENTS = "subscription { events { id } }"

Made = list[weakref.ref[object]]


@pytest.fixture
async def address(database_url: str, fresh: None) -> AsyncIterator[str]:
    """A server that also has our HTTP protocol, as in production."""
    async with serving(database_url, http=BoundedProtocol) as address:
        yield address


@pytest.fixture
def made(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """References to objects of ours that are made from now on; meanwhile, no garbage is collected."""
    references: Made = []
    for kind in (Context, CompilingExecutor, Connection, BoundedProtocol, SocketProtocol, Refusal):
        monkeypatch.setattr(kind, "__init__", _noting(kind.__init__, references))
    gc.disable()
    yield references
    gc.enable()


def _noting(initialise: Callable[..., None], references: Made) -> Callable[..., None]:
    def noting(self: object, *arguments: Any, **named: Any) -> None:
        references.append(weakref.ref(self))
        initialise(self, *arguments, **named)

    return noting


def _left(made: Made) -> set[str]:
    return {type(each).__name__ for reference in made if (each := reference()) is not None}


async def all_are_free(made: Made) -> None:
    """Wait until all of these objects are free; those in a cycle would stay."""
    assert made
    await eventually(lambda: not _left(made), otherwise=lambda: f"Still there: {_left(made)}")


async def test_answers_refusals_and_errors_leave_nothing_behind(address: str, made: Made) -> None:
    token, slot = await cast.signed_in(await cast.anna()), await cast.slot()
    assert "errors" not in await ask(address, SEARCH, id=public_id("Clinic", slot.clinic_id))
    for typename in ("Visit", "SlotTaken"):
        answer = await ask(address, BOOK, token, id=public_id("Slot", slot.id))
        assert answer["data"]["bookVisit"]["__typename"] == typename
    assert (await ask(address, LOG_IN))["data"]["logIn"]["__typename"] == "WrongCredentials"
    for wrong in (BOOK, '{ clinic(id: "x") { name } }', "{ partners { id } }", "{ nothing }", "{"):
        assert "errors" in await ask(address, wrong)
    await all_are_free(made)


@pytest.mark.parametrize("end", ["complete", "close", "abort"])
async def test_sockets_leave_nothing_behind_however_they_end(address: str, made: Made, end: str) -> None:
    slot = await cast.slot()
    _, key = await cast.partner(await cast.clinic("Okulistyka"))
    async with socket(address) as client:
        await client.init(key)
        await client.subscribe(CHANGES, "1", id=public_id("Clinic", slot.clinic_id))
        await client.subscribe(EVENTS, "2")
        await client.say({"type": "ping"})
        assert (await client.hear())["type"] == "pong"
        for id_ in ("1", "2") if end == "complete" else ():
            await client.say({"type": "complete", "id": id_})
        if end == "abort":
            client.connection.transport.abort()
    await all_are_free(made)


async def test_event_streams_leave_nothing_behind(address: str, made: Made) -> None:
    _, key = await cast.partner(await cast.clinic())
    async with following(address, key):
        pass
    await all_are_free(made)
