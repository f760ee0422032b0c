"""Waiting for what must happen: generous, and longer on a busy machine."""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")
PAUSE_SECONDS = 0.02


def patience() -> float:
    """Seconds after which something will never happen: a minute, and more by as much as the machine is overloaded."""
    return 60 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


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
