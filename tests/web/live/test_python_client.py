"""The Python client `gql` is served over a socket as it expects."""

from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport

from tests.support import partner_program


def client(address: str, key: str) -> Client:
    payload = {"authorization": f"Bearer {key}"}
    return Client(transport=WebsocketsTransport(f"ws://{address}/graphql", init_payload=payload))


def events(after: str | None = None) -> Any:
    wanted = gql("subscription ($after: String) { events(after: $after) { cursor id } }")
    wanted.variable_values = {"after": after}
    return wanted


async def test_it_follows_events_asks_queries_and_hears_of_errors(address: str) -> None:
    centre = await partner_program.Centre().open()
    await centre.book(2)
    told = []
    async with client(address, centre.key) as session:
        assert (await session.execute(gql("{ serviceHours { isOpen } }")))["serviceHours"] == {"isOpen": True}
        async for result in session.subscribe(events()):
            told.append(result["events"])
            if len(told) == 2:
                break
    await centre.book(1)
    async with client(address, centre.key) as session:
        async for result in session.subscribe(events(after=told[-1]["cursor"])):
            told.append(result["events"])
            break
        with pytest.raises(TransportQueryError) as refused:
            await anext(session.subscribe(events(after="nonsense")))
    assert [event["id"] for event in told] == await centre.log()
    assert refused.value.errors is not None
    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
