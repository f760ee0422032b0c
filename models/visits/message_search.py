"""Message search: the messages that reception may see, each with its state, and how to send one again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from infra import clock, logs
from infra.keyset import Key, rows_after
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Medium, Message, MessageKind, MessageState
from models.refusals.desk import MessageNotFound, MessageNotResendable
from models.values import hours
from models.visits import message_check
from models.visits.visit import Visit

OF_WAITING_LIST = (MessageKind.TERM_OFFERED, MessageKind.TERM_WITHDRAWN)
ON_ITS_WAY = (MessageState.DUE, MessageState.SENDING)


@dataclass(frozen=True)
class MessageFilter:
    visit_id: UUID | None = None
    patient_id: UUID | None = None
    states: Collection[MessageState] | None = None
    medium: Medium | None = None
    from_: datetime | None = None
    until: datetime | None = None
    day: date | None = None

    async def find(self, reader: Account, after: Key | None, limit: int) -> list[Message]:
        """The messages that the reader may see, latest first."""
        query = _visible_to(reader).filter(rows_after("created_at", after, descending=True))
        if self.patient_id is not None:
            ids = await Patient.find_aliases(await Patient.find_current_id(self.patient_id))
            visits = await Visit.filter(patient_id__in=ids).values_list("id", flat=True)
            query = query.filter(Q(account__patient_id__in=ids) | Q(visit_id__in=list(visits)))
        wanted = {
            "visit_id": self.visit_id,
            "state__in": None if self.states is None else list(self.states),
            "medium": self.medium,
            "created_at__gte": self.from_,
            "created_at__lt": self.until,
        }
        query = query.filter(**{name: value for name, value in wanted.items() if value is not None})
        if self.day:
            begin, end = hours.day_bounds(self.day)
            query = query.filter(created_at__gte=begin, created_at__lt=end)
        return await _with_patients(await query.order_by("-created_at", "-id").limit(limit).select_related("account"))


async def _with_patients(messages: list[Message]) -> list[Message]:
    """Set each message's patient: the account's, or the visit's if there is no account."""
    for message in messages:
        message.patient_id = message.account.patient_id if message.account else None
    without = [message for message in messages if message.visit_id and message.patient_id is None]
    if without:
        visits = Visit.filter(id__in=[message.visit_id for message in without])
        found = dict(await visits.values_list("id", "patient_id"))
        for message in without:
            message.patient_id = found.get(message.visit_id)
    return messages


def _visible_to(reader: Account) -> QuerySet[Message]:
    """Only administrators see messages to staff.

    A receptionist limited to some clinics sees messages about visits there, and messages about accounts.
    """
    if reader.role == Role.ADMINISTRATOR:
        return Message.all()
    to_patients = Message.filter(Q(account__patient_id__isnull=False) | Q(visit_id__isnull=False))
    if reader.allowed_clinics is None:
        return to_patients
    own_visits = Subquery(Visit.filter(clinic_id__in=reader.allowed_clinics).values("id"))
    of_no_clinic = Q(visit_id__isnull=True) & ~Q(kind__in=OF_WAITING_LIST)
    return to_patients.filter(Q(visit_id__in=own_visits) | of_no_clinic)


async def get(message_id: UUID, reader: Account) -> Message | None:
    found = await _with_patients(await _visible_to(reader).filter(id=message_id).select_related("account"))
    return found[0] if found else None


async def resend(message_id: UUID, *, by: Account) -> Message:
    """Send the message again, to the current address; a one-time password in it is replaced by a new one."""
    async with in_transaction():
        if (old := await get(message_id, by)) is None:
            raise MessageNotFound
        patient = await _recipient(old)
        if old.state in ON_ITS_WAY or await _find_repeats(old).exists():
            raise MessageNotResendable(reason="ON_ITS_WAY")
        if not (to := _address(old, patient)):
            raise MessageNotResendable(reason="NO_ADDRESS")
        if await message_check.is_overtaken(old):
            raise MessageNotResendable(reason="OUTDATED")
        now = clock.now()
        new = await Message.create(
            kind=old.kind,
            medium=old.medium,
            to=to,
            language=old.language,
            account=old.account,
            visit_id=old.visit_id,
            details=old.details,
            request_id=logs.current_request_id(),
            created_at=now,
            due_at=now,
        )
        await AuditEntry.record(
            "resend_message", account=by, patient_id=patient.id if patient else None, subject_id=new.id
        )
    return new


async def _recipient(message: Message) -> Patient | None:
    """The patient who gets the message, if any; locks the recipient, so that two simultaneous resends send once."""
    if message.patient_id is not None:
        return await Patient.lock(message.patient_id)
    if message.account:
        await Account.filter(id=message.account.id).select_for_update().get()
    return None


def _find_repeats(old: Message) -> QuerySet[Message]:
    """Copies of the message that are still on their way."""
    same = Message.filter(kind=old.kind, medium=old.medium, visit_id=old.visit_id, state__in=ON_ITS_WAY)
    if offer_id := old.details.get("offer_id"):
        same = same.filter(details__contains={"offer_id": offer_id})
    return same.filter(account_id=old.account.id if old.account else None)


def _address(message: Message, patient: Patient | None) -> str | None:
    if message.medium == Medium.SMS:
        return patient.phone if patient else None
    if message.account is None or message.kind == MessageKind.ACCOUNT_CLOSED:
        return None
    return message.account.pending_email if message.kind == MessageKind.EMAIL_CONFIRMATION else message.account.email
