"""Booking check: every reason why a slot cannot be booked for a patient, all at once."""

from uuid import UUID

from infra import clock
from models.accounts import identity
from models.accounts.patient import Patient
from models.refusals.booking import SlotNotFound, SlotTaken
from models.refusals.desk import IdentityNotConfirmed, PatientIsDouble, PatientNotFound, SlotClosed, SlotHeld, SlotKept
from models.refusals.refusal import Refusal
from models.slots import booking_rules
from models.slots.absence import Absence
from models.slots.slot import Slot
from models.waiting.offer import Offer


async def find_refusals(slot_id: UUID, patient_id: UUID | None) -> list[Refusal]:
    """Every refusal that applies to the booking; `Visit.book` raises one of them, and a test compares the two."""
    slot = await Slot.get_or_none(id=slot_id).select_related("clinic")
    try:
        patient = await _find_record(patient_id, slot_id) if patient_id else None
    except (PatientNotFound, IdentityNotConfirmed) as refusal:
        return [*await _refusals_of_slot(slot, None), refusal]
    found = await _refusals_of_slot(slot, patient.id if patient else None)
    if patient and patient.double_of_id:
        found.append(PatientIsDouble(patient_id=str(patient.double_of_id)))
    if slot and patient:
        found += await booking_rules.find_refusals(patient, slot, slot.clinic)
    return found


async def _find_record(patient_id: UUID, slot_id: UUID) -> Patient | None:
    """The record that would get the visit; None if the booking would open a new one."""
    if await Offer.find_standing(patient_id=patient_id, slot_id=slot_id).exists():
        return await identity.find(patient_id)
    return await identity.find_bookable_record(patient_id)


async def _refusals_of_slot(slot: Slot | None, patient_id: UUID | None) -> list[Refusal]:
    if slot is None:
        return [SlotNotFound()]
    found: list[Refusal] = [*slot.find_refusals(slot.clinic, clock.now())]
    if slot.withdrawn_at and (reason := await _find_closing_reason(slot)):
        found[0] = SlotClosed(reason=reason)
    if slot.visit_id:
        found.append(SlotTaken(slot_id=str(slot.id)))
    elif slot.is_held_for_another(patient_id):
        found.append(SlotHeld(held_until=slot.hold_expires_at.isoformat(), is_offer=slot.is_offer))
    elif not slot.withdrawn_at and not slot.is_free_for(patient_id):
        found.append(SlotKept())
    return found


async def _find_closing_reason(slot: Slot) -> str | None:
    """The reason given by the colleague who blocked the slot or reported the doctor's absence."""
    return slot.closed_reason or await Absence.find_reason(slot.doctor_id, slot.starts_at, slot.ends_at)
