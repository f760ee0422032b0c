"""Wire: the one connection of a process over which PostgreSQL tells it of commits; given up when in doubt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from models.news import bell, lookout

CHANNELS = ("event_appended", "event_numbered", "slot_changed")
PATIENCE_SECONDS = 10.0
BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)  # what a lost connection raises


class Wire:
    """What was heard and not yet dealt with; hearing never waits for dealing."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._heard = asyncio.Event()
        self._slots: set[UUID] = set()
        connection.add_termination_listener(lambda _: self._heard.set())

    def hear(self, connection: object, pid: int, channel: str, payload: object) -> None:
        if channel == "event_numbered":
            bell.ring()
            return
        if channel == "slot_changed":
            clinic_id, _, slot_id = str(payload).partition(" ")
            if lookout.is_watched(UUID(clinic_id)):
                self._slots.add(UUID(slot_id))
        self._heard.set()

    async def wait(self, seconds: float) -> None:
        """Until something was heard, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return
        finally:
            self._heard.clear()

    async def number(self) -> None:
        """Also asks whether the connection lives: over a dead one nothing would ever be heard."""
        await self._connection.fetchval("SELECT number_events()", timeout=PATIENCE_SECONDS)

    def changed_slots(self) -> set[UUID]:
        found, self._slots = self._slots, set()
        return found


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Wire]:
    """A connection of its own (not of the pool, not through a pooler of transactions)."""
    settings = {"application_name": "e-rejestracja relay", "statement_timeout": "60s", "lock_timeout": "10s"}
    connection = await asyncpg.connect(url, timeout=PATIENCE_SECONDS, server_settings=settings)
    try:
        wire = Wire(connection)
        for channel in CHANNELS:
            await connection.add_listener(channel, wire.hear)
        yield wire
    finally:
        connection.terminate()  # at once: nothing of ours hangs on it
