"""Rivals: callers in one process that want the same slot at the same moment."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

LONGEST_WAIT = 1.0  # seconds: the first caller may be waiting for a lock that does not concern the others


class _Turn:
    """One caller tries to book the slot; all who arrive in the meantime share one wait and one check of the outcome."""

    def __init__(self) -> None:
        self._is_over = asyncio.Event()
        self._outcome: asyncio.Task[bool | None] | None = None

    def end(self) -> None:
        self._is_over.set()

    async def share_outcome(self, is_taken: Callable[[UUID], Awaitable[bool]], slot_id: UUID) -> bool | None:
        """Whether the slot is taken when the turn ends; None if that takes too long."""
        if self._outcome is None:  # runs in a separate context, because it belongs to no single request
            wait = self._wait(is_taken, slot_id)
            self._outcome = asyncio.create_task(wait, context=contextvars.Context())
        return await asyncio.shield(self._outcome)

    async def _wait(self, is_taken: Callable[[UUID], Awaitable[bool]], slot_id: UUID) -> bool | None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._is_over.wait()
        except TimeoutError:
            return None
        return await is_taken(slot_id)


class Rivals:
    """The slots that somebody in this process is trying to book right now."""

    def __init__(self) -> None:
        self._turns: dict[UUID, _Turn] = {}

    async def lose(self, slot_id: UUID, is_taken: Callable[[UUID], Awaitable[bool]]) -> bool:
        """Wait while another caller tries; True if the slot is then taken. The answer is never older than this call."""
        while turn := self._turns.get(slot_id):
            if (is_lost := await turn.share_outcome(is_taken, slot_id)) is not False:
                return bool(is_lost)
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
