"""Patient record (kartoteka): opened, corrected and given an account by reception; one per person."""

from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from infra import clock, database
from infra.transliteration import fold
from models import audit
from models.accounts import email_change, identity
from models.accounts.account import Account, Language, Role
from models.accounts.former_name import FormerName
from models.accounts.patient import Patient
from models.accounts.patient_details import PatientDetails as PatientDetails
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals import constraints
from models.refusals.desk import (
    AccountExists,
    AddressInUse,
    NoAccount,
    PatientExists,
    PatientIncomplete,
    PatientNotFound,
    RecordsNotMerged,
)
from models.refusals.refusal import InvalidInput
from models.values import contact
from models.values.identity_document import DocumentKind as DocumentKind
from models.values.identity_document import SeenDocument

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('to be completed ' || :phone::text, 0))"
FIELD_OF_INDEX = {"pesel_index": "pesel", "document_index": "document"}


async def register(
    entry: PatientDetails, *, by: Account, language: Language = Language.PL, seen: SeenDocument | None = None
) -> Patient:
    """Create a record: with its identity confirmed if a document was seen, with an account if an address is given."""
    columns = entry.validate(known=None)
    if seen and not columns.keys() & FIELD_OF_INDEX.keys():
        raise InvalidInput.of_field("identitySeen", "NOT_AVAILABLE")  # without a number, no document can have been seen
    if seen:
        columns |= {"identity_confirmed_at": clock.now(), "identity_seen": seen, "identity_confirmed_by": by.id}
    try:
        async with in_transaction():
            if not columns.keys() & FIELD_OF_INDEX.keys():
                await _require_new(columns)
            patient = await Patient.create(created_at=clock.now(), **columns)
            await AuditEntry.record("register_patient", account=by, patient_id=patient.id, subject_id=patient.id)
            if entry.email is not None:
                await _open_account(patient, entry.email, language, by)
    except IntegrityError as broken:
        raise await _find_refusal(broken, columns, None) from None
    return await get(patient.id)


async def _require_new(columns: dict[str, Any]) -> None:
    """Refuse a second record for a caller without a number, who is recognised by name and telephone."""
    await database.fetch(_ONE_AT_A_TIME, {"phone": columns["phone"]})
    names = [fold(columns["first_name"]), fold(columns["last_name"])]
    for other in await Patient.filter(phone=columns["phone"], double_of_id=None).order_by("created_at"):
        if other.is_to_be_completed and [fold(other.first_name), fold(other.last_name)] == names:
            raise PatientExists(patient_id=str(other.id))


async def change(patient_id: UUID, entry: PatientDetails, *, by: Account) -> Patient:
    """Correct a record or add a PESEL assigned later; inform the account's owner of a new telephone number by mail.

    A claim stays as its account made it; the correction goes into the centre's record of the person.
    """
    try:
        async with in_transaction():
            patient = await identity.lock_centre_record(patient_id)
            columns = entry.validate(known=patient)
            if changed := _find_changed_columns(columns, patient):
                await _keep_name(patient, columns)
                changes = audit.compare(patient, {name: columns[name] for name in changed})
                await patient.update_from_dict(columns).save(update_fields=changed)
                await AuditEntry.record(
                    "change_patient", account=by, changes=changes, patient_id=patient.id, subject_id=patient.id
                )
                await _notify(patient, [name for name in changed if name in ("phone", "sms_reminders")])
    except IntegrityError as broken:
        raise await _find_refusal(broken, columns, patient_id) from None
    return await get(patient.id)


async def _keep_name(patient: Patient, columns: dict[str, Any]) -> None:
    """Keep the current name as a former one if a new one replaces it; a change of capitals or accents is ignored."""
    names = patient.first_name, patient.last_name
    new = columns.get("first_name", names[0]), columns.get("last_name", names[1])
    if [fold(name) for name in names] != [fold(name) for name in new]:
        await FormerName.create(patient=patient, first_name=names[0], last_name=names[1], until=clock.now())


async def invite(patient_id: UUID, email: str, *, by: Account, language: Language = Language.PL) -> Patient:
    """Give the record's person an account, or reopen a closed one, and mail the login and a one-time password."""
    PatientDetails(email=email).validate(known=await get(patient_id))
    try:
        async with in_transaction():
            patient = await _lock(patient_id)
            if patient.is_to_be_completed:
                raise PatientIncomplete
            await _open_account(patient, email, language, by)
    except IntegrityError as broken:
        raise await _find_refusal(broken, {}, patient_id) from None
    return await get(patient.id)


