"""Message (wiadomość): the outbox. A row written with the change that caused it; sent later, by the tasks."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from uuid6 import uuid7

import settings
from models import clock, database, trace

if TYPE_CHECKING:
    from models.account import Account

LEASE = timedelta(minutes=5)  # a sender that died is followed by another after this
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class State(StrEnum):
    """`dropped`: no longer wanted when its time came, such as a reminder of a cancelled visit."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class Kind(StrEnum):
    ACCOUNT_OPENED = "account_opened"
    ADDRESS_TRIED = "address_tried"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a name  # nosec B105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name  # nosec B105
    CONTACT_CHANGED = "contact_changed"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    ACCOUNT_CLOSED = "account_closed"
    STAFF_INVITED = "staff_invited"
    VISIT_BOOKED = "visit_booked"
    VISIT_MOVED = "visit_moved"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_REMINDER = "visit_reminder"
    TERM_OFFERED = "term_offered"
    TERM_WITHDRAWN = "term_withdrawn"
    DOCTOR_ABSENT = "doctor_absent"


FINISHED = (State.SENT, State.DELIVERED, State.FAILED, State.DROPPED)


class Unwanted(Exception):
    """A message whose reason has gone before its turn came; its text says why."""


class TooEarly(Exception):
    """A message that may not be sent at this hour."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until.isoformat())


_CLAIM = """
    UPDATE message SET state = 'sending', tries = tries + 1, leased_until = $3 WHERE id = (
        SELECT id FROM message
        WHERE medium = $1 AND (state = 'due' AND due_at <= $2 OR state = 'sending' AND leased_until < $2)
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""


class Message(Model):
    """`details` is what the text will say, as it was when it happened; never a secret, never a PESEL.

    `settled_at`: when its state became what it is now, for states in which nothing more is tried.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharEnumField(Kind, max_length=30)
    medium = fields.CharEnumField(Medium, max_length=10)
    state = fields.CharEnumField(State, max_length=10, default=State.DUE)
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

    @classmethod
    async def post(
        cls,
        kind: Kind,
        account: "Account",
        *,
        to: str | None = None,
        visit_id: UUID | None = None,
        medium: Medium = Medium.EMAIL,
        **details: Any,
    ) -> Self | None:
        """A letter to the account's address (or `to`), in the caller's transaction; nobody to write to: none."""
        if not (address := to or account.email):
            return None
        now = clock.now()
        return await cls.create(
            kind=kind, medium=medium, to=address, language=account.language.value, account=account,
            visit_id=visit_id, details=details, request_id=trace.current(), created_at=now, due_at=now,
        )  # fmt: skip

    @classmethod
    async def claim(cls, medium: Medium) -> Self | None:
        """The next message that is due, taken so that no other sender takes it, or None."""
        now = clock.now()
        claimed = await database.rows(_CLAIM, [medium.value, now, now + LEASE])
        return await cls.get(id=claimed[0]["id"]).select_related("account__patient") if claimed else None

    async def sent(self, gateway_id: str | None = None) -> None:
        await self._finish(State.SENT, sent_at=clock.now(), gateway_id=gateway_id, reason=None)

    async def dropped(self, reason: str) -> None:
        """Never sent: the like of it may be written again, should it be wanted after all."""
        await self._finish(State.DROPPED, reason=reason, only_once=None)

    async def deferred(self, until: datetime) -> None:
        """Not tried at all, so it does not count as a try."""
        await self._finish(State.DUE, due_at=until, tries=self.tries - 1)

    async def failed(self, reason: str) -> None:
        """For good: no try will help."""
        await self._finish(State.FAILED, reason=reason)

    async def postponed(self, reason: str) -> None:
        """Try again later, each time after a longer pause; after the last try it has failed."""
        if self.tries >= settings.MESSAGE_TRIES:
            await self.failed(reason)
            return
        pause = min(FIRST_PAUSE * 2 ** min(self.tries - 1, 12), LONGEST_PAUSE)
        await self._finish(State.DUE, reason=reason, due_at=clock.now() + pause)

    @classmethod
    async def reported(cls, gateway_id: str, idx: str | None, problem: str | None) -> bool:
        """What a gateway says became of a text: delivered, or the problem. Only of texts that it was given by us."""
        known = Q(gateway_id=gateway_id)
        if message_id := _uuid(idx):  # a text accepted at a repeated try has no gateway's id here
            known |= Q(id=message_id, gateway_id=None)
        state = State.FAILED if problem else State.DELIVERED
        handed_over = cls.filter(known, medium=Medium.SMS, state__in=[State.SENDING, State.SENT])
        return bool(await handed_over.update(state=state, reason=problem, leased_until=None, settled_at=clock.now()))

    async def handed_back(self) -> None:
        """Left unfinished by a process that stops: the next sender need not wait until the lease lapses."""
        await self._finish(State.DUE)

    async def redirected(self, to: str) -> None:
        """The person is reached elsewhere by now."""
        self.to = to
        await Message.filter(id=self.id).update(to=to)

    async def _finish(self, state: State, **changes: Any) -> None:
        """Only the sender that still holds the claim may say how it ended."""
        held = Message.filter(id=self.id, state=State.SENDING, tries=self.tries)
        changes["settled_at"] = clock.now() if state in FINISHED else None
        if not await held.update(state=state, leased_until=None, **changes):
            return
        self.update_from_dict({"state": state, "reason": changes.get("reason")})
        is_closed = Message.filter(id=self.id, account__closed_at__isnull=False)
        if state in FINISHED and await is_closed.exists():
            await Message.filter(account_id=self.account_id, state__in=FINISHED).update(to="")

    @classmethod
    async def forget_address(cls, account: "Account") -> None:
        """Blank where finished messages went: their account is closed."""
        await cls.filter(account_id=account.id, state__in=FINISHED).update(to="")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
