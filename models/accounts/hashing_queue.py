"""Hashing off the event loop: fewer threads than cores, at low priority, with a bounded queue."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import ParamSpec, TypeVar

import settings
from infra import clock
from models.refusals.booking import TooBusy

LONGEST_QUEUE = 128  # a few seconds of work; later callers are refused and learn when to try again
SHARE_OF_STRANGERS = 3  # quarters
COME_AGAIN_AFTER = timedelta(seconds=5)
NICE = 10

P = ParamSpec("P")
R = TypeVar("R")


class HashingQueue:
    """Expensive work of one kind: `threads` jobs run at a time; a job is refused if `longest` others run or wait."""

    def __init__(self, threads: int, longest: int = LONGEST_QUEUE) -> None:
        self._executor = ThreadPoolExecutor(threads, "hashing", initializer=_lower_priority)
        self._places = threading.BoundedSemaphore(longest)
        self._strangers = threading.BoundedSemaphore(max(1, longest * SHARE_OF_STRANGERS // 4))

    async def run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        _take(self._places)
        begun = self._executor.submit(work, *arguments, **named)
        begun.add_done_callback(lambda _: self._places.release())  # even if the caller has been cancelled
        return await asyncio.wrap_future(begun)

    async def run_for_stranger(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """Like `run`, but leave places for known callers, whom a flood of strangers must not displace."""
        _take(self._strangers)
        begun = asyncio.ensure_future(self.run(work, *arguments, **named))
        begun.add_done_callback(lambda _: self._strangers.release())
        return await asyncio.shield(begun)


def _take(places: threading.BoundedSemaphore) -> None:
    if not places.acquire(blocking=False):
        raise TooBusy(retry_at=(clock.now() + COME_AGAIN_AFTER).isoformat())


def count_threads() -> int:
    """How many threads to use: one core stays free for requests, and the processes on the machine share the others."""
    return max(1, (len(os.sched_getaffinity(0)) - 1) // settings.WORKERS)


def _lower_priority() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux it affects only this thread
