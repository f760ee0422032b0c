"""Enrolment (kartoteka): the record that reception opens, corrects and gives an account to; one a person."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import clock, contact, document, pesel
from models.account import Account, Language, Role
from models.audit import AuditEntry
from models.document import BadDocument, Document
from models.document import Kind as DocumentKind
from models.intake import Form
from models.message import Kind, Message
from models.patient import Patient
from models.refusal import Flaw, InvalidInput
from models.staff_refusal import AccountExists, PatientExists, PatientNotFound, RecordsNotMerged

UNIQUE = {"pesel_index", "document_index"}


@dataclass(frozen=True)
class Entry:
    """What reception fills in; None: not given, nothing is changed by it."""

    first_name: str | None = None
    last_name: str | None = None
    pesel: str | None = None
    document: tuple[DocumentKind, str, str] | None = None
    phone: str | None = None
    sms_reminders: bool | None = None
    email: str | None = None

    def cleaned(self, *, known: Patient | None) -> dict[str, Any]:
        """The columns to write; InvalidInput names every flaw. A new record needs names and a PESEL or document."""
        form, columns = Form(), dict[str, Any]()
        for column, field in (("first_name", "firstName"), ("last_name", "lastName")):
            if (name := getattr(self, column)) is not None or known is None:
                columns[column] = form.name(field, name or "")
        if self.pesel is not None:
            number = form.pesel("pesel", self.pesel)
            if number:
                columns |= {"pesel_sealed": pesel.sealed(number), "pesel_index": pesel.index(number)}
        if self.document is not None:
            columns |= self._document(form)
        if known is None and self.pesel is None and self.document is None:
            form.wrong("document", "REQUIRED")
        self._reach(form, columns, known)
        if self.email is not None:
            form.email("email", self.email)
        form.check()
        return columns

    def _document(self, form: Form) -> dict[str, Any]:
        try:
            found = Document.parse(*(self.document or (DocumentKind.PASSPORT, "", "")))
        except BadDocument as problem:
            form.flaws.append(Flaw(("document", str(problem)), "MALFORMED"))
            return {}
        return {
            "document_sealed": found.sealed(),
            "document_index": found.index,
            "document_number_index": document.number_index(found.number),
        }

    def _reach(self, form: Form, columns: dict[str, Any], known: Patient | None) -> None:
        """Texts need a mobile telephone, calls any."""
        if known and self.phone is None and self.sms_reminders is None:
            return
        wants_texts = bool(known and known.sms_reminders) if self.sms_reminders is None else self.sms_reminders
        if self.sms_reminders is not None or known is None:
            columns["sms_reminders"] = wants_texts
        text = self.phone if self.phone is not None else ((known and known.phone) or "")
        number = form.mobile("phone", text, required=True) if wants_texts else form.phone("phone", text)
        if self.phone is not None or known is None:
            columns["phone"] = number


async def register(entry: Entry, *, by: Account, language: Language = Language.PL) -> Patient:
    """Open a record; with an e-mail address an account too, whose one-time password is mailed."""
    columns = entry.cleaned(known=None)
    try:
        async with in_transaction():
            patient = await Patient.create(created_at=clock.now(), **columns)
            await AuditEntry.record("register_patient", account=by, patient_id=patient.id, subject_id=patient.id)
            if entry.email is not None:
                await _open_account(patient, entry.email, language, by)
    except IntegrityError as broken:
        raise await _explained(broken, columns, None) from None
    return await of(patient.id)


async def change(patient_id: UUID, entry: Entry, *, by: Account) -> Patient:
    """Correct a record; a PESEL that was assigned meanwhile is added. The owner of an account is told by mail."""
    try:
        async with in_transaction():
            patient = await _locked(patient_id)
            columns = entry.cleaned(known=patient)
            if changed := _differing(columns, patient):
                await patient.update_from_dict(columns).save(update_fields=changed)
                await AuditEntry.record("change_patient", account=by, patient_id=patient.id, subject_id=patient.id)
                await _tell(patient, [name for name in changed if name in ("phone", "sms_reminders")])
    except IntegrityError as broken:
        raise await _explained(broken, columns, patient_id) from None
    return await of(patient_id)


async def invite(patient_id: UUID, email: str, *, by: Account, language: Language = Language.PL) -> Patient:
    """Give a record an account of its own: login and one-time password are mailed; a closed account is opened again."""
    Entry(email=email).cleaned(known=await of(patient_id))
    try:
        async with in_transaction():
            patient = await _locked(patient_id)
            await _open_account(patient, email, language, by)
    except IntegrityError as broken:
        raise await _explained(broken, {}, patient_id) from None
    return await of(patient_id)


async def reveal(patient_id: UUID, *, by: Account) -> Patient:
    """The record for somebody who must see the whole PESEL; the patient will see that they did."""
    patient = await of(patient_id)
    await AuditEntry.record("reveal_pesel", account=by, patient_id=patient.id, subject_id=patient.id)
    return patient


async def of(patient_id: UUID) -> Patient:
    """The record with its account."""
    patient = await Patient.get_or_none(id=patient_id).select_related("account")
    if patient is None:
        raise PatientNotFound
    return patient


async def _locked(patient_id: UUID) -> Patient:
    await of(patient_id)
    return await Patient.lock(patient_id)


async def _open_account(patient: Patient, email: str, language: Language, by: Account) -> None:
    address = contact.email(email)
    reach: dict[str, Any] = {"email": address, "email_key": contact.email_key(address), "language": language}
    account = await Account.filter(patient_id=patient.id).select_for_update().first()
    if account and account.closed_at is None:
        raise AccountExists
    if account:
        await account.update_from_dict({**reach, "closed_at": None}).save(update_fields=[*reach, "closed_at"])
    else:
        account = await Account.create(role=Role.PATIENT, created_at=clock.now(), patient=patient, **reach)
    await AuditEntry.record("invite_patient", account=by, patient_id=patient.id, subject_id=patient.id)
    await Message.post(Kind.ACCOUNT_OPENED, account)


def _differing(columns: dict[str, Any], patient: Patient) -> list[str]:
    """Sealed texts differ each time; their indexes tell whether anything is new."""
    changed = {name for name, value in columns.items() if value != getattr(patient, name)}
    for index, sealed in (("pesel_index", "pesel_sealed"), ("document_index", "document_sealed")):
        if index not in changed:
            changed.discard(sealed)
    return sorted(changed)


async def _tell(patient: Patient, changed: list[str]) -> None:
    account = await Account.get_or_none(patient_id=patient.id)
    if account and changed:
        await Message.post(Kind.CONTACT_CHANGED, account, changed=changed)


async def _explained(broken: IntegrityError, columns: dict[str, Any], own_id: UUID | None) -> Exception:
    """Which promise of the database spoke: another record of this person, or another account with this address."""
    for column in UNIQUE & columns.keys():
        if other := await Patient.get_or_none(**{column: columns[column]}):
            if own_id is None:
                return PatientExists(patient_id=str(other.id))
            if other.id != own_id:
                return RecordsNotMerged(patient_id=str(other.id))
    constraint = str(getattr(broken.args[0], "constraint_name", ""))
    return InvalidInput.of([Flaw(("email",), "NOT_AVAILABLE")]) if "account" in constraint else broken
