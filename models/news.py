"""News: how the streams of this process learn that there is something to read; nobody's slowness delays another."""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from models import clock, vacancy
from models.partner_refusal import ChangesMissed
from models.slot import Slot

T = TypeVar("T")
MOST_WAITING = 2_000  # changes of distinct slots that a watcher may leave unread
LOOK_AGAIN_SECONDS = 30.0  # even if no word came


class Bell:
    """Rung when events were numbered: whoever waits reads on from where they are."""

    def __init__(self) -> None:
        self.rung = 0
        self._next = asyncio.Event()

    def ring(self) -> None:
        self.rung += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, seen: int) -> None:
        """Until it was rung more than `seen` times, or a while has passed."""
        if self.rung == seen:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._next.wait()


class Sharing:
    """What followers at the same place want to read after the same ring is read once for all of them."""

    def __init__(self) -> None:
        self._rung, self._reads = -1, dict[Any, asyncio.Task[Any]]()

    async def read(self, rung: int, what: Any, reading: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Never what was read before that ring: it might lack what the ring was about."""
        if rung < self._rung:
            return await reading()
        if rung > self._rung:
            self._rung, self._reads = rung, {}
        if what not in self._reads:
            self._reads[what] = asyncio.create_task(reading(), context=contextvars.Context())
            self._reads[what].add_done_callback(lambda task: self._reads.pop(what, None) if _failed(task) else None)
        found: T = await asyncio.shield(self._reads[what])
        return found


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None


class Watch:
    """What one watcher of a clinic has not read yet: the latest state of each changed slot."""

    def __init__(self) -> None:
        self._slots: dict[UUID, Slot] = {}
        self._is_missing_some = False
        self._news = asyncio.Event()

    def put(self, slot: Slot) -> None:
        self._slots.pop(slot.id, None)  # to the end of the line
        self._slots[slot.id] = slot
        if len(self._slots) > MOST_WAITING:
            self.miss()
        self._news.set()

    def miss(self) -> None:
        self._slots.clear()
        self._is_missing_some = True
        self._news.set()

    async def next(self) -> Slot:
        """The slot that changed first of those unread; ChangesMissed when some could not be told."""
        while not self._slots and not self._is_missing_some:
            self._news.clear()
            await self._news.wait()
        if self._is_missing_some:
            raise ChangesMissed
        return self._slots.pop(next(iter(self._slots)))


class Lookout:
    """Who in this process watches which clinic; each change is read once, however many watch."""

    def __init__(self) -> None:
        self._watches: dict[UUID, set[Watch]] = defaultdict(set)
        self._lapses_told: datetime | None = None

    @contextmanager
    def watching(self, clinic_id: UUID) -> Iterator[Watch]:
        watch = Watch()
        self._watches[clinic_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[clinic_id].discard(watch)
            if not self._watches[clinic_id]:
                del self._watches[clinic_id]

    def is_watched(self, clinic_id: UUID) -> bool:
        return clinic_id in self._watches

    async def tell(self, slot_ids: Collection[UUID]) -> None:
        for slot in await vacancy.with_people(await Slot.filter(id__in=slot_ids)):
            for watch in self._watches.get(slot.clinic_id, ()):
                watch.put(slot)

    async def tell_lapses(self) -> None:
        """Holds that have ended by the clock alone since the last look: nobody wrote anything then."""
        now, before = clock.now(), self._lapses_told
        if before and self._watches:
            query = Slot.filter(held_until__gt=before, held_until__lte=now, clinic_id__in=list(self._watches))
            if lapsed := [slot.id for slot in await query.only("id")]:
                await self.tell(lapsed)
        self._lapses_told = now

    def miss(self) -> None:
        """Some changes went unheard: watchers must look at the whole again."""
        for watches in self._watches.values():
            for watch in watches:
                watch.miss()


bell = Bell()
sharing = Sharing()
lookout = Lookout()
