"""Work that outlives the task that started it, because it must be finished even if the request is cut off."""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_tasks: set[asyncio.Task[Any]] = set()  # a task without a reference may be garbage-collected


def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start in a context of its own, so that the task does not inherit an open transaction."""
    task = asyncio.create_task(work, context=contextvars.Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


async def finish() -> None:
    """Wait for all started work, before the database is closed."""
    while _tasks:
        await asyncio.gather(*_tasks, return_exceptions=True)
