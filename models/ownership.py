"""Ownership: what people do with an account of their own beside signing in: change how they are reached, close it."""

from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models import aftermath, clock, contact
from models.account import Account, Language
from models.application import may_write
from models.audit import AuditEntry
from models.intake import Form
from models.message import Kind, Message
from models.patient import Patient
from models.refusal import Flaw, InvalidInput
from models.session import Session
from models.visit import Visit
from models.waiting_list import WaitingListEntry


async def update_contact(
    account: Account,
    patient: Patient,
    *,
    email: str | None = None,
    phone: str | None = None,
    sms_reminders: bool | None = None,
    language: Language | None = None,
) -> None:
    """Change what is given; both the old and the new address are told. The caller has proved the password."""
    form = Form()
    new_email = form.email("email", email) if email is not None else account.email
    wants_texts = patient.sms_reminders if sms_reminders is None else sms_reminders
    number = patient.phone
    if phone is not None or wants_texts:  # reception may have noted a telephone that gets no texts
        number = form.mobile("phone", (number or "") if phone is None else phone, required=wants_texts)
    form.check()
    wanted: dict[str, Any] = {"email": new_email, "language": language or account.language}
    of_account = {name: value for name, value in wanted.items() if value != getattr(account, name)}
    wanted = {"phone": number, "sms_reminders": wants_texts}
    of_patient = {name: value for name, value in wanted.items() if value != getattr(patient, name)}
    if of_account or of_patient:
        await _write(account, patient, of_account, of_patient)


async def _write(account: Account, patient: Patient, of_account: dict[str, Any], of_patient: dict[str, Any]) -> None:
    """Only what differs: a change made at the same time elsewhere is not undone."""
    old_email, key = account.email, {}
    if email := of_account.get("email"):
        key = {"email_key": contact.email_key(email)}
    try:
        async with in_transaction():
            await Patient.lock(patient.id)
            for row, changes in ((account, {**of_account, **key}), (patient, of_patient)):
                if changes:
                    await row.update_from_dict(changes).save(update_fields=changes)
            await AuditEntry.record("update_contact", account=account)
            for address in {old_email, account.email}:
                await Message.post(Kind.CONTACT_CHANGED, account, to=address, changed=[*of_account, *of_patient])
    except IntegrityError:  # the new address is another account's: its owner is told
        await account.refresh_from_db()
        async with in_transaction():
            owner = await Account.of_email(str(email))
            if owner and await may_write(owner, Kind.ADDRESS_TRIED):
                await Message.post(Kind.ADDRESS_TRIED, owner)
        await AuditEntry.record("update_contact", account=account, outcome="refused")
        raise InvalidInput.of([Flaw(("email",), "NOT_AVAILABLE")]) from None


async def close(account: Account, patient: Patient) -> None:
    """Close the account: nobody can sign in, contact data and wishes are gone; visits are medical records and stay.

    Planned visits stay booked: losing one silently would be worse; the farewell letter lists them.
    """
    async with in_transaction():
        await Patient.lock(patient.id)
        visits = [
            aftermath.snapshot(visit)
            for visit in await Visit.planned(patient.id).order_by("starts_at").select_related("clinic")
        ]
        await WaitingListEntry.leave_all(patient, by=account)
        await Message.post(Kind.ACCOUNT_CLOSED, account, visits=visits)
        await Account.filter(id=account.id).update(
            email=None, email_key=None, password_hash=None, one_time_hash=None, one_time_expires_at=None,
            closed_at=clock.now(),
        )  # fmt: skip
        await Session.end_all(account)  # last: a log-in at the same time waits for the row written above
        await Message.forget_address(account)
        await Patient.filter(id=patient.id).update(phone=None, sms_reminders=False)
        await AuditEntry.record("close_account", account=account)
