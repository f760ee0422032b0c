"""Stopping: readiness turns red first, requests are still taken for a moment, then the server ends tidily."""

import asyncio
import logging
import signal
from collections.abc import Callable
from types import FrameType

import settings

log = logging.getLogger(__name__)
_begun = False


def has_begun() -> bool:
    return _begun


def expect(end: Callable[[], None] = lambda: None) -> None:
    """From now on SIGTERM makes this process unready; STOP_DELAY_SECONDS later it stops, and `end` ends what lasts."""
    global _begun
    _begun = False
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        global _begun
        first, _begun = not _begun, True
        loop.call_soon_threadsafe(loop.call_later, settings.STOP_DELAY_SECONDS if first else 0, stop_now, number, frame)

    def stop_now(number: int, frame: FrameType | None) -> None:
        if callable(before):
            before(number, frame)  # the server takes no new connections from here on
        end()

    signal.signal(signal.SIGTERM, stop)
