"""Stopping: readiness turns red first, requests are still taken for a moment, then the server ends tidily."""

import asyncio
import logging
import signal
from types import FrameType

import settings

log = logging.getLogger(__name__)
_begun = False


def has_begun() -> bool:
    return _begun


def expect() -> None:
    """From now on SIGTERM makes this process unready, and reaches the server STOP_DELAY_SECONDS later."""
    global _begun
    _begun = False
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        global _begun
        first, _begun = not _begun, True
        if callable(before):
            loop.call_soon_threadsafe(
                loop.call_later, settings.STOP_DELAY_SECONDS if first else 0, before, number, frame
            )

    signal.signal(signal.SIGTERM, stop)
