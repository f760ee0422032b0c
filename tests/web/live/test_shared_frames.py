"""Frames shared by many sockets are written at once to those that keep up; none is lost or sent out of order."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

import settings
from models.events.notify_listener import NotifyListener
from models.events.subscribers import slot_watchers
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from schema.execution.shared_answers import SharingExecutor
from schema.scalars import public_id
from tests import cast
from tests.support.execution import compiling, note_calls  # noqa: F401 - a fixture
from tests.support.live_server import Socket, read_until_dropped, socket
from tests.support.waiting import eventually, short_limit
from web.socket_protocol import SocketProtocol

CHANGES = "subscription ($id: ID!) { slotChanges(clinicId: $id) { slot { id } } }"
BIG = "subscription ($id: ID!) { slotChanges(clinicId: $id) { slot { id clinic { description } } } }"


pytestmark = pytest.mark.usefixtures("compiling")


@pytest.fixture(autouse=True)
def only_the_tests_announce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the relay from announcing slots: it might report their creation only after a client has begun to listen."""
    monkeypatch.setattr(NotifyListener, "take_changed_slots", lambda _: set())


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A growing list of the events for which a subscription's task woke up."""
    return note_calls(monkeypatch, SharingExecutor, "build_per_event_executor", lambda _, payload: payload)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The answers that sockets give in turn when asked to write at once; after these they behave normally."""
    answers: list[bool] = []
    write = SocketProtocol.write_now

    def refuse(self: SocketProtocol, message: bytes) -> bool:
        return write(self, message) if not answers or answers.pop(0) else False

    monkeypatch.setattr(SocketProtocol, "write_now", refuse)
    return answers


async def slots(count: int) -> list[Slot]:
    clinic = await cast.clinic()
    return await cast.morning(cast.warsaw(24, 8).date(), count, at=clinic, by=await cast.doctor(clinic))


@asynccontextmanager
async def watching(
    address: str, clinic_id: Any, document: str = CHANGES, token: str | None = None, **more: Any
) -> AsyncIterator[Socket]:
    async with socket(address, **more) as client:
        await client.init(token)
        before = len(slot_watchers._watchers.get(clinic_id, ()))
        await client.subscribe(document, id=public_id("Clinic", clinic_id))
        await eventually(lambda: len(slot_watchers._watchers.get(clinic_id, ())) > before)
        yield client


async def heard(client: Socket, count: int) -> list[str]:
    return [(await client.next())["slotChanges"]["slot"]["id"] for _ in range(count)]


def ids(changed: list[Slot]) -> list[str]:
    return [public_id("Slot", slot.id) for slot in changed]


async def until_waiting(clinic_id: Any) -> None:
    """Wait until every announced change has been written and every subscription waits for more."""
    await eventually(lambda: all(watcher._is_waiting for watcher in slot_watchers._watchers[clinic_id]))


async def test_after_the_first_change_no_task_wakes_up_for_a_socket_that_keeps_up(
    address: str, woken: list[Any]
) -> None:
    first, *others = await slots(4)
    async with watching(address, first.clinic_id) as one, watching(address, first.clinic_id) as other:
        await slot_watchers.notify([first.id])
        assert await heard(one, 1) == await heard(other, 1) == ids([first])
        await until_waiting(first.clinic_id)
        woken.clear()
        for slot in others:
            await slot_watchers.notify([slot.id])
        assert await heard(one, 3) == await heard(other, 3) == ids(others)
        assert not woken


@pytest.mark.parametrize("length", [0, 200, 70_000])
async def test_both_ways_of_writing_send_the_same_frames(address: str, length: int) -> None:
    first, second = await slots(2)
    await Clinic.filter(id=first.clinic_id).update(description="ż" * length)
    async with watching(address, first.clinic_id, BIG, max_size=None) as client:
        said = []
        for slot in (first, second):
            await slot_watchers.notify([slot.id])
            said.append(await client.hear())
            await until_waiting(first.clinic_id)
    assert [frame["payload"]["data"]["slotChanges"]["slot"].pop("id") for frame in said] == ids([first, second])
    assert said[0] == said[1]
    assert said[0]["payload"]["data"]["slotChanges"]["slot"]["clinic"]["description"] == "ż" * length


async def test_a_change_that_cannot_be_written_at_once_is_not_overtaken(address: str, refusing: list[bool]) -> None:
    first, *others = await slots(6)
    async with watching(address, first.clinic_id) as client:
        await slot_watchers.notify([first.id])
        assert await heard(client, 1) == ids([first])
        await until_waiting(first.clinic_id)
        refusing += [True, False]
        for slot in others:
            await slot_watchers.notify([slot.id])
        assert await heard(client, 5) == ids(others)


async def test_an_operation_that_is_over_gets_nothing_more(address: str) -> None:
    first, second = await slots(2)
    async with watching(address, first.clinic_id) as client:
        await slot_watchers.notify([first.id])
        assert await heard(client, 1) == ids([first])
        await until_waiting(first.clinic_id)
        await client.say({"type": "complete", "id": "1"})
        await client.say({"type": "ping"})
        assert (await client.hear())["type"] == "pong"
        await slot_watchers.notify([second.id])
        await client.say({"type": "ping"})
        assert (await client.hear())["type"] == "pong"


async def test_missed_changes_are_announced_even_to_sockets_that_keep_up(address: str) -> None:
    [first] = await slots(1)
    async with watching(address, first.clinic_id) as client:
        await slot_watchers.notify([first.id])
        assert await heard(client, 1) == ids([first])
        await until_waiting(first.clinic_id)
        slot_watchers.mark_missed()
        assert await client.code() == "CHANGES_MISSED"


async def test_what_staff_see_is_executed_each_time_so_that_it_can_be_noted(address: str, woken: list[Any]) -> None:
    first, second = await slots(2)
    token = await cast.signed_in(await cast.rita())
    async with watching(address, first.clinic_id, token=token) as client:
        for slot in (first, second):
            await slot_watchers.notify([slot.id])
        assert await heard(client, 2) == ids([first, second])
        assert len(woken) == 2


async def test_a_socket_that_does_not_read_is_dropped_and_delays_nobody(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(settings, "SOCKET_PATIENCE_SECONDS", 4 * short_limit())
    changed = await slots(40)
    place = changed[0].clinic_id
    await Clinic.filter(id=place).update(description="x" * 300_000)
    big = partial(watching, address, place, BIG, max_size=None)
    async with big(max_queue=1) as slow, big() as quick:
        for slot in changed:
            await slot_watchers.notify([slot.id])
            assert await heard(quick, 1) == ids([slot])
        await eventually(lambda: "stream_dropped" in caplog.messages)
        read = [change["slot"]["id"] for change in await read_until_dropped(slow, "slotChanges")]
        assert read == ids(changed)[: len(read)]
        assert len(read) < len(changed)
