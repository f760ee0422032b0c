"""Measures how soon an event reaches many subscribers: `python benchmarks/fan_out.py [EVENTS_PER_SECOND]`."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import orjson
import websockets

sys.path.insert(0, str(Path(__file__).parent.parent))

from infra import clock, database
from models.events import event_log
from models.events.event import Event, EventType
from models.events.partner import Partner, PartnerKey
from models.slots.slot import Slot
from schema.event import cursor
from schema.scalars import public_id
from tests.support.service import run_service

SUBSCRIBERS, PER_SECOND = 200, float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
EVENTS = int(30 * max(1.0, PER_SECOND / 2))
FOLLOW = 'subscription { events(after: "%s") { id ... on SlotsPublished { slots { id startsAt isFree } } } }'
WATCH = 'subscription { slotChanges(clinicId: "%s") { isFree slot { id startsAt } } }'
UNHURRIED = {"SOCKETS_PER_ADDRESS": "1000", "PARTNER_STREAMS": "1000", "RATE_PER_ADDRESS": "1000000/minute"}


class Subscriber:
    def __init__(self) -> None:
        self.received: list[float] = []

    async def follow(self, url: str, query: str, key: str, ready: asyncio.Barrier) -> None:
        address = url.replace("http", "ws") + "/graphql"
        async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
            await socket.send(
                orjson.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}).decode()
            )
            await socket.recv()
            await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}).decode())
            await asyncio.sleep(2)
            await ready.wait()
            while len(self.received) < EVENTS:
                message = orjson.loads(await socket.recv())
                assert message["type"] == "next", message
                self.received.append(time.perf_counter())


async def publish(slot: Slot) -> None:
    details = {"doctor_id": slot.doctor_id, "slot_ids": [str(slot.id)]}
    await Event.append(EventType.SLOTS_PUBLISHED, slot.clinic_id, **details)


async def withdraw(slot: Slot) -> None:
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())


async def timed(name: str, url: str, query: str, key: str, slots: list[Slot]) -> None:
    subscribers, ready = [Subscriber() for _ in range(SUBSCRIBERS)], asyncio.Barrier(SUBSCRIBERS + 1)
    following = [asyncio.create_task(subscriber.follow(url, query, key, ready)) for subscriber in subscribers]
    await ready.wait()
    committed = []
    for slot in slots:
        await (publish(slot) if "events" in query else withdraw(slot))
        committed.append(time.perf_counter())
        await asyncio.sleep(1 / PER_SECOND)
    async with asyncio.timeout(60):
        await asyncio.gather(*following)
    waits = sorted(
        received - at for subscriber in subscribers for received, at in zip(subscriber.received, committed, strict=True)
    )
    print(
        f"{name}: {SUBSCRIBERS} subscribers, {PER_SECOND:g} per second:"
        f" median {statistics.median(waits) * 1000:.0f} ms,"
        f" 95 % within {waits[int(len(waits) * 0.95)] * 1000:.0f} ms, all within {waits[-1] * 1000:.0f} ms",
        flush=True,
    )


async def measure(url: str, database_url: str) -> None:
    await database.connect(database_url)
    slot = await Slot.all().first()
    assert slot
    slots = await Slot.filter(clinic_id=slot.clinic_id, visit_id=None).limit(EVENTS)
    partner = await Partner.create(
        name="Many", clinic_ids=[slot.clinic_id], created_at=clock.now(), tokens=1000.0, refilled_at=clock.now()
    )
    key = await PartnerKey.issue(partner)
    begin = cursor(await event_log.read_last_position())  # starts after the events of the demo data
    await timed("events", url, FOLLOW % begin, key, slots)
    await timed("slotChanges", url, WATCH % public_id("Clinic", slot.clinic_id), key, slots)
    await database.disconnect()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        run_service(Path(folder), LOG_FORMAT="json", **UNHURRIED) as service,
    ):
        socket_dir = Path(folder) / "postgres" / "data"
        asyncio.run(measure(service.url, f"postgres://postgres@/postgres?host={socket_dir}&port=5432"))
