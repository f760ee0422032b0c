"""Outbox: messages (wiadomości), each a row written with the change that causes it and sent later by a task."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from uuid6 import uuid7

import settings
from infra import batches, clock, database, logs, metrics, rate_counters
from infra.joined_rows import Joined
from models.values import contact

if TYPE_CHECKING:
    from models.accounts.account import Account

LEASE = timedelta(minutes=5)  # after this time another sender takes over from a dead one
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    """`dropped`: no longer wanted when it was due, such as a reminder of a cancelled visit."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class MessageKind(StrEnum):
    ACCOUNT_OPENED = "account_opened"
    ADDRESS_TRIED = "address_tried"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a name  # nosec B105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name  # nosec B105
    CONTACT_CHANGED = "contact_changed"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    EMAIL_REQUESTED = "email_requested"
    EMAIL_CONFIRMATION = "email_confirmation"
    IDENTITY_CONFIRMED = "identity_confirmed"
    LOGIN_ENDED = "login_ended"
    ACCOUNT_CLOSED = "account_closed"
    STAFF_INVITED = "staff_invited"
    VISIT_BOOKED = "visit_booked"
    VISIT_MOVED = "visit_moved"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_REMINDER = "visit_reminder"
    TERM_OFFERED = "term_offered"
    TERM_WITHDRAWN = "term_withdrawn"
    DOCTOR_ABSENT = "doctor_absent"
    VISIT_TAKES_PLACE = "visit_takes_place"


# Letters that a stranger or a looping program can trigger: per day and kind, a mailbox gets LETTERS_PER_DAY at most.
LETTERS_PER_DAY = 10
LIMITED_KINDS = {
    MessageKind.ACCOUNT_OPENED,
    MessageKind.ADDRESS_TRIED,
    MessageKind.NEW_PASSWORD,
    MessageKind.PASSWORD_CHANGED,
    MessageKind.CONTACT_CHANGED,
    MessageKind.SECOND_FACTOR_CHANGED,
    MessageKind.EMAIL_REQUESTED,
    MessageKind.EMAIL_CONFIRMATION,
}
FINISHED = (MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED, MessageState.DROPPED)


class NoLongerWanted(Exception):
    """There is no longer a reason to send the message; the exception's text says why."""


