"""Absence ending: a doctor returns early; the slots are restored, and patients learn that their visits take place."""

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock, database
from models.audit import AuditEntry
from models.schedules import restoring
from models.schedules.schedule import Schedule
from models.slots.absence import Absence
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.visit_status import Status
from models.visits import side_effects
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer

if TYPE_CHECKING:
    from models.accounts.account import Account

# If the doctor has another absence at that time, the slots are assigned to that one.
_RELEASE = """
    UPDATE slot SET absence_id = (
        SELECT absence.id FROM absence
        WHERE absence.doctor_id = slot.doctor_id AND absence.ended_at IS NULL
            AND absence.starts_at < slot.ends_at AND absence.ends_at > slot.starts_at
        ORDER BY absence.starts_at, absence.id
        LIMIT 1
    )
    WHERE slot.id = ANY(:slot_ids::uuid[])
    RETURNING slot.id, slot.absence_id
"""


async def end(absence_id: UUID, *, by: "Account") -> Absence | None:
    """End the absence: its slots are restored, except those withdrawn by hand; visits stay where they are now.

    Patients who were notified of the absence, and whose visits were not moved, are notified again, even if they have
    declined an offer.
    """
    absence = await Absence.get_or_none(id=absence_id).select_related("doctor")
    if absence is None:
        return None
    async with in_transaction():
        await Doctor.lock(absence.doctor_id)
        if await Absence.filter(id=absence_id, ended_at=None).update(ended_at=clock.now()):
            await _release_slots(absence_id, by)
            await Schedule.restore(absence.doctor_id, absence.starts_at, absence.ends_at)
            await AuditEntry.record("end_absence", account=by, subject_id=absence.id)
    await absence.refresh_from_db(fields=["ended_at"])
    return absence


async def _release_slots(absence_id: UUID, by: "Account") -> None:
    locked = {slot.id: slot for slot in await Slot.filter(absence_id=absence_id).order_by("id").select_for_update()}
    released = await database.fetch(_RELEASE, {"slot_ids": list(locked)})
    slots = [locked[UUID(str(row["id"]))] for row in released if row["absence_id"] is None]
    await _notify([slot.visit_id for slot in slots if slot.visit_id], by)
    await restoring.bring_back([slot.id for slot in slots])


async def _notify(visit_ids: Collection[UUID], by: "Account") -> None:
    """Notify the patients who have booked future visits that these take place after all."""
    await Offer.close(visit_id__in=list(visit_ids))
    booked = Visit.filter(id__in=list(visit_ids), status=Status.BOOKED, starts_at__gt=clock.now()).order_by("id")
    for visit in await booked.select_related(*WITH_DETAILS):
        visit.doctor_back_at = clock.now()
        await visit.save(update_fields=["doctor_back_at"])
        await side_effects.after_absence(visit, by)
