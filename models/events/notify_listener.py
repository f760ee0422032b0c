"""NOTIFY listener: each process has one connection over which PostgreSQL reports commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from models.events.subscribers import desk_watchers, event_signal, patient_watchers, slot_watchers

CHANNELS = ("event_appended", "event_numbered", "slot_changed", "patient_changed")
TIMEOUT_SECONDS = 10.0
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)  # raised by a lost connection


_listeners = set["NotifyListener"]()


def wake() -> None:
    """Have this process's commits reported soon, instead of at the relays' next check."""
    for listener in _listeners:
        listener.wake()


class NotifyListener:
    """Collects notifications, so that receiving one never waits until the previous one has been processed."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._received = asyncio.Event()
        self._slots: set[UUID] = set()
        connection.add_termination_listener(lambda _: self._received.set())

    def receive(self, connection: object, pid: int, channel: str, payload: object) -> None:
        if channel == "event_numbered":
            event_signal.notify()
            return
        if channel == "patient_changed":
            patient_watchers.notify(UUID(str(payload)))
            desk_watchers.notify(UUID(str(payload)))
            return
        if channel == "slot_changed":
            clinic_id, _, slot_id = str(payload).partition(" ")
            if slot_watchers.is_watched(UUID(clinic_id)):
                self._slots.add(UUID(slot_id))
        self._received.set()

    def wake(self) -> None:
        self._received.set()

    async def wait(self, seconds: float, *, gather: float) -> None:
        """Wait up to `seconds` for a notification or the connection's end, then `gather` seconds for what follows."""
        try:
            async with asyncio.timeout(seconds):
                await self._received.wait()
            await asyncio.sleep(gather)
        except TimeoutError:
            return
        finally:
            self._received.clear()

    async def tell_changes(self) -> bool:
        """Number events and send the recorded notifications; return False if another process is already doing so.

        That process may have begun too early to see the latest commits. Doing it over this connection also checks the
        connection: a dead one would never receive anything.
        """
        return bool(await self._connection.fetchval("SELECT tell_changes()", timeout=TIMEOUT_SECONDS))

    def take_changed_slots(self) -> set[UUID]:
        changed, self._slots = self._slots, set()
        return changed


@asynccontextmanager
async def listen(url: str) -> AsyncIterator[NotifyListener]:
    """Listen on a connection outside the pool; a transaction pooler such as PgBouncer would lose notifications."""
    settings = {"application_name": "e-rejestracja relay", "statement_timeout": "60s", "lock_timeout": "10s"}
    connection = await asyncpg.connect(url, timeout=TIMEOUT_SECONDS, server_settings=settings)
    listener = NotifyListener(connection)
    try:
        for channel in CHANNELS:
            await connection.add_listener(channel, listener.receive)
        _listeners.add(listener)
        yield listener
    finally:
        _listeners.discard(listener)
        connection.terminate()  # no statement is running on it
