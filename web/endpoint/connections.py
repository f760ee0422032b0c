"""Open connections: the sockets and event streams of this process; each ends when its caller loses access."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import settings
from infra import clock
from models.accounts.session import Session
from models.events.partner import PartnerKey
from schema.context import Context

CHECK_SECONDS = 2.0

log = logging.getLogger(__name__)


class EndReason(NamedTuple):
    """Why a connection ends: the close code of a socket, the error code and the message."""

    close_code: int
    error_code: str
    message: str


UNAUTHENTICATED = EndReason(4401, "UNAUTHENTICATED", "Signed out: sign in again.")
TOO_OLD = EndReason(1012, "RECONNECT", "Open for too long: connect again, continue from the last cursor.")
TOO_SLOW = EndReason(1013, "TOO_SLOW", "Too slow: connect again, continue from the last cursor.")
TOO_MANY = EndReason(1013, "RATE_LIMITED", "Too many connections from your address: close one, try again later.")
RESTARTING = EndReason(1012, "RECONNECT", "The server restarts: connect again, continue from the last cursor.")


@dataclass(eq=False)
class Connection:
    context: Context
    end: Callable[[EndReason], Coroutine[None, None, None]]
    opened_at: datetime = field(default_factory=clock.now)

    @property
    def is_too_old(self) -> bool:
        return clock.now() - self.opened_at >= timedelta(hours=settings.SOCKET_HOURS)


class OpenConnections:
    def __init__(self) -> None:
        self.all: set[Connection] = set()
        self._places: Counter[str] = Counter()
        self._is_stopping = False
        self._endings: set[asyncio.Task[None]] = set()  # a task without a reference may be garbage-collected

    @contextmanager
    def register(self, connection: Connection) -> Iterator[None]:
        self.all.add(connection)
        if self._is_stopping:
            self._end(connection, RESTARTING)
        try:
            yield
        finally:
            self.all.discard(connection)

    def take_place(self, address: str) -> bool:
        """Reserve one of the connections per address in this process, before anything is opened; False: none is left.

        Counted immediately, so that connections opened at the same time do not exceed the limit.
        """
        if self._places[address] >= settings.SOCKETS_PER_ADDRESS:
            return False
        self._places[address] += 1
        return True

    def leave_place(self, address: str) -> None:
        self._places[address] -= 1
        if self._places[address] <= 0:
            del self._places[address]

    async def end_overdue(self) -> None:
        """End connections whose session or key is no longer valid, and those that are too old."""
        # Sessions and keys are noted before the query: if a caller signs in on an open connection meanwhile, the query
        # does not know the new session, and the connection must not end because of that.
        noted = [(each, each.context.session, each.context.partner_key) for each in self.all]
        sessions = {session.id for _, session, _ in noted if session}
        keys = {key.id for _, _, key in noted if key}
        valid = await Session.filter_open(sessions) if sessions else set()
        valid |= await PartnerKey.filter_valid(keys) if keys else set()
        for connection, session, key in noted:
            credential = session or key
            if credential and credential.id not in valid:
                self._end(connection, UNAUTHENTICATED)
            elif connection.is_too_old:
                self._end(connection, TOO_OLD)

    def end_all(self) -> None:
        """End all connections before the process stops, and new ones immediately, so that clients connect elsewhere."""
        self._is_stopping = True
        for connection in list(self.all):
            self._end(connection, RESTARTING)

    def _end(self, connection: Connection, reason: EndReason) -> None:
        """Do not wait for the end: a client that does not read must not delay the others."""
        self.all.discard(connection)
        task = asyncio.create_task(connection.end(reason))
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """End overdue connections while the server runs."""
        self._is_stopping = False
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._is_stopping = False
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.end_overdue()
            except Exception as problem:  # the database is unavailable: the next check follows soon
                log.warning("connections_not_checked", extra={"problem": type(problem).__name__})
