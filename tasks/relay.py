"""Relay: numbers committed events and tells the streams of this process; runs in every web process, one at a time wins.

No process is appointed: each tries, the advisory lock of `number_events` lets one through, and what one that dies
leaves undone the next finds within a second.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models import wire
from models.news import bell, lookout

LOOK_EVERY_SECONDS = 1.0  # the safety net below the notifications
LONGEST_PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def running(url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(relay(url))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def relay(url: str) -> None:
    """For ever; whatever breaks the connection, another one is made."""
    pause = 0.0
    while True:
        try:
            async with wire.listening(url) as line:
                _unheard()
                pause = 0.0
                while True:
                    await _deal_with(line)
                    await line.wait(LOOK_EVERY_SECONDS)
        except wire.BROKEN as broken:
            log.warning("relay_interrupted", extra={"problem": type(broken).__name__})
        except Exception:  # a fault of ours must not silence the streams for ever
            log.exception("relay_failed")
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2 or 0.1)
        await asyncio.sleep(pause)


def _unheard() -> None:
    """What was said while nobody listened: events are read by position, changes of slots must be looked up anew."""
    bell.ring()
    lookout.miss()


async def _deal_with(line: wire.Wire) -> None:
    await line.number()
    if slots := line.changed_slots():
        await lookout.tell(slots)
    await lookout.tell_lapses()
