"""Application (zgłoszenie): what somebody not signed in asks for, kept sealed and decided in the background.

The answer is given before anything is looked up: known and unknown people get the same one in the same time
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

from models import clock, contact, pesel, seal, trace
from models.account import Account, Language, Role
from models.audit import AuditEntry
from models.message import Kind, Message
from models.patient import Patient

NOT_AGAIN_FOR = timedelta(minutes=2)  # so that nobody's mailbox can be flooded by a stranger
LETTERS_A_DAY = 10
PUT_OFF_FOR = timedelta(minutes=2)


class Undecidable(Exception):
    """An application that failed to be decided, by its id: it stays, and is tried again later."""


class Wish(StrEnum):
    SIGN_UP = "sign_up"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a name  # nosec B105


class Application(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    wish = fields.CharEnumField(Wish, max_length=20)
    sealed = fields.BinaryField()
    received_at = fields.DatetimeField()
    request_id = fields.CharField(64)

    @classmethod
    async def receive(cls, wish: Wish, request_id: str, **form: Any) -> Self:
        sealed = seal.close(json.dumps(form), "application")
        return await cls.create(wish=wish, sealed=sealed, received_at=clock.now(), request_id=request_id)

    @classmethod
    async def decide_next(cls) -> bool:
        """Decide the oldest application that nobody else is deciding; False when there is none.

        One that cannot be decided is put off, so that the others pass, and told by Undecidable.
        """
        application = None
        try:
            async with in_transaction():
                waiting = cls.filter(received_at__lte=clock.now()).order_by("received_at")
                application = await waiting.select_for_update(skip_locked=True).first()
                if application:
                    await application._decide()
        except Exception as problem:
            if application is None:
                raise
            await cls.filter(id=application.id).update(received_at=clock.now() + PUT_OFF_FOR)
            raise Undecidable(str(application.id)) from problem
        return application is not None

    async def _decide(self) -> None:
        trace.begin(self.request_id)
        form = json.loads(seal.open_(self.sealed, "application"))
        if self.wish == Wish.SIGN_UP:
            await _sign_up(form)
        else:
            await _new_password(form)
        await self.delete()


async def _sign_up(form: dict[str, Any]) -> None:
    try:
        async with in_transaction():
            await _open_account(form)
    except IntegrityError:  # the e-mail or PESEL is known: its owner is told, the applicant learns nothing
        await _tell_owner(form)


async def _open_account(form: dict[str, Any]) -> None:
    patient = await Patient.create(
        first_name=form["first_name"],
        last_name=form["last_name"],
        pesel_sealed=pesel.sealed(form["pesel"]),
        pesel_index=pesel.index(form["pesel"]),
        phone=form["phone"],
        sms_reminders=form["sms_reminders"],
        created_at=clock.now(),
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
    await Message.post(Kind.ACCOUNT_OPENED, account)


async def _tell_owner(form: dict[str, Any]) -> None:
    patient = await Patient.get_or_none(pesel_index=pesel.index(form["pesel"])).select_related("account")
    if patient and patient.account is None:  # opened at the desk: only reception can say whose address this is
        await AuditEntry.record("sign_up_again", account=None, patient_id=patient.id, outcome="refused")
    owners = [await Account.of_email(form["email"]), patient.account if patient else None]
    by_id = {owner.id: owner for owner in owners if owner and owner.email}
    for _, owner in sorted(by_id.items()):  # they are locked: always in this order
        if await may_write(owner, Kind.ADDRESS_TRIED):
            await AuditEntry.record("sign_up_again", account=owner, outcome="refused")
            await Message.post(Kind.ADDRESS_TRIED, owner)


async def _new_password(form: dict[str, Any]) -> None:
    account = await Account.of_email(form["email"])
    if account and await may_write(account, Kind.NEW_PASSWORD):
        await AuditEntry.record("request_new_password", account=account)
        await Message.post(Kind.NEW_PASSWORD, account)


async def may_write(account: Account, kind: Kind) -> bool:
    """Whether it is long enough since the last such letter; many asking at once wait for each other."""
    await Account.filter(id=account.id).select_for_update(no_key=True).get()
    now = clock.now()
    recent = Message.filter(account_id=account.id, kind=kind)
    return not await recent.filter(created_at__gt=now - NOT_AGAIN_FOR).exists() and (
        await recent.filter(created_at__gt=now - timedelta(days=1)).count() < LETTERS_A_DAY
    )
