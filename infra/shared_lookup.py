"""Shared look-ups: what callers look up at the same moment is read by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
R = TypeVar("R")


class SharedLookup(Generic[K, R]):
    """`find` gets the keys of all who wait, and returns what there is for each of them."""

    def __init__(self, find: Callable[[list[K]], Awaitable[Mapping[K, R]]]) -> None:
        self._find = find
        self._next: _Look[K, R] | None = None  # has not begun

    async def look(self, key: K) -> R | None:
        """What is there for the key, by a look that begins after this call. It ends if nobody waits for it any more."""
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
        """Whoever comes from now on waits for another one."""
        if self._next is look:
            self._next = None


class _Look(Generic[K, R]):
    """It begins when the event loop has run everybody who is ready to run now."""

    def __init__(self, lookup: SharedLookup[K, R]) -> None:
        self.keys, self.waiting = set[K](), 0
        self.task = asyncio.create_task(lookup.find(self))
