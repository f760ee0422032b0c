"""Objection (sprzeciw): everything that speaks against giving a slot to a patient, all of it at once."""

from uuid import UUID

from models import clock
from models.absence import Absence
from models.patient import Patient
from models.refusal import Refusal, SlotNotFound, SlotTaken, VisitsOverlap
from models.slot import Slot
from models.staff_refusal import PatientNotFound, SlotClosed, SlotHeld, SlotKept
from models.visit import Visit


async def against(slot_id: UUID, patient_id: UUID | None) -> list[Refusal]:
    """Every rule that says no, of those that `Visit.book` asks one after the other; a test compares the two."""
    slot = await Slot.get_or_none(id=slot_id).select_related("clinic")
    found: list[Refusal] = [*await _of_slot(slot, patient_id)] if slot else [SlotNotFound()]
    if patient_id is not None and not await Patient.exists(id=patient_id):
        return [*found, PatientNotFound()]
    if slot and patient_id:
        found += await _of_patient(slot, patient_id)
    return found


async def _of_slot(slot: Slot, patient_id: UUID | None) -> list[Refusal]:
    found: list[Refusal] = [*slot.obstacles(slot.clinic, clock.now())]
    if slot.withdrawn_at and (why := await _why_closed(slot)):
        found[0] = SlotClosed(reason=why)
    if slot.visit_id:
        found.append(SlotTaken(slot_id=str(slot.id)))
    elif slot.is_held_for_another(patient_id):
        found.append(SlotHeld(held_until=slot.lapses_at.isoformat(), is_offer=slot.is_offer))
    elif not slot.withdrawn_at and not slot.is_free_for(patient_id):
        found.append(SlotKept())
    return found


async def _why_closed(slot: Slot) -> str | None:
    """What a colleague has said: that blocked it, or that reported the doctor absent."""
    return slot.closed_reason or await Absence.reason_at(slot.doctor_id, slot.starts_at, slot.ends_at)


async def _of_patient(slot: Slot, patient_id: UUID) -> list[Refusal]:
    rival = await Visit.at_that_time(patient_id, slot).order_by("starts_at").first()
    overlap = [VisitsOverlap(visit_id=str(rival.id))] if rival else []
    too_many = await Visit.too_many(patient_id, slot.clinic)
    return [*overlap, *([too_many] if too_many else [])]
