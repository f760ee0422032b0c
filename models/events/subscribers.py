"""Subscribers: how the subscriptions of this process learn that there is something to read, without delaying others."""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from infra import clock, database
from infra.joined_rows import Joined
from models.refusals.partner import ChangesMissed
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot

T = TypeVar("T")
_CHANGED = """
    SELECT {columns} FROM slot JOIN clinic ON clinic.id = slot.clinic_id JOIN doctor ON doctor.id = slot.doctor_id
    WHERE slot.id = ANY($1::uuid[])
"""
_EXPIRED = "SELECT id FROM slot WHERE held_until > $1 AND held_until <= $2 AND clinic_id = ANY($3::uuid[])"
_RELATED = Joined(slot=Slot, clinic=Clinic, doctor=Doctor)
MAX_UNREAD = 2_000  # changed slots or patients that a watcher may leave unread
RECHECK_SECONDS = 30.0  # after this time, a subscription reads even without a signal


class EventSignal:
    """Signals that events have received positions; `count` is the number of signals so far."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def notify(self) -> None:
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait_after(self, seen: int) -> None:
        """Wait for a signal after the first `seen` ones, or for RECHECK_SECONDS."""
        if self.count == seen:
            with suppress(TimeoutError):
                async with asyncio.timeout(RECHECK_SECONDS):
                    await self._next.wait()


class SingleFlight:
    """Reads once for all subscribers that want the same events after the same signal."""

    def __init__(self) -> None:
        self._count, self._reads = -1, dict[Any, asyncio.Task[Any]]()

    async def read(self, count: int, key: Any, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Share one read per `key` and signal. A result that was read before signal `count` might lack new events."""
        if count < self._count:
            return await read()
        if count > self._count:
            self._count, self._reads = count, {}
        if key not in self._reads:
            self._reads[key] = asyncio.create_task(read(), context=contextvars.Context())
            self._reads[key].add_done_callback(lambda task: self._reads.pop(key, None) if _has_failed(task) else None)
        result: T = await asyncio.shield(self._reads[key])
        return result


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None


class ChangedSlot:
    """A slot in its latest state; `shown` is the first watcher's representation of it, which all of them share."""

    def __init__(self, row: Slot) -> None:
        self.row = row
        self.shown: Any = None


class SlotWatcher:
    """Changed slots that one watcher of a clinic has not read yet, each in its latest state.

    While the watcher waits, `take` gets each change, so that the watcher's task need not wake up. If `take` returns
    False, the change stays unread.
    """

    take: Callable[[ChangedSlot], bool] | None = None

    def __init__(self) -> None:
        self._slots: dict[UUID, ChangedSlot] = {}
        self._has_missed = False
        self._changed = asyncio.Event()
        self._is_waiting = False

    def put(self, slot: ChangedSlot) -> None:
        if self._is_waiting and self.take is not None and self.take(slot):  # no earlier change is unread
            return
        self._is_waiting = False
        self._slots.pop(slot.row.id, None)  # moves it to the end of the queue
        self._slots[slot.row.id] = slot
        if len(self._slots) > MAX_UNREAD:
            self.mark_missed()
        self._changed.set()

    def mark_missed(self) -> None:
        self._is_waiting = False
        self._slots.clear()
        self._has_missed = True
        self._changed.set()

    async def next(self) -> ChangedSlot:
        """The unread slot that changed first; raises ChangesMissed if some changes were lost."""
        while not self._slots and not self._has_missed:
            self._changed.clear()
            self._is_waiting = True
            await self._changed.wait()
        if self._has_missed:
            raise ChangesMissed
        return self._slots.pop(next(iter(self._slots)))


