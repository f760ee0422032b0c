"""Reproducible chaos: writers that commit out of order or roll back, readers that come and go, relays that die."""

import asyncio
import random
import time
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from tortoise.transactions import in_transaction

from models.events.event import Event, EventType
from resolvers import schema
from schema.context import Context
from tasks import event_relay

FEWEST_KILLS = 4
FOLLOW = "subscription ($after: String) { events(after: $after) { cursor id } }"


class Undone(Exception):
    """Raised by a writer to roll back."""


async def append(clinic_id: UUID | None = None) -> Event:
    details = {"doctor_id": uuid4(), "slot_ids": []}
    return await Event.append(EventType.SLOTS_PUBLISHED, clinic_id or uuid4(), **details)


class Chaos:
    """Writers that commit out of order or not at all, readers that come and go, relays that are killed."""

    def __init__(self, url: str, seed: int, clinic_id: UUID | None = None) -> None:
        self.clinic_id = clinic_id
        self.url, self.chance = url, random.Random(seed)
        self.committed: dict[UUID, tuple[float, float]] = {}  # a time before each began, and one after its commit
        self.undone: set[UUID] = set()
        self.kills = 0
        self.is_over = False

    async def write(self, count: int) -> None:
        for _ in range(count):
            begun, ids = time.monotonic(), []
            with suppress(Undone):
                async with in_transaction():
                    for _ in range(self.chance.choice((1, 1, 1, 3))):
                        ids.append((await append(self.clinic_id)).id)
                        await asyncio.sleep(self.chance.choice((0, 0, 0.002, 0.02)))
                    if self.chance.random() < 0.25:
                        self.undone |= set(ids)
                        raise Undone
                self.committed |= dict.fromkeys(ids, (begun, time.monotonic()))

    async def read(self, context: Context, patience: int) -> list[str]:
        """Follow the log, losing the connection at random and resuming with the last cursor seen."""
        seen: list[str] = []
        cursor: str | None = None
        while not (self.is_over and len(seen) >= len(self.committed)):
            until = self.chance.randint(1, patience)
            results: Any = await schema.subscribe(FOLLOW, {"after": cursor}, context_value=context)
            async with aclosing(results):
                async for result in results:
                    assert not result.errors, result.errors
                    event = result.data["events"]
                    cursor = event["cursor"]
                    seen.append(event["id"])
                    until -= 1
                    if until == 0 or (self.is_over and len(seen) >= len(self.committed)):
                        break
        return seen

    async def kill_relays(self) -> None:
        """Cut some relays' connections and stop others; there are always two candidates."""
        killer = await asyncpg.connect(self.url)
        candidates = [asyncio.create_task(event_relay.relay(self.url)) for _ in range(2)]
        while not self.is_over or self.kills < FEWEST_KILLS:
            await asyncio.sleep(self.chance.choice((0.02, 0.05, 0.1)))
            if self.chance.random() < 0.6:
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'e-rejestracja relay' AND random() < 0.7"
                )
            else:
                candidates.pop(0).cancel()
                candidates.append(asyncio.create_task(event_relay.relay(self.url)))
            self.kills += 1
        await killer.close()
        self.survivors = candidates
