"""Offer: a slot held for one patient by the centre, who may take it or not, and until when; nobody is moved unasked."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

from models import clock, database, hours
from models.account import Account
from models.message import Kind, Medium, Message, TooEarly, Unwanted
from models.patient import Patient
from models.slot import NOT_HELD, Slot

WITH_SLOT = ("slot__clinic", "slot__doctor")


class Answer(StrEnum):
    """`CLOSED`: overtaken by something else, such as the visit being cancelled or the slot withdrawn."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


class Offer(Model):
    """For a visit whose doctor is absent (`visit_id`), or for an entry of the waiting list (`entry_id`).

    The database keeps: a slot, a visit and an entry have at most one open offer. Without a slot: none could be found.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="offers", on_delete=fields.RESTRICT
    )
    slot: fields.ForeignKeyNullableRelation[Slot] = fields.ForeignKeyField(
        "models.Slot", null=True, on_delete=fields.RESTRICT
    )
    visit_id = fields.UUIDField(null=True, db_index=True)
    entry_id = fields.UUIDField(null=True, db_index=True)
    answer = fields.CharEnumField(Answer, max_length=10, default=Answer.OPEN)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    slot_id: UUID | None
    patient_id: UUID

    @property
    def answer_now(self) -> Answer:
        """An offer lapses by the clock, whether or not that has been written down yet."""
        is_over = self.answer is Answer.OPEN and self.expires_at <= clock.now()
        return Answer.LAPSED if is_over else self.answer

    @classmethod
    async def make(
        cls,
        slot: Slot,
        patient: Patient,
        until: datetime,
        *,
        visit_id: UUID | None = None,
        entry_id: UUID | None = None,
    ) -> Self:
        """Hold a slot, which the caller has locked, for the patient."""
        await slot.keep_for(patient.id, until, is_offer=True)
        before = Q(slot_id=slot.id) | Q(visit_id=visit_id or slot.id) | Q(entry_id=entry_id or slot.id)
        await cls._open().filter(before).update(answer=Answer.LAPSED, answered_at=clock.now())
        return await cls.create(
            patient=patient, slot=slot, visit_id=visit_id, entry_id=entry_id, made_at=clock.now(), expires_at=until
        )

    @classmethod
    def _open(cls, **whose: Any) -> QuerySet[Self]:
        return cls.filter(answer=Answer.OPEN, **whose)

    @classmethod
    def standing(cls, **whose: Any) -> QuerySet[Self]:
        """Offers that can still be accepted: open, and not lapsed by the clock."""
        found = cls._open(**whose).filter(expires_at__gt=clock.now())
        return found.exclude(slot_id=None).order_by("made_at", "id").prefetch_related(*WITH_SLOT)

    @classmethod
    def shown(cls, ids: Collection[UUID]) -> QuerySet[Self]:
        """With all that an answer shows of an offer."""
        return cls.filter(id__in=list(ids)).prefetch_related(*WITH_SLOT)

    async def tell(self, kind: Kind, account: Account | None, **words: Any) -> None:
        """By mail, and by SMS where that is wanted; what is told is what was true when the offer was made."""
        if account is None:
            return
        details = {"offer_id": str(self.id), **words}
        await Message.post(kind, account, visit_id=self.visit_id, **details)
        if self.patient.sms_reminders and self.patient.phone:
            await Message.post(
                kind, account, to=self.patient.phone, visit_id=self.visit_id, medium=Medium.SMS, **details
            )

    async def is_outdated(self) -> bool:
        """Whether what `tell` has told is true no longer: the offer is over, or its visit is elsewhere by now."""
        if self.slot_id and self.answer_now is not Answer.OPEN:
            return True
        return self.visit_id is not None and not await self._orphaned().exists()

    def _orphaned(self) -> QuerySet[Slot]:
        return Slot.filter(visit_id=self.visit_id).exclude(absence_id=None)

    @classmethod
    async def taken(cls, patient_id: UUID, slot_id: UUID) -> None:
        """The patient's visit is on this slot now: what offered it to them is accepted."""
        await cls._open(patient_id=patient_id, slot_id=slot_id).update(
            answer=Answer.ACCEPTED, answered_at=clock.now()
        )  # fmt: skip

    @classmethod
    async def overtaken(cls, **whose: Any) -> None:
        """The slot of such an offer is freed by the next `lapse`: in a transaction of its own, with locks in order."""
        await cls._open(**whose).update(answer=Answer.CLOSED, answered_at=clock.now())

    @classmethod
    async def withdrawn(cls, slot_ids: Collection[UUID]) -> None:
        """The slots, locked by the caller, are no more: who counted on one until now is told."""
        closed = await database.rows(_WITHDRAWN, [list(slot_ids), clock.now()])
        for offer in await cls.shown([row["id"] for row in closed if row["stood"]]).select_related("patient__account"):
            if (account := await offer.patient.account) and (slot := offer.slot):
                term = slot.clinic.term(slot.starts_at)
                details: dict[str, Any] = {"offer_id": str(offer.id), "term": term, "waits": offer.entry_id is not None}
                await Message.post(Kind.TERM_WITHDRAWN, account, visit_id=offer.visit_id, **details)

    async def is_missed(self) -> bool:
        """Whether who got it still waits for a term, or still has the visit that cannot take place."""
        if self.entry_id:
            return bool(await database.rows(_STILL_WAITS, [self.entry_id]))
        return await self._orphaned().exists()

    @classmethod
    async def lapse(cls) -> int:
        """Close what nobody answered or whose hold its patient released, and free the slots of all that is closed."""
        now = clock.now()
        await database.rows(_LAPSED, [now])
        await database.rows(_RELEASED, [now])
        async with in_transaction():
            stale = [UUID(str(row["id"])) for row in await database.rows(_STILL_HELD)]
            await Slot.filter(id__in=stale).update(**NOT_HELD)
            await Slot.queue(*stale)
        return len(stale)


