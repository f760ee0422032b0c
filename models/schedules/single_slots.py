"""Single slots: slots that reception adds, withdraws or blocks one by one, besides those of schedules."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock
from models.audit import AuditAction, AuditEntry
from models.events import slot_events
from models.events.event import EventType
from models.refusals.booking import SlotNotFound
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import SlotNotBlocked, SlotsNotFree, SlotsOverlap
from models.schedules import publication
from models.schedules.publication import PublicationPlan
from models.slots.absence import Absence
from models.slots.closing_day import ClosingDays
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.form import REASON_LENGTH, Form
from models.values.weekly_template import LONGEST, SHORTEST

if TYPE_CHECKING:
    from models.accounts.account import Account

MAX_SLOTS = 500
MAX_AHEAD = timedelta(days=366)


async def add(doctor_id: UUID, clinic_id: UUID, starts_at: datetime, minutes: int, *, by: "Account") -> Slot:
    """Add a slot at a time when the doctor has no other; raises SlotsOverlap."""
    form = Form()
    if not await Doctor.filter(id=doctor_id, clinics__id=clinic_id).exists():
        form.add_flaw("doctorId", "NOT_AVAILABLE")
    if not SHORTEST <= minutes <= LONGEST:
        form.add_flaw("minutes", "OUT_OF_RANGE", SHORTEST, LONGEST)
    last = clock.now() + MAX_AHEAD
    if not clock.now() < starts_at <= last:
        form.add_flaw("startsAt", "OUT_OF_RANGE", clock.now(), last)
    elif starts_at.second or starts_at.microsecond:
        form.add_flaw("startsAt", "MALFORMED")
    form.raise_if_flawed()
    async with in_transaction():
        await Doctor.lock(doctor_id)
        slot = Slot(doctor_id=doctor_id, clinic_id=clinic_id, starts_at=starts_at, ends_at=_end(starts_at, minutes))
        await _check_room(slot)
        await publication.apply(PublicationPlan(fresh=[slot]))
        await AuditEntry.record("add_slot", account=by, subject_id=slot.id)
    return await _load(slot.id)


def _end(starts_at: datetime, minutes: int) -> datetime:
    """The end of a slot that lasts `minutes`.

    The sum is computed in UTC. In the clinic's time zone, Python would add wall-clock time: wrong at a clock change.
    """
    return starts_at.astimezone(clock.now().tzinfo) + timedelta(minutes=minutes)


async def _check_room(slot: Slot) -> None:
    days = await ClosingDays.find(slot.clinic_id, slot.doctor_id)
    days.check(clock.local(slot.starts_at).date())
    if await Absence.has_any(slot.doctor_id, slot.starts_at, slot.ends_at):
        raise InvalidInput.of_field("startsAt", "NOT_AVAILABLE")
    before_end = Slot.filter(doctor_id=slot.doctor_id, withdrawn_at=None, starts_at__lt=slot.ends_at)
    overlapping = await before_end.filter(ends_at__gt=slot.starts_at).order_by("starts_at").values_list("id", flat=True)
    if overlapping:
        raise SlotsOverlap(slot_ids=[str(id_) for id_ in overlapping])


async def withdraw(slot_ids: Sequence[UUID], *, by: "Account") -> int:
    """Withdraw all of these free slots or none; returns how many, not counting those withdrawn already.

    They stay withdrawn when an absence at that time ends; publishing the template again brings them back.
    """
    form = Form()
    if not 0 < len(slot_ids) <= MAX_SLOTS:
        form.add_flaw("slotIds", "OUT_OF_RANGE", 1, MAX_SLOTS)
    form.raise_if_flawed()
    return await _close(slot_ids, None, "withdraw_slots", by)


async def block(slot_id: UUID, reason: str, *, by: "Account") -> Slot:
    """Withdraw a free slot for a reason; publishing a schedule does not bring it back."""
    form = Form()
    cleaned = form.text("reason", reason, REASON_LENGTH)
    form.raise_if_flawed()
    await _close([slot_id], cleaned, "block_slot", by)
    return await _load(slot_id)


async def unblock(slot_id: UUID, *, by: "Account") -> Slot:
    """Reopen a blocked slot, which is offered to the waiting list first; raises SlotsOverlap."""
    blocked = await Slot.get_or_none(id=slot_id)
    if blocked is None:
        raise SlotNotFound
    async with in_transaction():
        await Doctor.lock(blocked.doctor_id)
        slot = (await Slot.lock(slot_id))[slot_id]
        if slot.withdrawn_at is None or slot.closed_reason is None or slot.starts_at <= clock.now():
            raise SlotNotBlocked
        await _check_room(slot)
        await Slot.filter(id=slot_id).update(withdrawn_at=None, closed_reason=None, is_withdrawn_by_hand=False)
        await Slot.queue_for_waiting_list(slot_id)
        await slot_events.append(EventType.SLOTS_PUBLISHED, [slot])
        await AuditEntry.record("unblock_slot", account=by, subject_id=slot_id)
    return await _load(slot_id)


async def _close(slot_ids: Sequence[UUID], reason: str | None, action: AuditAction, by: "Account") -> int:
    async with in_transaction():
        locked = await Slot.lock(*set(slot_ids))
        if len(locked) < len(set(slot_ids)):
            raise SlotNotFound
        present = [slot for slot in locked.values() if slot.withdrawn_at is None]
        changed = [slot for slot in locked.values() if not (slot.withdrawn_at and slot.is_withdrawn_by_hand)]
        if taken := [slot for slot in present if not slot.is_free_for(None)]:
            raise SlotsNotFree(slot_ids=[str(slot.id) for slot in sorted(taken, key=lambda slot: slot.starts_at)])
        await publication.close(present, reason)
        by_hand = Slot.filter(id__in=[slot.id for slot in changed])
        await by_hand.update(is_withdrawn_by_hand=True, absence_id=None, closed_reason=reason)
        for slot in changed:
            await AuditEntry.record(action, account=by, subject_id=slot.id)
    return len(present)


async def _load(slot_id: UUID) -> Slot:
    return await Slot.get(id=slot_id).select_related("clinic", "doctor")
