"""Correspondence (korespondencja): what was written to whom and what became of it, as reception sees it; sent again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models import clock, trace
from models.account import Account, Role
from models.audit import AuditEntry
from models.keyset import Key, behind
from models.message import Kind, Medium, Message, State
from models.offer import Offer
from models.patient import Patient
from models.staff_refusal import MessageNotFound, MessageNotResendable
from models.visit import Visit

ON_ITS_WAY = (State.DUE, State.SENDING)


@dataclass(frozen=True)
class Sought:
    visit_id: UUID | None = None
    patient_id: UUID | None = None
    states: Collection[State] | None = None
    medium: Medium | None = None
    from_: datetime | None = None
    until: datetime | None = None

    async def messages(self, reader: Account, after: Key | None, limit: int) -> list[Message]:
        """Latest first."""
        query = _seen_by(reader).filter(behind("created_at", after, descending=True))
        if self.patient_id is not None:
            visits = await Visit.filter(patient_id=self.patient_id).values_list("id", flat=True)
            query = query.filter(Q(account__patient_id=self.patient_id) | Q(visit_id__in=list(visits)))
        wanted = {
            "visit_id": self.visit_id,
            "state__in": None if self.states is None else list(self.states),
            "medium": self.medium,
            "created_at__gte": self.from_,
            "created_at__lt": self.until,
        }
        query = query.filter(**{name: value for name, value in wanted.items() if value is not None})
        return await query.order_by("-created_at", "-id").limit(limit).select_related("account")


def _seen_by(reader: Account) -> QuerySet[Message]:
    """Letters to colleagues are the administrators' business."""
    if reader.role == Role.ADMINISTRATOR:
        return Message.all()
    return Message.filter(Q(account__patient_id__isnull=False) | Q(visit_id__isnull=False))


async def of(message_id: UUID, reader: Account) -> Message | None:
    return await _seen_by(reader).get_or_none(id=message_id).select_related("account")


async def resend(message_id: UUID, *, by: Account) -> Message:
    """Write the same once more, to where the person is reached now; with a new one-time password where it had one."""
    async with in_transaction():
        if (old := await of(message_id, by)) is None:
            raise MessageNotFound
        patient = await _recipient(old)
        if old.state in ON_ITS_WAY or await _again(old).exists():
            raise MessageNotResendable(reason="ON_ITS_WAY")
        if await _is_outdated(old):
            raise MessageNotResendable(reason="OUTDATED")
        if not (to := _address(old, patient)):
            raise MessageNotResendable(reason="NO_ADDRESS")
        now = clock.now()
        new = await Message.create(
            kind=old.kind, medium=old.medium, to=to, language=old.language, account=old.account,
            visit_id=old.visit_id, details=old.details, request_id=trace.current(), created_at=now, due_at=now,
        )  # fmt: skip
        await AuditEntry.record(
            "resend_message", account=by, patient_id=patient.id if patient else None, subject_id=new.id
        )
    return new


async def _recipient(message: Message) -> Patient | None:
    """Locked: two colleagues who send again at once send once."""
    patient_id = message.account.patient_id if message.account else None
    if message.visit_id and patient_id is None:
        patient_id = (await Visit.get(id=message.visit_id)).patient_id
    if patient_id is not None:
        return await Patient.lock(patient_id)
    if message.account:
        await Account.filter(id=message.account.id).select_for_update().get()
    return None


def _again(old: Message) -> QuerySet[Message]:
    """The same once more, still on its way."""
    same = Message.filter(kind=old.kind, medium=old.medium, visit_id=old.visit_id, state__in=ON_ITS_WAY)
    if offer_id := old.details.get("offer_id"):
        same = same.filter(details__contains={"offer_id": offer_id})
    return same.filter(account_id=old.account.id if old.account else None)


async def _is_outdated(message: Message) -> bool:
    if offer_id := message.details.get("offer_id"):
        offer = await Offer.get(id=offer_id)
        return not await offer.is_missed() if message.kind is Kind.TERM_WITHDRAWN else await offer.is_outdated()
    if message.visit_id is None:
        return False
    visit = await Visit.get(id=message.visit_id)
    told: dict[str, Any] = message.details.get("visit") or {}
    return bool(told.get("sequence", visit.sequence) != visit.sequence)


def _address(message: Message, patient: Patient | None) -> str | None:
    if message.medium == Medium.SMS:
        return patient.phone if patient else None
    if message.account is None or message.kind == Kind.ACCOUNT_CLOSED:
        return None
    return message.account.email
