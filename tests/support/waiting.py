"""Waiting for what must happen: generous, and longer on a busy machine."""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")
PAUSE_SECONDS = 0.02


def slowness() -> float:
    """How many times longer everything takes, as the machine is overloaded."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def patience() -> float:
    """Seconds after which something will never happen."""
    return 60 * slowness()


def short_limit() -> float:
    """Seconds of a time limit that a test sits out, while what is in time must still keep to it."""
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
    """The condition's answer as soon as it is true. How long that takes is no part of any promise."""
    begun = time.monotonic()
    while True:
        answer = condition()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        if time.monotonic() - begun > patience():
            raise AssertionError(otherwise())
        await asyncio.sleep(PAUSE_SECONDS)
