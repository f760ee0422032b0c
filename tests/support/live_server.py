"""A running server for tests that need sockets: real uvicorn and routes, the relay, and the connection watcher."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import orjson
import pytest
import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.middleware import Middleware

import server
from models.events.subscribers import event_signal
from tasks import event_relay
from tests.support.http import http_client
from tests.support.waiting import patience
from web.endpoint.failures import mask_failures
from web.serving import SOCKET_OPTIONS


@asynccontextmanager
async def serving(database_url: str, **options: Any) -> AsyncIterator[str]:
    """Host and port of a server that uses the tests' database and clock; `options` are uvicorn's."""
    app = Starlette(routes=server.routes(), middleware=[Middleware(mask_failures)])
    quiet: dict[str, Any] = {"lifespan": "off", "log_config": None, "access_log": False}
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, timeout_graceful_shutdown=round(patience()), **quiet, **SOCKET_OPTIONS, **options
    )
    running = uvicorn.Server(config)
    stop = asyncio.Event()

    async def run_until_stopped() -> None:
        """Uvicorn's own loop looks ten times a second; this one ends at once."""
        await running.on_tick(0)
        await stop.wait()

    running.main_loop = run_until_stopped  # type: ignore[method-assign]  # for a test
    running.capture_signals = nullcontext  # type: ignore[assignment, method-assign]  # Ctrl-C is pytest's
    rung = event_signal.count
    async with event_relay.run_relay(database_url), server.connections.watch():
        task = asyncio.create_task(running.serve())
        while not running.started:
            await asyncio.sleep(0.01)
        await event_signal.wait_after(rung)
        yield "127.0.0.1:" + str(running.servers[0].sockets[0].getsockname()[1])
        running.should_exit = True
        stop.set()
        await task


async def read_until_dropped(client: "Socket", field: str) -> list[Any]:
    """Read this field until the server closes the socket because the client is too slow; return the values."""
    values: list[Any] = []

    async def read() -> None:
        while True:
            values.append((await client.next())[field])

    with pytest.raises(websockets.ConnectionClosed) as closed:
        await read()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    return values


async def ask(address: str, document: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
    headers = {"accept-language": "en"} | ({"authorization": f"Bearer {token}"} if token else {})
    async with http_client() as http:
        body = {"query": document, "variables": variables}
        answer = await http.post(f"http://{address}/graphql", json=body, headers=headers)
    found: dict[str, Any] = answer.json()
    return found


class Socket:
    """A client that sends exactly what a test tells it to."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def hear(self) -> Any:
        async with asyncio.timeout(patience()):
            text = await self.connection.recv()
        assert isinstance(text, str), "a binary frame, which browsers' clients do not read"
        return orjson.loads(text)

    async def init(self, token: str | None = None) -> None:
        payload = {"payload": {"authorization": f"Bearer {token}"}} if token else {}
        await self.say({"type": "connection_init", **payload})
        assert (await self.hear())["type"] == "connection_ack"

    async def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        await self.say({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def next(self) -> Any:
        """The data of the next result."""
        message = await self.hear()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def code(self) -> str:
        """The code of the next error."""
        message = await self.hear()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        return str(errors[0]["extensions"]["code"])

    async def closed(self) -> tuple[int, str]:
        """The code and reason with which the server closes; earlier messages are ignored."""
        with pytest.raises(websockets.ConnectionClosed) as ended:
            async with asyncio.timeout(patience()):
                await self._read_to_the_end()
        assert ended.value.rcvd is not None, "the connection broke without a close frame"
        return ended.value.rcvd.code, ended.value.rcvd.reason

    async def _read_to_the_end(self) -> None:
        while True:
            await self.connection.recv()


@asynccontextmanager
async def socket(address: str, *, protocol: str | None = "graphql-transport-ws", **more: Any) -> AsyncIterator[Socket]:
    protocols: Any = [protocol] if protocol else None
    async with websockets.connect(
        f"ws://{address}/graphql",
        subprotocols=protocols,
        proxy=None,
        ping_interval=None,
        open_timeout=patience(),
        **more,
    ) as connection:
        yield Socket(connection)