async def replace_email(patient_id: UUID, email: str, reason: str | None, *, by: Account) -> Patient:
    """Correct an account's address; once its owner has set a password, only an administrator can, and with a reason.

    Everything sent to the former address becomes void, and open sessions end.
    """
    PatientDetails(email=email).validate(known=await get(patient_id))
    try:
        async with in_transaction():
            patient = await _lock(patient_id)
            if (account := await _find_account(patient)) is None:
                raise NoAccount
            is_owned = account.password_hash is not None
            if is_owned and (by.role != Role.ADMINISTRATOR or not reason):
                raise AddressInUse
            changes = audit.compare(account, {"email": email})
            await _write_email(account, contact.parse_email(email), is_owned=is_owned)
            await AuditEntry.record(
                "replace_email",
                account=by,
                patient_id=patient.id,
                subject_id=patient.id,
                override_reason=reason if is_owned else None,
                passed_over="OWN_ADDRESS" if is_owned else None,
                changes=changes,
            )
    except IntegrityError as broken:
        raise await _find_refusal(broken, {}, patient_id) from None
    return await get(patient.id)


async def _write_email(account: Account, address: str, *, is_owned: bool) -> None:
    former = account.email
    await email_change.replace(account.id, address)
    await Session.end_all(account)
    await account.refresh_from_db()
    if not is_owned:  # the former address was a mistake: letters on their way there are void (tasks/letters.py)
        await Message.post(MessageKind.ACCOUNT_OPENED, account)
        return
    for to in sorted({former or address, address}):
        await Message.post(MessageKind.CONTACT_CHANGED, account, to=to, changed=["email"])


async def reveal_pesel(patient_id: UUID, *, by: Account) -> Patient:
    """Return the record so that the full PESEL can be read, and record this in the patient's access log."""
    patient = await get(patient_id)
    await AuditEntry.record("reveal_pesel", account=by, patient_id=patient.id, subject_id=patient.id)
    return patient


async def get(patient_id: UUID) -> Patient:
    """The record, or the one that it has joined, with its account."""
    patient = await get_as_named(patient_id)
    return await get(patient.joined_to_id) if patient.joined_to_id else patient


async def get_as_named(patient_id: UUID) -> Patient:
    """The record with exactly this id, and its account, even if it is only an alias of another record."""
    patient = await Patient.get_or_none(id=patient_id).select_related("account")
    if patient is None:
        raise PatientNotFound
    return patient


async def _lock(patient_id: UUID) -> Patient:
    await get(patient_id)
    return await Patient.lock(patient_id)


async def _find_account(patient: Patient) -> Account | None:
    """Find and lock the open account of this record, or of the claim that reception opened for its person."""
    mine = Q(patient_id=patient.id) | Q(patient__invited_from_id=patient.id)
    found = await Account.filter(mine, closed_at=None).only("id").first()
    return await Account.filter(id=found.id, closed_at=None).select_for_update().first() if found else None


async def _open_account(patient: Patient, email: str, language: Language, by: Account) -> None:
    """An account sees everything in its own record, so an unconfirmed person's account gets a separate claim."""
    address = contact.parse_email(email)
    columns: dict[str, Any] = {"email": address, "email_key": contact.email_key(address), "language": language}
    if await _find_account(patient):
        raise AccountExists
    own = patient if patient.identity_confirmed_at else await identity.open_claim(patient)
    account = await Account.filter(patient_id=own.id).select_for_update().first()
    if account:
        columns |= {"closed_at": None, "created_at": clock.now()}
        await account.update_from_dict(columns).save(update_fields=[*columns])
    else:
        account = await Account.create(role=Role.PATIENT, created_at=clock.now(), patient=own, **columns)
    await AuditEntry.record("invite_patient", account=by, patient_id=patient.id, subject_id=patient.id)
    await Message.post(MessageKind.ACCOUNT_OPENED, account)


def _find_changed_columns(columns: dict[str, Any], patient: Patient) -> list[str]:
    """Ciphertexts differ every time, so the index shows whether a value has really changed."""
    changed = {name for name, value in columns.items() if value != getattr(patient, name)}
    for index, sealed in (
        ("pesel_index", "pesel_sealed"),
        ("document_index", "document_sealed"),
        ("birth_date_index", "birth_date_sealed"),
    ):
        if index not in changed and columns.get(sealed) is not None:
            changed.discard(sealed)
    return sorted(changed)


async def _notify(patient: Patient, changed: list[str]) -> None:
    account = await Account.get_or_none(patient_id=patient.id, closed_at=None)
    if account and changed:
        await Message.post(MessageKind.CONTACT_CHANGED, account, changed=changed)


async def _find_refusal(broken: IntegrityError, columns: dict[str, Any], own_id: UUID | None) -> Exception:
    """The refusal for a violated constraint: another record has the number, or another account has the address."""
    refusal = constraints.find_refusal(broken)
    if not isinstance(refusal, PatientExists):
        return refusal or broken
    for column in FIELD_OF_INDEX.keys() & columns.keys():
        other = await Patient.get_or_none(**{column: columns[column]}, is_claim=False)
        if other and other.id != own_id:
            exists = PatientExists if own_id is None else RecordsNotMerged
            return exists(patient_id=str(other.id))
    return InvalidInput.of_field("pesel" if "pesel_index" in columns else "document", "NOT_AVAILABLE")
