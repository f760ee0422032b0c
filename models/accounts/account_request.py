"""Account request (zgłoszenie): for an account, a new address or a new password; encrypted, processed later.

The client is answered before anything is looked up, so known and unknown people get the same answer in the same time
by construction (OWASP ASVS 5.0, 6.3.8).
"""

import json
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

from infra import clock, crypto, database, logs
from models.accounts.account import Account, Language, Role
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals import constraints
from models.values import contact, pesel

MAIL_INTERVAL = timedelta(minutes=2)  # strangers must not be able to flood a mailbox
MAIL_INTERVALS = {MessageKind.ADDRESS_TRIED: timedelta(days=1), MessageKind.EMAIL_CONFIRMATION: timedelta()}
LETTERS_PER_DAY = 10
RETRY_AFTER = timedelta(minutes=2)


class ProcessingFailed(Exception):
    """Processing the request with this id failed; it is kept and tried again later."""


class AccountRequestKind(StrEnum):
    SIGN_UP = "sign_up"
    NEW_EMAIL = "new_email"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a name  # nosec B105


class AccountRequest(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    wish = fields.CharEnumField(AccountRequestKind, max_length=20)
    sealed = fields.BinaryField()
    received_at = fields.DatetimeField()
    request_id = fields.CharField(64)

    class Meta:
        table = "application"

    @classmethod
    async def receive(cls, kind: AccountRequestKind, request_id: str, **form: Any) -> Self:
        sealed = crypto.encrypt(json.dumps(form), "application")
        return await cls.create(wish=kind, sealed=sealed, received_at=clock.now(), request_id=request_id)

    @classmethod
    async def process_next(cls) -> bool:
        """Process the oldest request that no other worker is processing; False when there is none.

        A request that fails is postponed, so that it does not block the others, and ProcessingFailed is raised.
        """
        request = None
        try:
            async with in_transaction():
                waiting = cls.filter(received_at__lte=clock.now()).order_by("received_at")
                request = await waiting.select_for_update(skip_locked=True).first()
                if request:
                    await request._process()
        except Exception as problem:
            if request is None:
                raise
            await cls.filter(id=request.id).update(received_at=clock.now() + RETRY_AFTER)
            raise ProcessingFailed(str(request.id)) from problem
        return request is not None

    async def _process(self) -> None:
        logs.bind_request_id(self.request_id)
        form = json.loads(crypto.decrypt(self.sealed, "application"))
        if self.wish == AccountRequestKind.SIGN_UP:
            await _sign_up(form)
        elif self.wish == AccountRequestKind.NEW_EMAIL:
            await _write_to_new_address(form)
        else:
            await _request_new_password(form)
        await self.delete()


async def _sign_up(form: dict[str, Any]) -> None:
    try:
        async with in_transaction():
            await _open_account(form)
    except IntegrityError as broken:
        if constraints.find_refusal(broken) is None:
            raise
        await _notify_owner(form["email"])  # the applicant does not learn that the address is in use


async def _open_account(form: dict[str, Any]) -> None:
    """Open the account with a separate record, which is only a claim to be the person with this PESEL."""
    patient = await Patient.create(
        first_name=form["first_name"],
        last_name=form["last_name"],
        **pesel.to_columns(form["pesel"]),
        phone=form["phone"],
        sms_reminders=form["sms_reminders"],
        created_at=clock.now(),
        is_claim=True,
    )
    account = await Account.create(
        email=form["email"],
        email_key=contact.email_key(form["email"]),
        role=Role.PATIENT,
        language=Language(form["language"]),
        created_at=clock.now(),
        patient=patient,
    )
    await AuditEntry.record("open_account", account=account, patient_id=patient.id)
    await Message.post(MessageKind.ACCOUNT_OPENED, account)


async def _notify_owner(address: str) -> None:
    owner = await Account.find_by_email(address)
    if owner and await may_mail(owner, MessageKind.ADDRESS_TRIED):
        await AuditEntry.record("sign_up_again", account=owner, outcome="refused")
        await Message.post(MessageKind.ADDRESS_TRIED, owner)


async def _write_to_new_address(form: dict[str, Any]) -> None:
    """Send a confirmation letter to the new address; if another account has it, notify that account's owner instead."""
    address = form["email"]
    account = await Account.get_or_none(id=form["account_id"], pending_email=address)
    if account is None:  # the account was closed, or another address has been requested since
        return
    if await Account.filter(email_key=contact.email_key(address)).exists():
        await _notify_owner(address)
    elif await may_mail(account, MessageKind.EMAIL_CONFIRMATION):
        await Message.post(MessageKind.EMAIL_CONFIRMATION, account, to=address)


async def _request_new_password(form: dict[str, Any]) -> None:
    account = await Account.find_by_email(form["email"])
    if account and await may_mail(account, MessageKind.NEW_PASSWORD):
        await AuditEntry.record("request_new_password", account=account)
        await Message.post(MessageKind.NEW_PASSWORD, account)


async def may_mail(account: Account, kind: MessageKind) -> bool:
    """Whether another letter of this kind may be sent now; locks the account, so that concurrent letters count."""
    database.require_transaction()
    await Account.filter(id=account.id).select_for_update(no_key=True).get()
    now = clock.now()
    recent = Message.filter(account_id=account.id, kind=kind)
    return not await recent.filter(created_at__gt=now - MAIL_INTERVALS.get(kind, MAIL_INTERVAL)).exists() and (
        await recent.filter(created_at__gt=now - timedelta(days=1)).count() < LETTERS_PER_DAY
    )
