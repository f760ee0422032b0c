"""Helpers with which people claim an identity, have it confirmed, and change their address."""

from typing import Any

from models.accounts import email_change, patient_record
from models.accounts.account import Account
from models.accounts.account_request import AccountRequest, AccountRequestKind
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.admin import own_account
from models.outbox import Message, MessageKind
from models.values.identity_document import SeenDocument
from models.visits import identity_confirmation
from tests import cast
from tests.support.visits import patient_of

CARD = SeenDocument.IDENTITY_CARD
ANNA: dict[str, Any] = {"first_name": "Anna", "last_name": "Żółć"}


async def process_requests() -> None:
    while await AccountRequest.process_next():
        pass


async def claim(email: str, number: str = cast.ANNA_PESEL, **names: Any) -> Account:
    """Sign up with a PESEL, which may be another person's, and set a password."""
    form = {"email": email, "pesel": number, "phone": None, "sms_reminders": False, "language": "PL", **ANNA, **names}
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request", **form)
    await process_requests()
    account = await Account.get(email=email).select_related("patient")
    await Account.filter(id=account.id).update(password_hash=await cast.hash_of(cast.PASSWORD))
    return await Account.get(id=account.id).select_related("patient")


async def telephone(by: Account, number: str = cast.ANNA_PESEL, **more: Any) -> Patient:
    """Register a person by telephone: reception has not seen any document."""
    return await patient_record.register(PatientDetails(**{**ANNA, "pesel": number, **more}), by=by)


async def show(record: Patient, by: Account, seen: SeenDocument = CARD) -> Patient:
    """Confirm the identity of a record's or a claim's person, who shows a document at the desk."""
    return await identity_confirmation.confirm(record.id, seen, by=by)


async def again(account: Account) -> Account:
    """The account, read again from the database."""
    return await Account.get(id=account.id).select_related("patient")


async def ask_for_address(account: Account, address: str) -> None:
    await own_account.update_contact(account, patient_of(account), email=address)
    await process_requests()


async def confirm_address(address: str) -> None:
    """Follow the link in the newest letter to a new address."""
    letter = await Message.filter(kind=MessageKind.EMAIL_CONFIRMATION, to=address).order_by("-created_at").first()
    assert letter
    await email_change.confirm(await email_change.issue_token(letter))


async def change_address(account: Account, address: str) -> Account:
    await ask_for_address(account, address)
    await confirm_address(address)
    return await again(account)
