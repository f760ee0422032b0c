"""Waiting for events that must happen: generously, and longer on a busy machine."""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")
PAUSE_SECONDS = 0.02


def slowness() -> float:
    """The factor by which everything takes longer because the machine is overloaded."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def patience() -> float:
    """Seconds after which to give up waiting for an event."""
    return 60 * slowness()


def short_limit() -> float:
    """A time limit in seconds: short enough for a test to wait it out, long enough for work that should meet it."""
    return 0.5 * slowness()


@overload
async def eventually(
    condition: Callable[[], Awaitable[Found | None]], *, otherwise: Callable[[], object] = ...
) -> Found: ...
@overload
async def eventually(condition: Callable[[], Found | None], *, otherwise: Callable[[], object] = ...) -> Found: ...
async def eventually(
    condition: Callable[[], Any], *, otherwise: Callable[[], object] = lambda: "It never happened."
) -> Any:
    """Wait until the condition's answer is true, and return it. No promise depends on how long that takes."""
    begun = time.monotonic()
    while True:
        answer = condition()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        if time.monotonic() - begun > patience():
            raise AssertionError(otherwise())
        await asyncio.sleep(PAUSE_SECONDS)
