"""Following each task: its request id, its time limit, its figures and span; and what becomes of it when we stop."""

import asyncio
import logging
import time
from contextlib import ExitStack
from typing import Any

from taskiq import AsyncBroker, InMemoryBroker, TaskiqMessage, TaskiqMiddleware, TaskiqResult

import settings
from models import figures, spans, trace

LONGEST = 300  # seconds; below the time after which the broker takes a task for abandoned

log = logging.getLogger(__name__)


class Following(TaskiqMiddleware):
    def __init__(self) -> None:
        super().__init__()
        self.running: dict[asyncio.Task[Any], tuple[float, ExitStack]] = {}

    def pre_execute(self, message: TaskiqMessage) -> TaskiqMessage:
        trace.begin(message.labels.get("request_id"))
        message.labels.setdefault("timeout", LONGEST)
        span = ExitStack()
        span.enter_context(spans.span(f"task {message.task_name}", carried=message.labels.get("traceparent")))
        task = _this()
        task.add_done_callback(lambda done: self.running.pop(done, None))
        self.running[task] = (time.perf_counter(), span)
        return message

    def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        started, span = self.running[_this()]
        outcome = "failed" if result.is_err else "done"
        figures.TASK_SECONDS.labels(message.task_name, outcome).observe(time.perf_counter() - started)
        figures.look_at_pool()
        span.close()

    async def on_error(self, message: TaskiqMessage, result: TaskiqResult[Any], exception: BaseException) -> None:
        """A task cut off because this process stops goes to another worker."""
        if isinstance(exception, asyncio.CancelledError) and not isinstance(self.broker, InMemoryBroker):
            await again(self.broker, message.task_name)

    async def finish(self) -> None:
        """Let what runs come to its end, for a set time."""
        if self.running:
            await asyncio.wait(list(self.running), timeout=settings.STOP_SECONDS)
        await self.cut_off()

    async def cut_off(self) -> None:
        """What still runs gives back what it has claimed."""
        if not (left := list(self.running)):
            return
        log.warning("tasks_cut_off", extra={"count": len(left)})
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=settings.STOP_SECONDS)


async def again(broker: AsyncBroker, name: str) -> None:
    if task := broker.find_task(name):
        await task.kiq()


def _this() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("A task runs in an asyncio task.")
    return task
