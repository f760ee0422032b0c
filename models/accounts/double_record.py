"""Double (dublet): a second record of the same person, marked so that nobody books into it by mistake."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from models.accounts import patient_record
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.desk import PatientNotFound
from models.refusals.refusal import InvalidInput

if TYPE_CHECKING:
    from models.accounts.account import Account


async def mark(patient_id: UUID, original_id: UUID, *, by: "Account") -> Patient:
    """Mark a record as the double of another of the centre's records. Nothing is moved; repeating changes nothing.

    Doubles of the marked record become doubles of the other record, so that marks never form a chain.
    """
    async with in_transaction():
        rows = Patient.filter(id__in=[patient_id, original_id]).order_by("id")
        locked = {row.id: row for row in await rows.select_for_update(no_key=True)}
        double, original = locked.get(patient_id), locked.get(original_id)
        if double is None:
            raise PatientNotFound
        _check(double, original)
        if double.double_of_id != original_id:
            await Patient.filter(double_of_id=double.id).update(double_of_id=original_id)
            await Patient.filter(id=double.id).update(double_of_id=original_id)
            await AuditEntry.record("mark_double", account=by, patient_id=double.id, subject_id=double.id)
    return await patient_record.get(patient_id)


def _check(double: Patient, original: Patient | None) -> None:
    """Both must be records of the centre; a claim needs no mark, because it joins its record on confirmation."""
    if double.is_claim:
        raise InvalidInput.of_field("patientId", "NOT_AVAILABLE")
    if original is None or original.id == double.id or original.is_claim or original.double_of_id:
        raise InvalidInput.of_field("doubleOfId", "NOT_AVAILABLE")


async def unmark(patient_id: UUID, *, by: "Account") -> Patient:
    """Remove the mark; repeating the call changes nothing."""
    async with in_transaction():
        record = await Patient.lock(patient_id)
        if await Patient.filter(id=record.id, double_of_id__isnull=False).update(double_of_id=None):
            await AuditEntry.record("unmark_double", account=by, patient_id=record.id, subject_id=record.id)
    return await patient_record.get(record.id)
