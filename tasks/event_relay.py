"""The event relay: numbers committed events, announces changes, and wakes the subscribers of this process.

It runs in every web process. No process is designated: each one tries, and the advisory lock of `tell_changes` lets one
through at a time. If that process dies, another one continues within a second.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.events import notify_listener
from models.events.subscribers import desk_watchers, event_signal, patient_watchers, slot_watchers

POLL_SECONDS = 1.0  # how often to check even without a notification, which may be lost
GATHER_SECONDS = 0.05  # changes that arrive in this time are sent in one commit
MAX_PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def run_relay(url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(relay(url))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def relay(url: str) -> None:
    """Relay until cancelled; reconnect whenever the connection breaks."""
    pause = 0.0
    while True:
        try:
            async with notify_listener.listen(url) as listener:
                _announce_missed()
                pause = 0.0
                while True:
                    has_told = await _relay_once(listener)
                    await listener.wait(POLL_SECONDS if has_told else GATHER_SECONDS, gather=GATHER_SECONDS)
        except notify_listener.CONNECTION_ERRORS as broken:
            log.warning("relay_interrupted", extra={"problem": type(broken).__name__})
        except Exception:  # a bug of ours must not stop the subscriptions for good
            log.exception("relay_failed")
        pause = min(MAX_PAUSE_SECONDS, pause * 2 or 0.1)
        await asyncio.sleep(pause)


def _announce_missed() -> None:
    """Wake everybody, because notifications may have been lost: events are read by position, all else is reloaded."""
    event_signal.notify()
    patient_watchers.notify_all()
    desk_watchers.notify(None)
    slot_watchers.mark_missed()


async def _relay_once(listener: notify_listener.NotifyListener) -> bool:
    """Announce changes once; return whether everything committed before this call has been announced."""
    has_told = await listener.tell_changes()
    if slots := listener.take_changed_slots():
        await slot_watchers.notify(slots)
    await slot_watchers.notify_expired_holds()
    return has_told
