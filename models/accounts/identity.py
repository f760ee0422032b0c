"""Identity (tożsamość): which record of a person is the centre's own, and which are only claims made by accounts.

Per PESEL or document number there is at most one record of the centre, opened at the desk or confirmed by a document.
There can be any number of claims, each the separate record of one account. Reception books and writes only in
the centre's record. An account that only claims the number sees nothing of it.
"""

from collections.abc import Collection
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from infra import clock, database
from infra.transliteration import fold
from models.accounts.patient import Patient
from models.refusals.desk import IdentityNotConfirmed, PatientNotFound

NUMBERS = (
    "pesel_sealed",
    "pesel_index",
    "birth_date_index",
    "birth_date_sealed",
    "document_sealed",
    "document_index",
    "document_number_index",
)
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(:identity::text, 0))"


async def find(patient_id: UUID) -> Patient:
    """The record, or the one that it has joined."""
    found = await Patient.get_or_none(id=patient_id)
    if found is None:
        raise PatientNotFound
    return await find(found.joined_to_id) if found.joined_to_id else found


async def lock_number(patient: Patient) -> None:
    """Lock the number, before any patient, until the transaction ends: only one transaction may decide who has it."""
    database.require_transaction()
    identity = patient.pesel_index or patient.document_index or str(patient.id)
    await database.fetch(_ONE_AT_A_TIME, {"identity": identity})


async def find_centre_record(patient: Patient) -> Patient | None:
    """The centre's record with the same number as this one; None if there are only claims."""
    if not patient.is_claim:
        return patient
    is_invited = patient.invited_from_id is not None  # that record counts, even if its number was corrected
    if is_invited and (record := await Patient.get_or_none(id=patient.invited_from_id, is_claim=False)):
        return record
    if patient.pesel_index:
        return await Patient.get_or_none(pesel_index=patient.pesel_index, is_claim=False)
    if patient.document_index:
        return await Patient.get_or_none(document_index=patient.document_index, is_claim=False)
    return None


async def lock_centre_record(patient_id: UUID) -> Patient:
    """Lock the record in which reception books and writes for this person; open it if there are only claims."""
    patient = await find(patient_id)
    if patient.is_claim:
        await lock_number(patient)
        patient = await find(patient_id)  # reread now that nobody else can change it
    record = await find_centre_record(patient) or await _open_centre_record(patient)
    _check_names(record, patient)
    return await Patient.lock(record.id)


async def _open_centre_record(claim: Patient) -> Patient:
    try:
        async with in_transaction():
            return await _copy(claim, is_claim=False)
    except IntegrityError:  # reception has registered this person at the same moment
        if record := await find_centre_record(claim):
            return record
        raise


async def find_bookable_record(patient_id: UUID) -> Patient | None:
    """The record that `lock_centre_record` would lock; None when it would open a new one."""
    patient = await find(patient_id)
    record = await find_centre_record(patient)
    if record:
        _check_names(record, patient)
    return record


async def open_claim(invited_from: Patient) -> Patient:
    """Create a separate record for an unidentified person's account: it reveals nothing of the centre's record."""
    return await _copy(invited_from, is_claim=True, invited_from_id=invited_from.id)


async def _copy(patient: Patient, *, is_claim: bool, invited_from_id: UUID | None = None) -> Patient:
    """Copy names and numbers but no contact details: a telephone belongs to the person who gave it."""
    columns = {name: getattr(patient, name) for name in ("first_name", "last_name", *NUMBERS)}
    return await Patient.create(created_at=clock.now(), is_claim=is_claim, invited_from_id=invited_from_id, **columns)


def _check_names(record: Patient, claim: Patient) -> None:
    """Raise if the names differ (this may be another person) and reception did not open the claim's account."""
    names = [(fold(one.first_name), fold(one.last_name)) for one in (record, claim)]
    if names[0] != names[1] and claim.invited_from_id != record.id:
        raise IdentityNotConfirmed(patient_id=str(record.id))


async def find_invited_claims(patient_ids: Collection[UUID]) -> list[Patient]:
    """The claims of the open accounts that reception has opened for these unconfirmed records."""
    invited = Patient.filter(invited_from_id__in=list(patient_ids), account__closed_at=None, account__id__isnull=False)
    return await invited.select_related("account")


async def find_invited_emails(patient_ids: Collection[UUID]) -> dict[UUID | None, str | None]:
    """For each record, the address of the account that reception gave to its person, if any."""
    return {claim.invited_from_id: claim.account.email for claim in await find_invited_claims(patient_ids)}
