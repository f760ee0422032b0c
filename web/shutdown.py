"""Graceful shutdown: readiness fails first, requests are still accepted for a while, then the server stops."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

import settings


class Shutdown:
    """The shutdown of this process; `end_connections` ends its sockets and event streams."""

    def __init__(self, end_connections: Callable[[], None]) -> None:
        self.has_begun = False
        self._end_connections = end_connections

    def install(self) -> None:
        """On SIGTERM, fail readiness, then stop STOP_DELAY_SECONDS later; a second SIGTERM does not wait."""
        self.has_begun = False
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

        def stop(number: int, frame: FrameType | None) -> None:
            delay = 0 if self.has_begun else settings.STOP_DELAY_SECONDS
            self.has_begun = True
            loop.call_soon_threadsafe(loop.call_later, delay, stop_now, number, frame)

        def stop_now(number: int, frame: FrameType | None) -> None:
            if callable(before):
                before(number, frame)  # from here on the server accepts no new connections
            self._end_connections()

        signal.signal(signal.SIGTERM, stop)
