"""Connections on which nothing more comes are cut off, in the middle of a head or between two requests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

import server
import settings
from web.patience import Impatient

HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(settings, "BODY_SECONDS", 0.5)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    config.load()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Impatient(config, ServerState(), {}), "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.mark.parametrize("begun", [b"", b"G", HEAD])
async def test_a_head_that_dribbles_in_is_cut_off(begun: bytes, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begun)
    assert await reader.read() == b""
    writer.close()


async def test_so_is_the_head_of_a_further_request_and_nobody_else(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"ok")).endswith(b"ok")
        await asyncio.sleep(0.6)  # between requests one may think
    writer.write(HEAD)
    assert await reader.read() == b""
    writer.close()


def test_the_service_is_served_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **options: told.update(options))
    server.serve("app", 0)
    assert told["http"] is Impatient
    assert (told["server_header"], told["proxy_headers"]) == (False, False)
