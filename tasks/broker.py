"""The broker that carries tasks, the scheduler that repeats them, and the nudge that starts one at once."""

import asyncio
import contextvars
import importlib
import logging
import pkgutil
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, InMemoryBroker, ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.receiver import Receiver
from taskiq.schedule_sources import LabelScheduleSource

import settings
from models import figures, spans, trace
from tasks.following import Following
from tasks.streams import PAUSE_SECONDS, Streams

NUDGE_SECONDS = 2  # longer than this nobody waits for the broker
AT_ONCE = 20
CHANCE = random.SystemRandom()
_begun: set[asyncio.Task[None]] = set()  # a task that nobody holds may be collected

log = logging.getLogger(__name__)


class Scheduler(TaskiqScheduler):
    """Its schedule stands in the code beside each task: nothing is stored, so nothing is unpickled from the broker."""

    async def on_ready(self, source: ScheduleSource, task: ScheduledTask) -> None:
        try:
            async with asyncio.timeout(NUDGE_SECONDS):
                await super().on_ready(source, task)
        except Exception as problem:
            _lost(task.task_name, problem)


following = Following()
broker: AsyncBroker = Streams(settings.BROKER_URL) if settings.BROKER_URL else InMemoryBroker()
broker.add_middlewares(following)
scheduler = Scheduler(broker, [LabelScheduleSource(broker)])


def know_all_tasks() -> None:
    """A task exists once its module is imported: without this, nobody would repeat those that nobody nudges."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"tasks.{module.name}")


async def nudge(task: AsyncTaskiqDecoratedTask[Any, Any], *, within: float = 0) -> None:
    """Start a task now, after the caller's commit. A lost nudge costs a moment: the schedule repeats every task.

    `within` so many seconds, at a moment that nobody can guess: where the work that follows would tell something.
    """
    labels = {"request_id": trace.current(), "traceparent": spans.carry()}
    known = {name: value for name, value in labels.items() if value}
    if within:
        asyncio.get_running_loop().call_later(CHANCE.uniform(0, within), _begin, task, known)
    else:
        await _start(task, known)


def _begin(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str]) -> None:
    begun = asyncio.get_running_loop().create_task(_start(task, labels))
    _begun.add(begun)
    begun.add_done_callback(_begun.discard)


async def _start(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str]) -> None:
    try:  # in a context of its own: a task must not inherit the caller's transaction
        async with asyncio.timeout(NUDGE_SECONDS):
            await asyncio.create_task(_kick(task, labels), context=contextvars.Context())
    except Exception as problem:
        _lost(task.task_name, problem)


async def _kick(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str]) -> None:
    await task.kicker().with_labels(**labels).kiq()


def _lost(task_name: str, problem: Exception) -> None:
    figures.NUDGES_LOST.inc()
    log.warning("nudge_lost", extra={"task": task_name, "problem": type(problem.__cause__ or problem).__name__})


async def ping() -> None:
    """Raises when there is a broker and it does not answer."""
    if isinstance(broker, Streams):
        await broker.ping()


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """For a web process. Without BROKER_URL it does everything itself; else workers and a scheduler do."""
    await broker.startup()
    try:
        if settings.BROKER_URL:
            yield
        else:
            async with scheduling():
                yield
    finally:
        await following.finish()
        await broker.shutdown()


@asynccontextmanager
async def scheduling() -> AsyncIterator[None]:
    """Send each task at its times. Two schedulers at once send twice as often, and what is due is claimed once."""
    know_all_tasks()
    schedule = asyncio.create_task(run_scheduler_task(scheduler))
    try:
        yield
    finally:
        schedule.cancel()
        await asyncio.gather(schedule, return_exceptions=True)


@asynccontextmanager
async def scheduler_running() -> AsyncIterator[None]:
    """For a scheduler process."""
    await broker.startup()
    try:
        async with scheduling():
            yield
    finally:
        await broker.shutdown()


@asynccontextmanager
async def worker_running() -> AsyncIterator[None]:
    """For a worker process: take tasks, until told to stop; then finish or hand back what has begun."""
    know_all_tasks()
    broker.is_worker_process = True
    await broker.startup()
    stop = asyncio.Event()
    listening = asyncio.create_task(_listen(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({listening}, timeout=settings.STOP_SECONDS)  # wait_for would wait on for one deaf to it
        await following.cut_off()
        listening.cancel()
        await asyncio.wait({listening}, timeout=PAUSE_SECONDS)
        await broker.shutdown()


async def _listen(stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await Receiver(broker, run_startup=False, max_async_tasks=AT_ONCE).listen(stop)
        except Exception:
            log.exception("listening_failed")
            await asyncio.sleep(PAUSE_SECONDS)
