"""Rivals: callers in one process that want the same slot at the same moment."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

LONGEST_WAIT = 1.0  # seconds: the first caller may be waiting for a lock that does not concern the others


class _Turn:
    """One caller tries to book the slot; all who arrive in the meantime share one check of the outcome."""

    def __init__(self) -> None:
        self._is_over = asyncio.Event()
        self._look: asyncio.Task[bool] | None = None

    def end(self) -> None:
        self._is_over.set()

    async def wait(self) -> bool:
        """Wait for the end; False if it takes too long."""
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await self._is_over.wait()
        except TimeoutError:
            return False

    async def look(self, is_taken: Callable[[UUID], Awaitable[bool]], slot_id: UUID) -> bool:
        """Check once for all; in a separate context, because the check belongs to no single request."""
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
        """Wait while another caller tries; True if the slot is then taken. The check begins after this call."""
        while turn := self._turns.get(slot_id):
            if not await turn.wait():
                return False
            if await turn.look(is_taken, slot_id):
                return True
        return False

    @asynccontextmanager
    async def take_turn(self, slot_id: UUID) -> AsyncIterator[None]:
        """Make the others wait during the block. A caller whose wait timed out tries concurrently with the first."""
        turn = _Turn()
        is_first = self._turns.setdefault(slot_id, turn) is turn
        try:
            yield
        finally:
            turn.end()
            if is_first:
                del self._turns[slot_id]


rivals = Rivals()