async def read_slots(ids: Collection[UUID]) -> list[Slot]:
    """Read slots with clinic and doctor, by a statement that is not composed anew for each change."""
    rows = await database.fetch_rows(_CHANGED.format(columns=_RELATED.columns), [list(ids)])
    slots = [_RELATED.read("slot", Slot, row) for row in rows]
    for slot, row in zip(slots, rows, strict=True):
        vars(slot).update(_clinic=_RELATED.read("clinic", Clinic, row), _doctor=_RELATED.read("doctor", Doctor, row))
    return slots


class SlotWatchers:
    """The watchers of each clinic in this process; a changed slot is read once for all of them."""

    def __init__(self) -> None:
        self._watchers: dict[UUID, set[SlotWatcher]] = defaultdict(set)
        self._expiry_checked_at: datetime | None = None

    @contextmanager
    def watch(self, clinic_id: UUID) -> Iterator[SlotWatcher]:
        watcher = SlotWatcher()
        self._watchers[clinic_id].add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[clinic_id].discard(watcher)
            if not self._watchers[clinic_id]:
                del self._watchers[clinic_id]

    def is_watched(self, clinic_id: UUID) -> bool:
        return clinic_id in self._watchers

    async def notify(self, slot_ids: Collection[UUID]) -> None:
        for row in await read_slots(slot_ids):
            slot = ChangedSlot(row)
            for watcher in self._watchers.get(row.clinic_id, ()):
                watcher.put(slot)

    async def notify_expired_holds(self) -> None:
        """Report the slots whose holds have expired since the last check: an expiry writes no row."""
        now, before = clock.now(), self._expiry_checked_at
        if before and self._watchers:
            expired = await database.fetch_rows(_EXPIRED, [before, now, list(self._watchers)])
            if expired:
                await self.notify([id_ for (id_,) in expired])
        self._expiry_checked_at = now

    def mark_missed(self) -> None:
        """Changes may have been lost: every watcher raises ChangesMissed, so that its client loads everything again."""
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.mark_missed()


class PatientWatchers:
    """The watchers of each patient in this process: they learn only that something about the patient has changed."""

    def __init__(self) -> None:
        self._watchers: dict[UUID, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watch(self, patient_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set after each change; a watcher clears it before it reads."""
        changed = asyncio.Event()
        self._watchers[patient_id].add(changed)
        try:
            yield changed
        finally:
            self._watchers[patient_id].discard(changed)
            if not self._watchers[patient_id]:
                del self._watchers[patient_id]

    def notify(self, patient_id: UUID) -> None:
        for changed in self._watchers.get(patient_id, ()):
            changed.set()

    def notify_all(self) -> None:
        """Notify every watcher, because changes may have been lost."""
        for patient_id in self._watchers:
            self.notify(patient_id)


class DeskWatcher:
    """The patients with changes that one desk has not read yet; None means any patient: changes were lost."""

    def __init__(self) -> None:
        self._patients: dict[UUID | None, None] = {}
        self._changed = asyncio.Event()

    def put(self, patient_id: UUID | None) -> None:
        if patient_id is None or len(self._patients) >= MAX_UNREAD:
            self._patients = {None: None}
        elif None not in self._patients:
            self._patients[patient_id] = None
        self._changed.set()

    async def next(self) -> UUID | None:
        while not self._patients:
            self._changed.clear()
            await self._changed.wait()
        patient_id = next(iter(self._patients))
        del self._patients[patient_id]
        return patient_id


class DeskWatchers:
    """The desks that this process serves."""

    def __init__(self) -> None:
        self._watchers: set[DeskWatcher] = set()

    @contextmanager
    def watch(self) -> Iterator[DeskWatcher]:
        watcher = DeskWatcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def notify(self, patient_id: UUID | None) -> None:
        """Notify all desks; `patient_id` is None if changes may have been lost."""
        for watcher in self._watchers:
            watcher.put(patient_id)


# One of each per process: the relay (tasks/event_relay.py) notifies them, subscriptions wait on them.
event_signal = EventSignal()
single_flight = SingleFlight()
slot_watchers = SlotWatchers()
patient_watchers = PatientWatchers()
desk_watchers = DeskWatchers()
