"""Hashing never holds up the event loop, and a caller who finds the queue full is told when to try again."""

import asyncio
import os
import threading
from datetime import timedelta

import pytest

from infra import clock
from models.accounts import hashing_queue, password
from models.accounts.hashing_queue import HashingQueue
from models.refusals.booking import TooBusy
from tests.support.racing import race, tally
from tests.support.waiting import eventually


async def test_while_a_password_is_hashed_the_loop_answers_others() -> None:
    gate, queue = threading.Event(), HashingQueue(1)
    hashed = asyncio.create_task(queue.run(gate.wait))
    await asyncio.sleep(0)  # the event loop is not blocked
    assert not hashed.done()
    gate.set()
    assert await hashed


async def test_a_full_queue_refuses_with_the_time_to_come_again() -> None:
    gate, queue = threading.Event(), HashingQueue(1, longest=3)
    waiting = [asyncio.create_task(queue.run(gate.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusy) as refusal:
        await queue.run(gate.wait)
    assert refusal.value.details == {"retry_at": (clock.now() + timedelta(seconds=5)).isoformat()}
    assert refusal.value.code == "RATE_LIMITED"
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await queue.run(gate.wait)


async def test_strangers_leave_a_quarter_of_the_places_to_those_who_are_known() -> None:
    """Logins from many addresses must not crowd out known devices or people who are signed in."""
    gate, queue = threading.Event(), HashingQueue(1, longest=8)
    strangers = [asyncio.create_task(queue.run_for_stranger(gate.wait)) for _ in range(20)]
    await asyncio.sleep(0)
    known = [asyncio.create_task(queue.run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.set()
    assert tally(await asyncio.gather(*strangers, return_exceptions=True)) == {"bool": 6, "TooBusy": 14}
    assert await asyncio.gather(*known) == [True] * 2
    assert await queue.run_for_stranger(gate.wait), "the places come back"


async def test_a_stranger_who_goes_away_frees_a_place_only_when_the_work_is_done() -> None:
    gate, queue = threading.Event(), HashingQueue(1, longest=4)
    for _ in range(3):
        gone = asyncio.create_task(queue.run_for_stranger(gate.wait))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    with pytest.raises(TooBusy):
        await queue.run_for_stranger(gate.wait)
    gate.set()
    await eventually(lambda: _has_place(queue))


async def test_whoever_goes_away_leaves_the_place_to_others() -> None:
    gate, queue = threading.Event(), HashingQueue(1, longest=2)
    busy = asyncio.create_task(queue.run(gate.wait))
    gone = asyncio.create_task(queue.run(gate.wait))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    gate.set()
    assert await busy
    outcomes = await race(queue.run(gate.wait), queue.run(gate.wait))
    assert tally(outcomes) == {"bool": 2}


async def test_a_failure_leaves_its_place_too() -> None:
    queue = HashingQueue(1, longest=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await queue.run(divmod, 1, 0)
        await eventually(lambda: _has_place(queue), otherwise=lambda: "The place is never free again.")


async def _has_place(queue: HashingQueue) -> bool:
    try:
        return bool(await queue.run(bool, True))
    except TooBusy:
        return False


async def test_passwords_wait_in_such_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, queue = threading.Event(), HashingQueue(1, longest=1)
    monkeypatch.setattr(password, "_queue", queue)
    waiting = asyncio.create_task(queue.run(gate.wait))
    await asyncio.sleep(0)
    for refused in (password.verify("zielona kaczka", None), password.hash_password("zielona kaczka")):
        with pytest.raises(TooBusy):
            await refused
    gate.set()
    await waiting


async def test_hashing_has_a_lower_priority_than_answering() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert await HashingQueue(1).run(niceness) == min(hashing_queue.NICE, 19)
    assert niceness() == before


@pytest.mark.parametrize(("cores", "workers", "threads"), [(1, 1, 1), (2, 1, 1), (8, 1, 7), (8, 4, 1), (64, 4, 15)])
def test_one_core_stays_free(cores: int, workers: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr("settings.WORKERS", workers)
    assert hashing_queue.count_threads() == threads