class TooEarly(Exception):
    """The message may not be sent at this hour."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until.isoformat())


_CLAIM = """
    WITH claimed AS (
        UPDATE message SET state = 'sending', tries = tries + 1, leased_until = $3 WHERE id = (
            SELECT id FROM message
            WHERE medium = $1 AND (state = 'due' AND due_at <= $2 OR state = 'sending' AND leased_until < $2)
            ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING *
    )
    SELECT {columns} FROM claimed AS message
    LEFT JOIN account ON account.id = message.account_id LEFT JOIN patient ON patient.id = account.patient_id
"""
_IS_CLOSED = "SELECT FROM account WHERE id = $1 AND closed_at IS NOT NULL"


class Message(Model):
    """`details` are the facts that the text states, as they were at the time; never a secret, never a PESEL.

    `settled_at` is when the message reached its final state. `patient_id`, set by searches: the patient concerned.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharEnumField(MessageKind, max_length=30)
    medium = fields.CharEnumField(Medium, max_length=10)
    state = fields.CharEnumField(MessageState, max_length=10, default=MessageState.DUE)
    to = fields.CharField(320)
    language = fields.CharField(2)
    account: fields.ForeignKeyNullableRelation["Account"] = fields.ForeignKeyField(
        "models.Account", related_name="messages", null=True, on_delete=fields.RESTRICT
    )
    visit_id = fields.UUIDField(null=True, db_index=True)
    details: dict[str, Any] = fields.JSONField()
    only_once = fields.CharField(120, null=True, unique=True)
    request_id = fields.CharField(64)
    created_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    leased_until = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    sent_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)
    reason = fields.TextField(null=True)
    gateway_id = fields.CharField(100, null=True)
    account_id: UUID | None
    patient_id: UUID | None = None

    @classmethod
    async def post(
        cls,
        kind: MessageKind,
        account: "Account | None",
        *,
        to: str | None = None,
        visit_id: UUID | None = None,
        medium: Medium = Medium.EMAIL,
        **details: Any,
    ) -> Self | None:
        """Write to the account's address (or `to`) in the caller's transaction.

        None if there is no address, or if it has already received too many such letters today.
        """
        database.require_transaction()
        if not (address := to or (account and account.email)):
            return None
        if kind in LIMITED_KINDS and await _is_flooded(kind, _mailbox(address, account)):
            return None
        now = clock.now()
        return await cls.create(
            kind=kind,
            medium=medium,
            to=address,
            language=account.language.value if account else "PL",
            account=account,
            visit_id=visit_id,
            details=details,
            request_id=logs.current_request_id(),
            created_at=now,
            due_at=now,
        )

    @classmethod
    async def claim(cls, medium: Medium) -> Self | None:
        """Take the next message that is due, so that no other sender takes it; None when there is none."""
        now, related = clock.now(), _related()
        values = [medium.value, now, now + LEASE]
        rows = await database.fetch_rows(_CLAIM.format(columns=related.columns), values)
        if not rows:
            return None
        message, account = related.read("message", cls, rows[0]), related.find("account", Model, rows[0])
        if account:
            vars(account).update(_patient=related.find("patient", Model, rows[0]))  # as the ORM would set it
        vars(message).update(_account=account)
        return message

    async def mark_sent(self, gateway_id: str | None = None) -> None:
        await self._finish(MessageState.SENT, sent_at=clock.now(), gateway_id=gateway_id, reason=None)

    async def drop(self, reason: str) -> None:
        """Give up sending; the same message may be written again if it is wanted after all."""
        await self._finish(MessageState.DROPPED, reason=reason, only_once=None)

    async def defer(self, until: datetime) -> None:
        """Send later; this does not count as a try."""
        await self._finish(MessageState.DUE, due_at=until, tries=self.tries - 1)

    async def fail(self, reason: str) -> None:
        """Give up for good, because no further try can succeed."""
        await self._finish(MessageState.FAILED, reason=reason)

    async def retry_later(self, reason: str) -> None:
        """Try again after a pause that grows with each try; fail after the last try."""
        if self.tries >= settings.MESSAGE_TRIES:
            await self.fail(reason)
            return
        pause = min(FIRST_PAUSE * 2 ** min(self.tries - 1, 12), LONGEST_PAUSE)
        await self._finish(MessageState.DUE, reason=reason, due_at=clock.now() + pause)

    @classmethod
    async def record_delivery(cls, gateway_id: str, our_id: str | None, problem: str | None) -> bool:
        """Record the gateway's report on a text message: delivered, or the problem. False if we did not send it."""
        known = Q(gateway_id=gateway_id)
        if message_id := _parse_uuid(our_id):  # SMSAPI's id is unknown if a retry found the text already accepted
            known |= Q(id=message_id, gateway_id=None)
        state = MessageState.FAILED if problem else MessageState.DELIVERED
        handed_over = cls.filter(known, medium=Medium.SMS, state__in=[MessageState.SENDING, MessageState.SENT])
        return bool(await handed_over.update(state=state, reason=problem, leased_until=None, settled_at=clock.now()))

    async def hand_back(self) -> None:
        """Return the claim when the process stops, so that the next sender need not wait for the lease to end."""
        await self._finish(MessageState.DUE)

    async def restate(self, details: dict[str, Any], to: str) -> None:
        """Send the facts as they are now, to the person's current address."""
        if details != self.details or to != self.to:
            self.details, self.to = details, to
            await Message.filter(id=self.id).update(details=details, to=to)

    async def _finish(self, state: MessageState, **changes: Any) -> None:
        """Write the outcome, if this sender still holds the claim."""
        held = Message.filter(id=self.id, state=MessageState.SENDING, tries=self.tries)
        changes["settled_at"] = clock.now() if state in FINISHED else None
        if not await held.update(state=state, leased_until=None, **changes):
            return
        self.update_from_dict({"state": state, "reason": changes.get("reason")})
        if state in FINISHED and self.kind is MessageKind.ACCOUNT_CLOSED:
            await Message.filter(id=self.id, account_id=None).update(to="")  # the person was removed
        if state in FINISHED and self.account_id and await database.fetch_rows(_IS_CLOSED, [self.account_id]):
            await Message.filter(account_id=self.account_id, state__in=FINISHED).update(to="")

    @classmethod
    async def erase_addresses(cls, account: "Account") -> None:
        """Blank the addresses of finished messages of a closed account."""
        await cls.filter(account_id=account.id, state__in=FINISHED).update(to="")

    @classmethod
    async def purge(cls) -> int:
        """Remove finished messages MESSAGE_DAYS after they were written; the visits that they are about stay."""
        before = clock.now() - timedelta(days=settings.MESSAGE_DAYS)
        return await batches.remove(cls.filter(created_at__lt=before, state__in=FINISHED))


async def _is_flooded(kind: MessageKind, mailbox: str) -> bool:
    """Count this letter and return whether it is one too many."""
    if await rate_counters.hit(f"{LETTERS_PER_DAY}/day", f"letters/{kind.value}", mailbox) is None:
        return False
    metrics.LETTERS_DROPPED.labels(kind.value).inc()
    return True


def _mailbox(address: str, account: "Account | None") -> str:
    """The key for counting letters, shared by addresses that differ only after a plus sign.

    An owner who has set a password has thereby proved that they read the address. Their key is not shared, so that
    nobody else can use up their letters.
    """
    name, at, domain = contact.email_key(address).rpartition("@")
    is_proven = account is not None and account.password_hash is not None and account.email == address
    plain, plus, _ = name.partition("+")
    return f"{name if is_proven else plain + plus}{at}{domain}"


def _parse_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@cache
def _related() -> Joined:
    """A join with the account and its patient, looked up at run time because their modules import this one."""
    to_account: Any = Message._meta.fields_map["account"]
    account = to_account.related_model
    return Joined(message=Message, account=account, patient=account._meta.fields_map["patient"].related_model)
