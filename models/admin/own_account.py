"""Own account: patients change their contact details and close their account."""

from typing import Any

from tortoise.transactions import in_transaction

from models import audit
from models.accounts import email_change
from models.accounts.account import Account, Language
from models.accounts.patient import Patient
from models.admin import person_removal
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import WrongCredentials
from models.slots.slot import Slot
from models.values import contact
from models.values.form import Form
from models.visits import message_check
from models.visits.visit import Visit
from models.waiting.waiting_list import WaitingListEntry


async def update_contact(
    account: Account,
    patient: Patient,
    *,
    email: str | None = None,
    phone: str | None = None,
    sms_reminders: bool | None = None,
    language: Language | None = None,
) -> None:
    """Change the given details and inform the account's address. The caller has verified the password.

    A new address stays pending until the link in the letter sent to it is followed.
    """
    form = Form()
    address = form.email("email", email) if email is not None else None
    wants_texts = patient.sms_reminders if sms_reminders is None else sms_reminders
    number = patient.phone
    if phone is not None or wants_texts:  # reception may have stored a telephone that cannot receive texts
        number = form.mobile("phone", (number or "") if phone is None else phone, required=wants_texts)
    form.raise_if_flawed()
    of_account: dict[str, Any] = {"language": language or account.language}
    is_respelled = bool(address) and contact.email_key(address or "") == account.email_key
    if is_respelled:
        of_account["email"] = address
    of_account = {name: value for name, value in of_account.items() if value != getattr(account, name)}
    of_patient = {"phone": number, "sms_reminders": wants_texts}
    of_patient = {name: value for name, value in of_patient.items() if value != getattr(patient, name)}
    async with in_transaction():
        record = await _lock(account, patient)
        if of_account or of_patient:
            await _write(account, record, of_account, of_patient)
        if address and not is_respelled:
            await email_change.request(account, address)
        elif address and account.pending_email:
            await email_change.withdraw(account)
    await patient.refresh_from_db()


async def _lock(account: Account, patient: Patient) -> Patient:
    record = await Patient.lock(patient.id)
    if not await Account.filter(id=account.id, closed_at=None).exists():
        raise WrongCredentials  # the account was closed meanwhile, which ended this session
    return record


async def _write(account: Account, record: Patient, of_account: dict[str, Any], of_patient: dict[str, Any]) -> None:
    """Write only the columns that differ, so that concurrent changes to others are kept."""
    noted = {**audit.compare(account, of_account), **audit.compare(record, of_patient)}
    for row, changes in ((account, of_account), (record, of_patient)):
        if changes:
            await row.update_from_dict(changes).save(update_fields=changes)
    await AuditEntry.record("update_contact", account=account, changes=noted)
    await Message.post(MessageKind.CONTACT_CHANGED, account, changed=[*of_account, *of_patient])


async def close_account(account: Account, patient: Patient) -> None:
    """Remove login, contact details and waiting-list entries; visits are medical records and stay.

    Planned visits stay booked, and the last letter lists them: no patient may lose a visit without learning of it. A
    person who never had a visit is removed, because nothing about them has to be kept.
    """
    async with in_transaction():
        record = await _lock(account, patient)
        planned = await message_check.describe_planned(record.id)
        is_forgotten = not await Visit.filter(patient_id=record.id).exists()
        if is_forgotten:
            await Slot.lock_held(record.id)  # locks slots before `leave_all` locks offers
        await WaitingListEntry.leave_all(record, by=account)
        farewell = await Message.post(MessageKind.ACCOUNT_CLOSED, account, **planned)
        await account.end_login()
        await Patient.filter(id=record.id).update(phone=None, sms_reminders=False)
        await AuditEntry.record("close_account", account=account)
        if is_forgotten:
            await person_removal.remove(record, farewell=farewell)
