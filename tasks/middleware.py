"""Middleware around each task: request id, time limit, metrics, span, and an orderly end when the process stops."""

import asyncio
import logging
import time
from contextlib import ExitStack
from typing import Any

from taskiq import InMemoryBroker, TaskiqMessage, TaskiqMiddleware, TaskiqResult

import settings
from infra import logs, metrics, tracing

MAX_SECONDS = 300

log = logging.getLogger(__name__)


class TaskMiddleware(TaskiqMiddleware):
    def __init__(self) -> None:
        super().__init__()
        self.running: dict[asyncio.Task[Any], tuple[float, ExitStack]] = {}

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        logs.bind_request_id(message.labels.get("request_id"))
        message.labels.setdefault("timeout", MAX_SECONDS)
        span = ExitStack()
        span.enter_context(tracing.span(f"task {message.task_name}", traceparent=message.labels.get("traceparent")))
        task = _current_task()
        task.add_done_callback(lambda ended: self.running.pop(ended, None))
        self.running[task] = (time.perf_counter(), span)
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        started, span = self.running[_current_task()]
        outcome = "failed" if result.is_err else "done"
        metrics.TASK_SECONDS.labels(message.task_name, outcome).observe(time.perf_counter() - started)
        metrics.collect_pool()
        span.close()

    async def on_error(self, message: TaskiqMessage, result: TaskiqResult[Any], exception: BaseException) -> None:
        """A task that is cancelled because this process stops is queued again for another worker."""
        task = self.broker.find_task(message.task_name)
        if task and isinstance(exception, asyncio.CancelledError) and not isinstance(self.broker, InMemoryBroker):
            await task.kiq()

    async def finish(self) -> None:
        """Let running tasks end within STOP_SECONDS, then cancel the others."""
        if self.running:
            await asyncio.wait(list(self.running), timeout=settings.STOP_SECONDS)
        await self.cancel_running()

    async def cancel_running(self) -> None:
        """Cancel running tasks; each releases what it has claimed."""
        if not (tasks := list(self.running)):
            return
        log.warning("tasks_cancelled", extra={"count": len(tasks)})
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=settings.STOP_SECONDS)


def _current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("This was called outside of a running asyncio task.")
    return task
