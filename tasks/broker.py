"""The broker that carries tasks, the schedule that repeats them, and the nudge that starts one at once."""

import asyncio
import contextvars
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, InMemoryBroker, ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.receiver import Receiver
from taskiq.schedule_sources import LabelScheduleSource

import settings
from infra import logs, metrics, tracing
from tasks.middleware import TaskMiddleware
from tasks.redis_broker import PAUSE_SECONDS, RedisBroker

NUDGE_SECONDS = 2  # if the broker takes longer to answer, the nudge is lost
NUDGE_GAP_SECONDS = 0.05  # the pause between two nudges of a task: one run handles all due work
MAX_CONCURRENT_TASKS = 20
RANDOM = random.SystemRandom()
_pending_nudges: set[asyncio.Task[None]] = set()  # asyncio itself keeps only weak references to tasks
_due_nudges: dict[str, asyncio.Task[None]] = {}  # by task: the nudge that has not started yet
_next_nudges: dict[str, float] = {}  # by task: when the next one may begin

log = logging.getLogger(__name__)


class Scheduler(TaskiqScheduler):
    """A scheduler that keeps running while the broker does not answer."""

    async def on_ready(self, source: ScheduleSource, task: ScheduledTask) -> None:
        try:
            async with asyncio.timeout(NUDGE_SECONDS):
                await super().on_ready(source, task)
        except Exception as problem:
            _count_lost(task.task_name, problem)


task_middleware = TaskMiddleware()
broker: AsyncBroker = RedisBroker() if settings.BROKER_URL else InMemoryBroker()
broker.add_middlewares(task_middleware)
# Schedules are labels of the tasks, in the code: nothing is unpickled from the broker.
scheduler = Scheduler(broker, [LabelScheduleSource(broker)])


async def nudge(task: AsyncTaskiqDecoratedTask[Any, Any], *, within: float = 0) -> None:
    """Start a task soon, after the caller's commit, without waiting for the broker: no answer depends on it.

    A lost nudge costs only a short delay: the schedule repeats every task.

    `within`: start it at a random moment within this many seconds, where its timing would reveal something.
    """
    labels = {"request_id": logs.current_request_id(), "traceparent": tracing.current_traceparent()}
    present = {name: value for name, value in labels.items() if value}
    if within:
        asyncio.get_running_loop().call_later(RANDOM.uniform(0, within), _start_in_background, task, present)
    else:
        _start_in_background(task, present)


def _start_in_background(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str]) -> None:
    """Start the nudge, unless an earlier one of this task has not started yet and so will follow this commit, too."""
    loop, due = asyncio.get_running_loop(), _due_nudges.get(task.task_name)
    if due and not due.done() and due.get_loop() is loop:
        return
    pause = _next_nudges.get(task.task_name, 0) - loop.time()
    nudge_task = _due_nudges[task.task_name] = loop.create_task(_start(task, labels, pause))
    _pending_nudges.add(nudge_task)
    nudge_task.add_done_callback(_pending_nudges.discard)


async def finish_nudges() -> None:
    """Wait until all nudges have reached the broker or are lost, which takes NUDGE_SECONDS at most for each."""
    while _pending_nudges:  # a task that runs in this process may nudge others
        await asyncio.gather(*_pending_nudges, return_exceptions=True)


async def _start(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str], pause: float) -> None:
    if pause > 0:
        await asyncio.sleep(pause)
    _due_nudges.pop(task.task_name, None)
    _next_nudges[task.task_name] = asyncio.get_running_loop().time() + NUDGE_GAP_SECONDS
    try:  # in a new context: the task must not inherit the caller's transaction
        async with asyncio.timeout(NUDGE_SECONDS):
            await asyncio.create_task(_kick(task, labels), context=contextvars.Context())
    except Exception as problem:
        _count_lost(task.task_name, problem)


async def _kick(task: AsyncTaskiqDecoratedTask[Any, Any], labels: dict[str, str]) -> None:
    await task.kicker().with_labels(**labels).kiq()


def _count_lost(task_name: str, problem: Exception) -> None:
    metrics.NUDGES_LOST.inc()
    reason = problem if isinstance(problem, TimeoutError) else problem.__cause__ or problem  # taskiq wraps the cause
    log.warning("nudge_lost", extra={"task": task_name, "problem": type(reason).__name__})


async def ping() -> None:
    """Raise if there is a broker that does not answer."""
    if isinstance(broker, RedisBroker):
        await broker.ping()


@asynccontextmanager
async def run_in_web_process() -> AsyncIterator[None]:
    """Without BROKER_URL the web process does everything itself; with it, workers and a scheduler do."""
    await broker.startup()
    try:
        if settings.BROKER_URL:
            yield
        else:
            async with run_schedule():
                yield
    finally:
        await finish_nudges()
        await task_middleware.finish()
        await broker.shutdown()


@asynccontextmanager
async def run_schedule() -> AsyncIterator[None]:
    """Send each task at its scheduled times. Two schedulers do no harm: due work is claimed once, in the database."""
    schedule = asyncio.create_task(run_scheduler_task(scheduler))
    try:
        yield
    finally:
        schedule.cancel()
        await asyncio.gather(schedule, return_exceptions=True)


@asynccontextmanager
async def run_scheduler() -> AsyncIterator[None]:
    await broker.startup()
    try:
        async with run_schedule():
            yield
    finally:
        await broker.shutdown()


@asynccontextmanager
async def run_worker() -> AsyncIterator[None]:
    """Take tasks until the end of the context; then finish the running tasks, or cancel them and queue them again."""
    broker.is_worker_process = True
    await broker.startup()
    stop = asyncio.Event()
    listening = asyncio.create_task(_listen(stop))
    try:
        yield
    finally:
        stop.set()
        # Unlike wait_for, wait returns in time even if listening does not end.
        await asyncio.wait({listening}, timeout=settings.STOP_SECONDS)
        await task_middleware.cancel_running()
        listening.cancel()
        await asyncio.wait({listening}, timeout=PAUSE_SECONDS)
        await broker.shutdown()


async def _listen(stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await Receiver(broker, run_startup=False, max_async_tasks=MAX_CONCURRENT_TASKS).listen(stop)
        except Exception:
            log.exception("listening_failed")
            await asyncio.sleep(PAUSE_SECONDS)
