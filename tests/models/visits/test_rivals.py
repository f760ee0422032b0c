"""Rivals: losers share one check of the taken slot, and each makes an attempt of its own if the slot is free."""

import asyncio
from uuid import UUID, uuid4

import pytest

from models.visits import rivals as module
from models.visits.rivals import Rivals

SLOT = uuid4()


class Slots:
    """The slots that a check finds taken, and a count of the checks."""

    def __init__(self) -> None:
        self.taken, self.looks = set[UUID](), 0

    async def is_taken(self, slot_id: UUID) -> bool:
        self.looks += 1
        await asyncio.sleep(0)
        return slot_id in self.taken


async def test_all_who_came_meanwhile_share_one_look() -> None:
    rivals, slots = Rivals(), Slots()
    async with rivals.take_turn(SLOT):
        others = [asyncio.create_task(rivals.lose(SLOT, slots.is_taken)) for _ in range(63)]
        await asyncio.sleep(0)
        assert slots.looks == 0  # no check before the first request is finished
        slots.taken.add(SLOT)
    assert await asyncio.gather(*others) == [True] * 63
    assert slots.looks == 1


async def test_a_slot_that_the_first_did_not_get_is_tried_by_the_next() -> None:
    rivals, slots = Rivals(), Slots()
    async with rivals.take_turn(SLOT):
        other = asyncio.create_task(rivals.lose(SLOT, slots.is_taken))
        await asyncio.sleep(0)
    assert await other is False


async def test_nobody_waits_for_a_slot_that_nobody_else_wants() -> None:
    rivals, slots = Rivals(), Slots()
    async with rivals.take_turn(uuid4()):
        assert await rivals.lose(SLOT, slots.is_taken) is False
    assert slots.looks == 0


async def test_whoever_waits_too_long_tries_beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.01)
    rivals, slots = Rivals(), Slots()
    async with rivals.take_turn(SLOT):
        assert await rivals.lose(SLOT, slots.is_taken) is False
        async with rivals.take_turn(SLOT):
            pass
    assert slots.looks == 0
    async with rivals.take_turn(SLOT):  # the end of the second turn did not disturb that of the first
        pass


async def test_a_rival_who_leaves_takes_nobody_along() -> None:
    rivals, slots = Rivals(), Slots()
    async with rivals.take_turn(SLOT):
        gone, other = (asyncio.create_task(rivals.lose(SLOT, slots.is_taken)) for _ in range(2))
        await asyncio.sleep(0)
        slots.taken.add(SLOT)
    await asyncio.sleep(0)  # the check has begun
    gone.cancel()
    assert await other is True