# An offer that lapsed, or whose hold its patient released, was no longer counted on.
_WITHDRAWN = """
    UPDATE offer SET answer = 'CLOSED', answered_at = $2::timestamptz
    WHERE slot_id = ANY($1::uuid[]) AND answer = 'OPEN'
    RETURNING id, expires_at > $2::timestamptz AND EXISTS (
        SELECT 1 FROM slot WHERE slot.id = offer.slot_id AND slot.is_offer AND slot.held_by_id = offer.patient_id
    ) AS stood
"""
_STILL_WAITS = "SELECT 1 FROM waiting_list_entry WHERE id = $1::uuid AND ended_at IS NULL"
# Whoever changes an offer just now is not waited for: the next sweep sees what has become of it.
_LAPSED = """
    UPDATE offer SET answer = 'LAPSED', answered_at = $1::timestamptz WHERE id IN (
        SELECT id FROM offer WHERE answer = 'OPEN' AND expires_at <= $1::timestamptz FOR UPDATE SKIP LOCKED)
"""
# The patient has ended the hold (releaseSlot): that says no.
_RELEASED = """
    UPDATE offer SET answer = 'DECLINED', answered_at = $1::timestamptz WHERE id IN (
        SELECT id FROM offer WHERE answer = 'OPEN' AND slot_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM slot WHERE slot.id = offer.slot_id AND slot.is_offer AND slot.held_by_id = offer.patient_id)
        FOR UPDATE SKIP LOCKED)
"""
_STILL_HELD = """
    SELECT id FROM slot WHERE is_offer AND NOT EXISTS (
        SELECT 1 FROM offer WHERE offer.slot_id = slot.id AND offer.answer = 'OPEN'
    ) ORDER BY id FOR UPDATE SKIP LOCKED
"""


async def telephone(message: Message) -> str:
    """Where an SMS about an offer goes now; Unwanted or TooEarly when there is nothing left to say, or not yet."""
    offer = await Offer.get(id=message.details["offer_id"]).select_related("patient")
    now = clock.now()
    if await offer.is_outdated():
        raise Unwanted("the offer is over, or the visit was moved or cancelled")
    if not (offer.patient.sms_reminders and offer.patient.phone):
        raise Unwanted("the patient wants no texts any more")
    if not hours.may_text(now):
        raise TooEarly(hours.next_texting(now))
    return offer.patient.phone
