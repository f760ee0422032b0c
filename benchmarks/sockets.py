"""Measures how much CPU time a server needs to deliver a change to many sockets that watch one clinic."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

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
        yield sockets


async def measure(url: str, servers: list[tuple[Server, str]], count: int, changes: int) -> list[float]:
    """CPU milliseconds of each server per delivery; both receive the same changes, one server after the other."""
    connection = await asyncpg.connect(url)
    try:
        slots = [row["id"] for row in await connection.fetch(_FREE, row_id("clinic", 1), changes)]
        found = []
        for server, path in servers:
            async with _watching(server, path, count) as sockets:
                await _change(connection, slots[0], sockets, "warm")
                begun = server.cpu_seconds
                for slot in slots:
                    await _change(connection, slot, sockets, path)
                found.append(1000 * (server.cpu_seconds - begun) / (len(slots) * count))
        return found
    finally:
        await connection.close()


async def _change(
    connection: "asyncpg.Connection[asyncpg.Record]", slot: object, sockets: list[ClientConnection], reason: str
) -> None:
    """Wait until every socket has received the change."""
    await connection.execute(_CHANGE, slot, reason)
    for socket in sockets:
        while json.loads(await socket.recv())["type"] != "next":
            pass
