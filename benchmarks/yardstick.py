"""The yardstick "b": what a developer would write by hand for the same answers, with Starlette, asyncpg and orjson.

No GraphQL, no rules, no rates, no sessions, no log: it shows the highest speed that this machine can reach.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uuid6 import uuid7

ZONE = ZoneInfo("Europe/Warsaw")
_FREE = """
    SELECT slot.id, slot.starts_at, slot.ends_at, clinic.id, clinic.name, doctor.id, doctor.title, doctor.first_name,
        doctor.last_name
    FROM yardstick.slot JOIN clinic ON clinic.id = slot.clinic_id JOIN doctor ON doctor.id = slot.doctor_id
    WHERE slot.clinic_id = $1 AND slot.visit_id IS NULL AND slot.starts_at >= $2 AND slot.starts_at < $3
    ORDER BY slot.starts_at, slot.id LIMIT $4
"""
_TAKE = "UPDATE yardstick.slot SET visit_id = $2 WHERE id = $1 AND visit_id IS NULL RETURNING starts_at"
_FREE_AGAIN = "UPDATE yardstick.slot SET visit_id = NULL WHERE id = $1"
_BOOK = "INSERT INTO yardstick.visit (id, slot_id, patient_id, booked_at) VALUES ($1, $2, $3, now())"


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


async def free(request: Request) -> Response:
    asked = orjson.loads(await request.body())
    bounds = datetime.fromisoformat(asked["from"]), datetime.fromisoformat(asked["until"])
    rows = await request.app.state.pool.fetch(_FREE, UUID(asked["clinic"]), *bounds, asked["first"])
    nodes = [
        {
            "id": str(row[0]),
            "startsAt": _local(row[1]),
            "endsAt": _local(row[2]),
            "clinic": {"id": str(row[3]), "name": row[4]},
            "doctor": {"id": str(row[5]), "fullName": f"{row[6]} {row[7]} {row[8]}"},
        }
        for row in rows
    ]
    return _json({"data": {"freeSlots": {"nodes": nodes}}})


async def book(request: Request) -> Response:
    asked = orjson.loads(await request.body())
    slot, visit = UUID(asked["slot"]), uuid7()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        starts_at = await connection.fetchval(_TAKE, slot, visit)
        if starts_at is None:
            return _json({"data": {"bookVisit": {"message": "taken"}}})
        await connection.execute(_BOOK, visit, slot, UUID(asked["patient"]))
    return _json({"data": {"bookVisit": {"id": str(visit), "startsAt": _local(starts_at)}}})


async def mixed(request: Request) -> Response:
    """A search or a booking."""
    return await (book if b'"slot"' in await request.body() else free)(request)


async def move(request: Request) -> Response:
    asked = orjson.loads(await request.body())
    visit = uuid7()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(_FREE_AGAIN, UUID(asked["from"]))
        starts_at = await connection.fetchval(_TAKE, UUID(asked["slot"]), visit)
    if starts_at is None:
        return _json({"data": {"rescheduleVisit": {"message": "taken"}}})
    return _json({"data": {"rescheduleVisit": {"id": str(visit), "startsAt": _local(starts_at)}}})


async def watch(socket: WebSocket) -> None:
    await socket.accept()
    watchers, queue = socket.app.state.watchers, asyncio.Queue[str](1_000)  # a slow client delays nobody else
    watchers.add(queue)
    sending = asyncio.create_task(_send(socket, queue))
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        watchers.discard(queue)
        sending.cancel()


async def _send(socket: WebSocket, queue: asyncio.Queue[str]) -> None:
    while True:
        text = await queue.get()
        async with asyncio.timeout(20):
            await socket.send_text(text)


async def _tell(app: Starlette, slot_id: UUID) -> None:
    row = await app.state.pool.fetchrow("SELECT id, starts_at, withdrawn_at IS NULL FROM slot WHERE id = $1", slot_id)
    slot = {"isFree": row[2], "slot": {"id": str(row[0]), "startsAt": _local(row[1])}}
    text = orjson.dumps({"id": "1", "type": "next", "payload": {"data": {"slotChanges": slot}}}).decode()
    for queue in app.state.watchers:
        queue.put_nowait(text)


@asynccontextmanager
async def _listening(app: Starlette) -> AsyncIterator[None]:
    app.state.watchers, telling = set(), set()

    def changed(connection: object, pid: int, channel: str, payload: object) -> None:
        if app.state.watchers:  # otherwise this would take CPU time from the service while the service is measured
            telling.add(task := asyncio.create_task(_tell(app, UUID(str(payload).partition(" ")[2]))))
            task.add_done_callback(telling.discard)

    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    await connection.add_listener("slot_changed", changed)
    yield
    await connection.close()


@asynccontextmanager
async def _pool(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=20) as pool:
        app.state.pool = pool
        async with _listening(app):
            yield


app = Starlette(
    routes=[
        Route("/free", free, methods=["POST"]),
        Route("/book", book, methods=["POST"]),
        Route("/mixed", mixed, methods=["POST"]),
        Route("/move", move, methods=["POST"]),
        WebSocketRoute("/watch", watch),
    ],
    lifespan=_pool,
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
