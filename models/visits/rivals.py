"""Rivals: those who want the same slot at the same moment, in one process."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

LONGEST_WAIT = 1.0  # seconds: the first may be waiting for a lock that has nothing to do with the others


class _Turn:
    """One caller tries to book the slot; all who arrive in the meantime share one look at the outcome."""

    def __init__(self) -> None:
        self._is_over = asyncio.Event()
        self._look: asyncio.Task[bool] | None = None

    def end(self) -> None:
        self._is_over.set()

    async def wait(self) -> bool:
        """Whether it is over, rather than taking too long."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await self._is_over.wait()
        except TimeoutError:
            return False

    async def look(self, is_taken: Callable[[UUID], Awaitable[bool]], slot_id: UUID) -> bool:
        """In a context of its own: it belongs to no rival's request."""
        if self._look is None:
            self._look = asyncio.create_task(_look(is_taken, slot_id), context=contextvars.Context())
        return await asyncio.shield(self._look)


async def _look(is_taken: Callable[[UUID], Awaitable[bool]], slot_id: UUID) -> bool:
    return await is_taken(slot_id)


class Rivals:
    """The slots that somebody in this process is trying to book right now."""

    def __init__(self) -> None:
        self._turns: dict[UUID, _Turn] = {}

    async def lose(self, slot_id: UUID, is_taken: Callable[[UUID], Awaitable[bool]]) -> bool:
        """Wait while another rival tries; True if the slot is taken then. The look begins after the caller came."""
        while turn := self._turns.get(slot_id):
            if not await turn.wait():
                return False
            if await turn.look(is_taken, slot_id):
                return True
        return False

    @asynccontextmanager
    async def take_turn(self, slot_id: UUID) -> AsyncIterator[None]:
        """The others wait during the block. One whose wait timed out tries at the same time as the first."""
        turn = _Turn()
        is_first = self._turns.setdefault(slot_id, turn) is turn
        try:
            yield
        finally:
            turn.end()
            if is_first:
                del self._turns[slot_id]


rivals = Rivals()
