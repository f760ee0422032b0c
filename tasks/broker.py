"""The broker that carries tasks, the scheduler that repeats them, and the nudge that starts one at once."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, InMemoryBroker, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.schedule_sources import LabelScheduleSource

import settings

LAST_SECONDS = 5.0

log = logging.getLogger(__name__)


def _broker() -> AsyncBroker:
    if settings.BROKER_URL:
        raise settings.BadSetting("BROKER_URL: only the in-memory broker is built so far; leave it unset.")
    return InMemoryBroker()


broker = _broker()
scheduler = TaskiqScheduler(broker, [LabelScheduleSource(broker)])


async def nudge(task: AsyncTaskiqDecoratedTask[Any, Any]) -> None:
    """Start a task now, after the caller's commit. A lost nudge costs a moment: the schedule repeats every task."""
    try:  # in a context of its own: a task must not inherit the caller's transaction
        await asyncio.create_task(_kick(task), context=contextvars.Context())
    except Exception:
        log.warning("nudge_lost", exc_info=True, extra={"task": task.task_name})


async def _kick(task: AsyncTaskiqDecoratedTask[Any, Any]) -> None:
    await task.kiq()


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """Broker and scheduler of this process, from start to a tidy end."""
    await broker.startup()
    schedule = asyncio.create_task(run_scheduler_task(scheduler))
    try:
        yield
    finally:
        schedule.cancel()
        await asyncio.gather(schedule, return_exceptions=True)
        await _last_tasks()
        await broker.shutdown()


async def _last_tasks() -> None:
    """Tasks that run may end, or a letter just sent would be sent again; what takes too long is left to its lease."""
    if isinstance(broker, InMemoryBroker) and (tasks := set(broker._running_tasks)):  # wait_all() has no end
        _, late = await asyncio.wait(tasks, timeout=LAST_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
