"""Streams: the sockets and event streams open in this process; each ends when its caller's right to it ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import settings
from models import clock
from models.partner import PartnerKey
from models.session import Session
from schema.context import Context

LOOK_EVERY_SECONDS = 2.0

log = logging.getLogger(__name__)


class Ending(NamedTuple):
    """Why a stream ends, as a socket's close code and as the code of an error."""

    close_code: int
    error_code: str
    reason: str


UNAUTHENTICATED = Ending(4401, "UNAUTHENTICATED", "Signed out: sign in again.")
OLD_AGE = Ending(1012, "RECONNECT", "Open for too long: connect again, go on from the last cursor.")
TOO_SLOW = Ending(1013, "TOO_SLOW", "Too slow: connect again, go on from the last cursor.")
CROWDED = Ending(1013, "RATE_LIMITED", "Too many connections from your address: close one, try again later.")
CLOSING = Ending(1012, "RECONNECT", "The server restarts: connect again, go on from the last cursor.")


@dataclass(eq=False)
class Stream:
    context: Context
    end: Callable[[Ending], Coroutine[None, None, None]]
    opened_at: datetime = field(default_factory=clock.now)

    @property
    def is_old(self) -> bool:
        return clock.now() - self.opened_at >= timedelta(hours=settings.SOCKET_HOURS)


OPEN: set[Stream] = set()
_is_closing = False
_endings: set[asyncio.Task[None]] = set()


@contextmanager
def listed(stream: Stream) -> Iterator[Stream]:
    OPEN.add(stream)
    if _is_closing:
        _end(stream, CLOSING)
    try:
        yield stream
    finally:
        OPEN.discard(stream)


def are_too_many(address: str) -> bool:
    """In this process: what one address holds open is memory of all."""
    return sum(stream.context.address == address for stream in OPEN) >= settings.SOCKETS_PER_ADDRESS


async def end_overdue() -> None:
    """End the streams of sessions and keys that are good no longer, and those that are open for too long."""
    asked = [(stream, stream.context.session, stream.context.partner_key) for stream in OPEN]
    sessions = {session.id for _, session, _ in asked if session}
    keys = {key.id for _, _, key in asked if key}
    good = await Session.still_open(sessions) if sessions else set()
    good |= await PartnerKey.still_good(keys) if keys else set()
    for stream, session, key in asked:  # as they were asked about: somebody may have signed in meanwhile
        right = session or key
        if right and right.id not in good:
            _end(stream, UNAUTHENTICATED)
        elif stream.is_old:
            _end(stream, OLD_AGE)


def end_all() -> None:
    """Before a stop: clients go elsewhere, also those that come just now."""
    global _is_closing
    _is_closing = True
    for stream in list(OPEN):
        _end(stream, CLOSING)


def _end(stream: Stream, ending: Ending) -> None:
    """Not waited for: a consumer that does not read must not keep the others' streams open."""
    OPEN.discard(stream)
    task = asyncio.create_task(stream.end(ending))
    _endings.add(task)
    task.add_done_callback(_endings.discard)


@asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """Look after the open streams while the server runs."""
    global _is_closing
    _is_closing = False
    task = asyncio.create_task(_watch())
    try:
        yield
    finally:
        _is_closing = False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            await end_overdue()
        except Exception as problem:  # the database is away: looked at again in a moment
            log.warning("streams_not_looked_after", extra={"problem": type(problem).__name__})
