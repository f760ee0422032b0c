"""Shared look-ups: one statement reads the rows for all callers that look something up at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
R = TypeVar("R")


class SharedLookup(Generic[K, R]):
    """`find` gets the keys of all waiting callers, and returns a value for each key that it has found."""

    def __init__(self, find: Callable[[list[K]], Awaitable[Mapping[K, R]]]) -> None:
        self._find = find
        self._next: _Look[K, R] | None = None  # the one that has not begun yet

    async def look(self, key: K) -> R | None:
        """The value for the key, read after this call. The look-up is cancelled when nobody waits for it any more."""
        look = self._next
        if look is None or look.task.get_loop() is not asyncio.get_running_loop():
            look = self._next = _Look(self)
        look.keys.add(key)
        look.waiting += 1
        try:
            return (await asyncio.shield(look.task)).get(key)
        finally:
            look.waiting -= 1
            if not look.waiting:
                self.close(look)
                look.task.cancel()

    async def find(self, look: "_Look[K, R]") -> Mapping[K, R]:
        self.close(look)
        return await self._find(list(look.keys))

    def close(self, look: "_Look[K, R]") -> None:
        """Let no more callers join this look-up: later ones share the next."""
        if self._next is look:
            self._next = None


class _Look(Generic[K, R]):
    """A look-up that begins once the event loop has run all tasks that are ready now, so that they can join it."""

    def __init__(self, lookup: SharedLookup[K, R]) -> None:
        self.keys, self.waiting = set[K](), 0
        self.task = asyncio.create_task(lookup.find(self))
