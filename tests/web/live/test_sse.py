"""Event streams: for clients that prefer them to JSON; they carry the same events and end the same way as sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

import server
import settings
from models.events.partner import Partner, PartnerStream
from models.slots.clinic import Clinic
from tests import cast
from tests.support.http import http_client
from tests.support.live_server import ask
from tests.support.visits import book
from tests.support.waiting import eventually, patience, short_limit

EVENTS = "subscription ($after: String) { events(after: $after) { cursor ... on VisitBooked { visitReference } } }"
STREAM = "text/event-stream"


class EventSource:
    """Reads an event stream as it arrives."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """Kind and content of the next event, skipping comments."""
        kind = ""
        async with asyncio.timeout(patience()):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif line.startswith("data:"):
                    return kind, orjson.loads(value) if value else None
        raise EOFError

    async def event(self) -> Any:
        kind, content = await self.next()
        assert kind == "next"
        assert "errors" not in content, content
        return content["data"]["events"]

    async def end(self) -> str:
        """The code of the error with which the stream ends."""
        while True:
            kind, content = await self.next()
            assert kind == "next"
            if "errors" in content:
                assert await self.next() == ("complete", None)
                return str(content["errors"][0]["extensions"]["code"])


@asynccontextmanager
async def following(
    address: str, token: str | None, query: str = EVENTS, *, accept: str = STREAM, **variables: Any
) -> AsyncIterator[EventSource]:
    headers = {"accept": accept} | ({"authorization": f"Bearer {token}"} if token else {})
    body = {"query": query, "variables": variables}
    async with (
        http_client() as http,
        http.stream("POST", f"http://{address}/graphql", json=body, headers=headers) as response,
    ):
        yield EventSource(response)


async def test_events_come_as_they_happen_and_are_resumed_by_cursor(address: str) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    _, key = await cast.partner(clinic, shows_references=True)
    async with following(address, key) as source:
        assert source.response.headers["content-type"].startswith(STREAM)
        assert source.response.headers["cache-control"] == "no-store"
        visit = await book(anna, slots[0])
        told = await source.event()
        assert told["visitReference"] == visit.reference
    visit = await book(anna, slots[1])
    async with following(address, key, after=told["cursor"]) as source:
        assert (await source.event())["visitReference"] == visit.reference


@pytest.mark.parametrize(
    ("accept", "is_stream"),
    [
        (STREAM, True),
        (f"{STREAM}, application/json", True),
        (f"{STREAM};q=0.5, */*", True),
        (f"application/json, {STREAM}", False),
        (f"application/graphql-response+json, {STREAM}", False),
        (f"application/graphql-response+json, application/json, {STREAM}, multipart/mixed", False),
        ("*/*", False),
        ("application/json", False),
    ],
)
async def test_a_stream_is_served_only_to_clients_that_prefer_it_to_json(
    address: str, accept: str, is_stream: bool
) -> None:
    async with following(address, None, "{ serviceHours { isOpen } }", accept=accept) as source:
        assert source.response.headers["content-type"].startswith(STREAM if is_stream else "application/")
        if is_stream:
            kind, content = await source.next()
            assert (kind, content["data"]) == ("next", {"serviceHours": {"isOpen": True}})
            assert await source.next() == ("complete", None)
        else:
            assert orjson.loads(await source.response.aread())["data"] == {"serviceHours": {"isOpen": True}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (EVENTS, "UNAUTHENTICATED"),
        ('subscription { slotChanges(clinicId: "x") { isFree } }', "BAD_USER_INPUT"),
    ],
)
async def test_errors_are_sent_in_the_stream_with_their_code(address: str, query: str, code: str) -> None:
    async with following(address, None, query) as source:
        assert await source.end() == code


async def test_a_subscription_asked_for_as_json_is_an_error_that_leaves_nothing_open(address: str) -> None:
    _, key = await cast.partner(await cast.clinic())
    answer = await ask(address, EVENTS, key)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert not server.connections.all


async def test_a_stream_ends_with_the_right_to_it_by_an_error_with_a_code(address: str) -> None:
    place = await cast.clinic()
    partner, key = await cast.partner(place)
    async with following(address, key) as source:
        await Partner.remove(partner.id, by=await cast._adding_administrator())
        assert await source.end() == "UNAUTHENTICATED"
        with pytest.raises(EOFError):
            await source.next()


async def test_before_a_stop_streams_tell_their_clients_to_come_back(address: str) -> None:
    _, key = await cast.partner(await cast.clinic())
    async with following(address, key) as source:
        server.connections.end_all()
        assert await source.end() == "RECONNECT"


async def test_a_stream_that_nobody_reads_any_more_is_forgotten(address: str) -> None:
    _, key = await cast.partner(await cast.clinic())
    async with following(address, key):
        assert len(server.connections.all) == 1
    await eventually(lambda: not server.connections.all)


async def test_a_partner_whose_connection_is_cut_again_and_again_is_never_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PARTNER_STREAMS", 1)
    _, key = await cast.partner(await cast.clinic())
    body = orjson.dumps({"query": EVENTS})
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: {STREAM}\r\nAuthorization: Bearer {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    host, port = address.split(":")
    for _ in range(5):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + body)
        assert b" 200 " in await reader.readline()
        await eventually(PartnerStream.exists)
        writer.transport.abort()
        await eventually(none_is_followed)
    assert not server.connections.all


async def none_is_followed() -> bool:
    return not await PartnerStream.exists()


async def read_all(source: EventSource) -> None:
    while True:
        await source.event()


async def test_a_slow_reader_is_dropped_and_slows_nobody(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", 4 * short_limit())
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=100)
    await Clinic.filter(id=clinic.id).update(description="x" * 300_000)
    day = cast.warsaw(24, 8).date()
    for slot in await cast.morning(day, 40, at=clinic, by=await cast.doctor(clinic)):
        await book(anna, slot)
    _, key = await cast.partner(clinic)
    big = EVENTS.replace("visitReference", "slot { clinic { description } }")
    async with following(address, key, big) as slow, following(address, key) as quick:
        for _ in range(40):
            await quick.event()
        await eventually(lambda: "stream_dropped" in caplog.messages)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await read_all(slow)
    assert [record for record in caplog.records if record.exc_info] == []
