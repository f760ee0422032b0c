"""Connections that fall silent are cut off, in the middle of a request head or when they do not read their answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

import settings
from tests.support.waiting import eventually, patience, short_limit
from web.bounded_protocol import BoundedProtocol

HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"
LONG = 20_000_000  # more than the system buffers per connection


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers `/LENGTH` with that many bytes, all at once or, with `?in-pieces`, piece by piece."""
    length = int(scope["path"][1:] or 2)
    count = 100 if scope["query_string"] else 1
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % length)]})
    for number in range(count):
        piece = b"ok" * (length // 2 // count)
        await send({"type": "http.response.body", "body": piece, "more_body": number < count - 1})


@pytest.fixture
def state() -> ServerState:
    return ServerState()


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, state: ServerState) -> AsyncIterator[int]:
    monkeypatch.setattr(settings, "BODY_SECONDS", short_limit())
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", short_limit())
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    config.load()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.mark.parametrize("begun", [b"", b"G", HEAD])
async def test_a_head_that_dribbles_in_is_cut_off(begun: bytes, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begun)
    assert await reader.read() == b""
    writer.close()


async def test_the_head_of_a_later_request_is_cut_off_too_but_not_an_idle_client(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"ok")).endswith(b"ok")
        await asyncio.sleep(1.2 * settings.BODY_SECONDS)  # a pause between requests is allowed
    writer.write(HEAD)
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("path", [f"/{LONG}", f"/{LONG}?in-pieces"])
async def test_an_answer_that_nobody_reads_is_given_up(path: str, port: int, state: ServerState) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(HEAD.replace(b"/", path.encode(), 1) + b"\r\n")
    await eventually(lambda: state.connections)
    await eventually(lambda: not state.connections and not state.tasks, otherwise=lambda: "It is held open.")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readexactly(LONG)
    writer.close()


@pytest.mark.parametrize("path", [f"/{LONG}", f"/{LONG}?in-pieces"])
async def test_an_answer_that_is_read_arrives_whole(path: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", patience())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.replace(b"/", path.encode(), 1) + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    assert len(await reader.readexactly(LONG)) == LONG
    writer.close()
