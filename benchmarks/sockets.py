"""Measures how much CPU time a server needs to deliver a change to many sockets that watch one clinic."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import UUID, uuid4

import asyncpg
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from benchmarks.big_database import row_id
from benchmarks.servers import Server
from schema.scalars import public_id

WATCH = "subscription Watch($clinic: ID!) { slotChanges(clinicId: $clinic) { isFree slot { id startsAt } } }"
_FREE = "SELECT id FROM slot WHERE clinic_id = $1 AND visit_id IS NULL ORDER BY starts_at DESC LIMIT $2"
_CHANGE = "UPDATE slot SET closed_reason = $2 WHERE id = $1"

PAUSE_SECONDS, BEGIN_SECONDS = 0.01, 5


@asynccontextmanager
async def _watching(server: Server, path: str, count: int) -> AsyncIterator[list[ClientConnection]]:
    address = server.url.replace("http", "ws") + path
    variables = {"clinic": public_id("Clinic", row_id("clinic", 1))}
    async with AsyncExitStack() as stack:
        sockets = []
        for _ in range(count):
            protocols = [Subprotocol("graphql-transport-ws")] if path == "/graphql" else None
            connecting = websockets.connect(address, subprotocols=protocols, compression=None, proxy=None)
            socket = await stack.enter_async_context(connecting)
            if path == "/graphql":
                await socket.send(json.dumps({"type": "connection_init"}))
                await socket.recv()
                asked = {"query": WATCH, "variables": variables}
                await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            sockets.append(socket)
            await asyncio.sleep(PAUSE_SECONDS)  # all at once, they would wait for the database too long
        yield sockets


async def measure(url: str, servers: list[tuple[Server, str]], count: int, changes: int) -> list[float]:
    """CPU milliseconds of each server per delivery; both receive the same changes, one server after the other."""
    connection = await asyncpg.connect(url)
    try:
        warm, *slots = [row["id"] for row in await connection.fetch(_FREE, row_id("clinic", 1), changes + 1)]
        found = []
        for server, path in servers:
            async with _watching(server, path, count) as sockets:
                await _wait_until_all_watch(connection, warm, sockets)
                begun = server.cpu_seconds
                for slot in slots:
                    await _change(connection, slot, sockets)
                found.append(1000 * (server.cpu_seconds - begun) / (len(slots) * count))
        return found
    finally:
        await connection.close()


async def _wait_until_all_watch(
    connection: "asyncpg.Connection[asyncpg.Record]", slot: UUID, sockets: list[ClientConnection]
) -> None:
    """Change a slot again and again: a subscription that has only been sent misses changes until it has begun."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEGIN_SECONDS):
                return await _change(connection, slot, sockets)


async def _change(
    connection: "asyncpg.Connection[asyncpg.Record]", slot: UUID, sockets: list[ClientConnection]
) -> None:
    """Wait until every socket has received the change."""
    await connection.execute(_CHANGE, slot, str(uuid4()))  # a value that was there already would change nothing
    for socket in sockets:
        await _receive(socket, slot)


async def _receive(socket: ClientConnection, slot: UUID) -> None:
    while True:
        text = str(await socket.recv())
        if str(slot) in text or public_id("Slot", slot) in text:
            return
        if '"error"' in text:
            raise AssertionError(f"A subscription was refused: {text}")
