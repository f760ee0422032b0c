"""Endless request heads and bodies are cut off, and no single address can use up all connections."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

import server
import settings
from tests.support.waiting import eventually, patience, short_limit
from web import bounded_protocol
from web.bounded_protocol import HEAD_BYTES, BoundedProtocol

HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"


class Service:
    """An application that answers at once, and the state of its server's connections."""

    def __init__(self) -> None:
        self.state = ServerState()
        self.config: uvicorn.Config
        self.port = 0
        self.reads_body = False
        self.visitors: list[Visitor] = []

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        while self.reads_body and (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def connect(self) -> "Visitor":
        self.visitors.append(Visitor(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.visitors[-1]

    async def all_are_gone(self) -> None:
        await eventually(lambda: not self.state.connections)


class Visitor:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: bytes) -> None:
        self.writer.write(text)

    async def hear(self, end: bytes = b"ok") -> bytes:
        async with asyncio.timeout(patience()):
            return await self.reader.readuntil(end)

    async def hear_all(self) -> bytes:
        """Everything that the server sends until it closes the connection."""
        async with asyncio.timeout(patience()):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    monkeypatch.setattr(settings, "BODY_SECONDS", short_limit())
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", short_limit())
    monkeypatch.setattr(bounded_protocol, "LINGER_SECONDS", 0.2)
    service = Service()
    config = service.config = uvicorn.Config(
        service.app, log_config=None, access_log=False, lifespan="off", interface="asgi3"
    )
    config.load()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: BoundedProtocol(config, service.state, {}), "127.0.0.1", 0)
    service.port = listening.sockets[0].getsockname()[1]
    yield service
    for visitor in service.visitors:
        visitor.writer.transport.abort()
    await service.all_are_gone()
    listening.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        HEAD + b"x: " + b"x" * HEAD_BYTES + b"\r\n\r\n",
        HEAD + b"cookie: a=b\r\n" * 2000 + b"\r\n",
        HEAD + b"x: " + b"x" * 2 * HEAD_BYTES,
        HEAD + b"x" * 2 * HEAD_BYTES,
    ],
    ids=["path", "one header", "many headers", "a header without end", "a name without end"],
)
@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n"], ids=["first", "further"])
async def test_a_head_that_is_too_long_is_refused_and_the_connection_closed(
    head: bytes, before: bytes, service: Service
) -> None:
    visitor = await service.connect()
    if before:
        visitor.say(before)
        await visitor.hear()
    for place in range(0, len(head), 5000):
        visitor.say(head[place : place + 5000])
        await asyncio.sleep(0)
    answer = await visitor.hear_all()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in answer
    await service.all_are_gone()


async def test_a_head_that_is_long_enough_for_everybody_is_answered(service: Service) -> None:
    visitor = await service.connect()
    visitor.say(HEAD + b"cookie: " + b"x" * (HEAD_BYTES - 200) + b"\r\n\r\n")
    assert b" 200 " in await visitor.hear()


async def test_behind_a_head_that_is_refused_nothing_is_carried_out(service: Service) -> None:
    visitor = await service.connect()
    visitor.say(HEAD + b"x: " + b"x" * HEAD_BYTES + b"\r\n\r\n" + (HEAD + b"\r\n") * 3)
    answer = await visitor.hear_all()
    assert b" 200 " not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("reads_body", [True, False])
async def test_a_body_that_dribbles_in_ends_with_its_connection(reads_body: bool, service: Service) -> None:
    """This holds even if the answer has been sent and only the rest of the body keeps the connection open."""
    service.reads_body = reads_body
    visitor = await service.connect()
    visitor.say(POST)
    if not reads_body:
        await visitor.hear()

    async def dribble() -> None:
        while True:
            visitor.say(b"x")
            await asyncio.sleep(0.02)

    dribbling = asyncio.create_task(dribble())
    await service.all_are_gone()
    dribbling.cancel()


async def test_a_connection_answered_before_its_request_was_complete_is_not_used_again(service: Service) -> None:
    visitor = await service.connect()
    visitor.say(POST)
    await visitor.hear()
    visitor.say(b"x" * 1_000_000)
    assert await visitor.hear_all() == b""


async def test_connections_per_address_are_limited_and_places_are_given_back(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 3)
    monkeypatch.setattr(settings, "BODY_SECONDS", 60)
    visitors = [await service.connect() for _ in range(3)]
    refused = await (await service.connect()).hear_all()
    assert refused.startswith(b"HTTP/1.1 429 ")
    visitors[0].say(HEAD + b"\r\n")
    assert b" 200 " in await visitors[0].hear()
    visitors[1].writer.close()
    await eventually(lambda: len(service.state.connections) == 2)
    again = await service.connect()
    again.say(HEAD + b"\r\n")
    assert b" 200 " in await again.hear()


async def test_a_connection_with_nothing_to_do_is_closed(service: Service) -> None:
    service.config.timeout_keep_alive = 0
    visitor = await service.connect()
    visitor.say(HEAD + b"\r\n")
    await visitor.hear()
    assert await visitor.hear_all() == b""


@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.0.0.1, 127.0.0.0/8", "*"])
async def test_a_trusted_proxy_has_as_many_connections_as_it_needs(
    proxies: str, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CONNECTIONS_PER_ADDRESS", 1)
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", proxies)
    for visitor in [await service.connect() for _ in range(5)]:
        visitor.say(HEAD + b"\r\n")
        assert b" 200 " in await visitor.hear()


def test_the_service_uses_the_bounded_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **options: told.update(options))
    server.serve("app", 0)
    assert told["http"] is BoundedProtocol
    assert told["timeout_keep_alive"] <= 10
    assert (told["server_header"], told["proxy_headers"]) == (False, False)
