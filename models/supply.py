"""Supply: single slots that reception adds, withdraws or blocks, beside what schedules publish."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from models import clock, publication
from models.absence import Absence
from models.audit import AuditEntry
from models.clash import SlotsNotFree, SlotsOverlap
from models.doctor import Doctor
from models.intake import REASON_LENGTH, Form
from models.publication import Plan
from models.refusal import Flaw, InvalidInput, SlotNotFound
from models.slot import Slot
from models.week import LONGEST, SHORTEST

if TYPE_CHECKING:
    from models.account import Account

MOST = 500


async def add(doctor_id: UUID, clinic_id: UUID, starts_at: datetime, minutes: int, *, by: "Account") -> Slot:
    """One more slot, wherever the doctor has room for it. Raises SlotsOverlap."""
    form = Form()
    if not await Doctor.filter(id=doctor_id, clinics__id=clinic_id).exists():
        form.wrong("doctorId", "NOT_AVAILABLE")
    if not SHORTEST <= minutes <= LONGEST:
        form.wrong("minutes", "OUT_OF_RANGE")
    if not clock.now() < starts_at <= clock.now() + timedelta(days=366):
        form.wrong("startsAt", "OUT_OF_RANGE")
    form.check()
    async with in_transaction():
        await Doctor.lock(doctor_id)
        slot = Slot(doctor_id=doctor_id, clinic_id=clinic_id, starts_at=starts_at, ends_at=_end(starts_at, minutes))
        await _check_room(slot)
        await publication.carry_out(Plan(fresh=[slot]))
        await AuditEntry.record("add_slot", account=by, subject_id=slot.id)
    return await _whole(slot.id)


def _end(starts_at: datetime, minutes: int) -> datetime:
    """Real minutes: in the clinic's zone a sum would be one of wall times."""
    return starts_at.astimezone(clock.now().tzinfo) + timedelta(minutes=minutes)


async def _check_room(slot: Slot) -> None:
    if await Absence.covers(slot.doctor_id, slot.starts_at, slot.ends_at):
        raise InvalidInput.of([Flaw(("startsAt",), "NOT_AVAILABLE")])
    near = Slot.filter(doctor_id=slot.doctor_id, withdrawn_at=None, starts_at__lt=slot.ends_at)
    clash = await near.filter(ends_at__gt=slot.starts_at).order_by("starts_at").values_list("id", flat=True)
    if clash:
        raise SlotsOverlap(slot_ids=[str(id_) for id_ in clash])


async def withdraw(slot_ids: Sequence[UUID], *, by: "Account") -> int:
    """Take free slots away, all or none of them; withdrawn already: nothing to do. Returns how many went."""
    form = Form()
    if not 0 < len(slot_ids) <= MOST:
        form.wrong("slotIds", "OUT_OF_RANGE")
    form.check()
    return await _close(slot_ids, None, "withdraw_slots", by)


async def block(slot_id: UUID, reason: str, *, by: "Account") -> Slot:
    """Take a free slot away for a reason; no change of a template brings it back."""
    form = Form()
    why = form.text("reason", reason, REASON_LENGTH)
    form.check()
    await _close([slot_id], why, "block_slot", by)
    return await _whole(slot_id)


async def _close(slot_ids: Sequence[UUID], reason: str | None, action: str, by: "Account") -> int:
    async with in_transaction():
        locked = await Slot.lock(*set(slot_ids))
        if len(locked) < len(set(slot_ids)):
            raise SlotNotFound
        present = [slot for slot in locked.values() if slot.withdrawn_at is None]
        if taken := [slot for slot in present if not slot.is_free_for(None)]:
            raise SlotsNotFree(slot_ids=[str(slot.id) for slot in sorted(taken, key=lambda slot: slot.starts_at)])
        await publication.close(present, reason)
        for slot in present:
            await AuditEntry.record(action, account=by, subject_id=slot.id)
    return len(present)


async def _whole(slot_id: UUID) -> Slot:
    return await Slot.get(id=slot_id).select_related("clinic", "doctor")
