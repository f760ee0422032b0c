"""Offer: a slot that the centre holds for one patient, who may accept or decline it until a given time."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import batches, clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.outbox import Medium, Message, MessageKind
from models.slots import booking_rules
from models.slots.slot import NOT_HELD, Slot

WITH_SLOT = ("slot__clinic", "slot__doctor")


class OfferAnswer(StrEnum):
    """`CLOSED`: no longer needed or possible, for example because the visit was cancelled or the slot withdrawn."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


class Offer(Model):
    """Made for a visit whose doctor is absent (`visit_id`) or for an entry of the waiting list (`entry_id`).

    The database ensures that a slot, a visit and an entry each have at most one open offer. An offer without a slot
    records that none was found.
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
    answer = fields.CharEnumField(OfferAnswer, max_length=10, default=OfferAnswer.OPEN)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    slot_id: UUID | None
    patient_id: UUID

    @property
    def current_answer(self) -> OfferAnswer:
        """An offer expires by the clock, whether or not its row has been updated yet."""
        is_over = self.answer is OfferAnswer.OPEN and self.expires_at <= clock.now()
        return OfferAnswer.LAPSED if is_over else self.answer

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
        database.require_transaction()
        await slot.hold_until(patient.id, until, is_offer=True)
        superseded = Q(slot_id=slot.id) | Q(visit_id=visit_id or slot.id) | Q(entry_id=entry_id or slot.id)
        await cls._open_offers().filter(superseded).update(answer=OfferAnswer.LAPSED, answered_at=clock.now())
        return await cls.create(
            patient=patient, slot=slot, visit_id=visit_id, entry_id=entry_id, made_at=clock.now(), expires_at=until
        )

    @classmethod
    def _open_offers(cls, **conditions: Any) -> QuerySet[Self]:
        return cls.filter(answer=OfferAnswer.OPEN, **conditions)

    @classmethod
    def find_standing(cls, **conditions: Any) -> QuerySet[Self]:
        """Offers that can still be accepted: open and not expired."""
        found = cls._open_offers(**conditions).filter(expires_at__gt=clock.now())
        return found.exclude(slot_id=None).order_by("made_at", "id").prefetch_related(*WITH_SLOT)

    @classmethod
    def find_with_details(cls, ids: Collection[UUID]) -> QuerySet[Self]:
        """Offers with everything that a response shows of them."""
        return cls.filter(id__in=list(ids)).prefetch_related(*WITH_SLOT)

    @classmethod
    async def purge(cls) -> int:
        before = clock.now() - timedelta(days=settings.WAITING_DAYS)
        return await batches.remove(cls.filter(expires_at__lt=before).exclude(answer=OfferAnswer.OPEN))

    @classmethod
    async def find_untold(cls, clinic_id: UUID | None) -> list[Self]:
        """Open offers from the waiting list whose patients no message can reach, oldest first."""
        rows = await database.fetch(_FIND_UNTOLD, {"clinic_id": clinic_id, "now": clock.now()})
        return await cls.find_with_details([row["id"] for row in rows]).order_by("made_at", "id")

    async def notify(self, kind: MessageKind, account: Account | None, **details: Any) -> None:
        """Write to the patient by e-mail, and by SMS if they want that; the message keeps these details."""
        if account is None:
            return
        details = {"offer_id": str(self.id), **details}
        await Message.post(kind, account, visit_id=self.visit_id, **details)
        if self.patient.sms_reminders and self.patient.phone:
            await Message.post(
                kind, account, to=self.patient.phone, visit_id=self.visit_id, medium=Medium.SMS, **details
            )

    async def is_outdated(self) -> bool:
        """Whether the message from `notify` is no longer true because the offer is over or its visit has been moved."""
        if self.slot_id and self.current_answer is not OfferAnswer.OPEN:
            return True
        return self.visit_id is not None and not await self._slot_of_absent_doctor().exists()

    @property
    def is_standing(self) -> bool:
        """Whether the patient can accept it."""
        return self.slot_id is not None and self.current_answer is OfferAnswer.OPEN

    @property
    def is_declined(self) -> bool:
        return self.answer is OfferAnswer.DECLINED

    def describe_slot(self) -> dict[str, str]:
        """What messages say about the offered slot."""
        if self.slot is None:
            raise LookupError("This offer has no slot.")
        starts_at, address = self.slot.starts_at.isoformat(), self.slot.clinic.address
        return {"starts_at": starts_at, "address": address, "until": self.expires_at.isoformat()}

    async def has_follower(self) -> bool:
        """Whether a later offer was made for the same visit or entry, so that a later message covers it."""
        same = Offer.filter(visit_id=self.visit_id) if self.visit_id else Offer.filter(entry_id=self.entry_id)
        return await same.filter(made_at__gt=self.made_at).exists()

    def _slot_of_absent_doctor(self) -> QuerySet[Slot]:
        return Slot.filter(visit_id=self.visit_id).exclude(absence_id=None)

    @classmethod
    async def mark_accepted(cls, patient_id: UUID, slot_id: UUID) -> None:
        """Mark the offer of this slot to the patient as accepted, now that their visit has the slot."""
        await cls._open_offers(patient_id=patient_id, slot_id=slot_id).update(
            answer=OfferAnswer.ACCEPTED, answered_at=clock.now()
        )

    @classmethod
    async def close(cls, **conditions: Any) -> None:
        """Close open offers; `expire_due` frees their slots in a transaction of its own, to keep the locking order."""
        await cls._open_offers(**conditions).update(answer=OfferAnswer.CLOSED, answered_at=clock.now())

    @classmethod
    async def withdraw(cls, slot_ids: Collection[UUID]) -> None:
        """Close the offers of withdrawn slots, which the caller has locked, and write to the patients who had them."""
        database.require_transaction()
        closed = await database.fetch(_WITHDRAW, {"slot_ids": list(slot_ids), "now": clock.now()})
        standing = cls.find_with_details([row["id"] for row in closed if row["stood"]])
        for offer in await standing.select_related("patient__account"):
            if (account := await offer.patient.account) and (slot := offer.slot):
                details: dict[str, Any] = {"offer_id": str(offer.id), "waits": offer.entry_id is not None}
                details["term"] = slot.clinic.describe_slot(slot.starts_at)
                await Message.post(MessageKind.TERM_WITHDRAWN, account, visit_id=offer.visit_id, **details)

    async def is_still_relevant(self) -> bool:
        """Whether the patient is still waiting for a slot, or still has the visit that cannot take place."""
        if self.entry_id:
            return bool(await database.fetch(_FIND_WAITING, {"entry_id": self.entry_id}))
        return await self._slot_of_absent_doctor().exists()

    @classmethod
    async def expire_due(cls) -> int:
        """Close offers that are over, released or no longer acceptable, and free the slots of closed offers."""
        now = clock.now()
        await database.fetch(_EXPIRE, {"now": now})
        await database.fetch(_DECLINE_RELEASED, {"now": now})
        values = {"now": now, "zone": settings.TIME_ZONE.key, **booking_rules.limits()}
        await database.fetch(_CLOSE_UNACCEPTABLE.format(**_RULES), values)
        async with in_transaction():
            stale = [UUID(str(row["id"])) for row in await database.fetch(_FIND_STALE)]
            await Slot.filter(id__in=stale).update(**NOT_HELD)
            await Slot.queue_for_waiting_list(*stale)
        return len(stale)


# `stood`: the patient could still accept the offer, because it had not expired and they had not released its slot.
_WITHDRAW = """
    UPDATE offer SET answer = 'CLOSED', answered_at = :now::timestamptz
    WHERE offer.slot_id = ANY(:slot_ids::uuid[]) AND offer.answer = 'OPEN'
    RETURNING offer.id, offer.expires_at > :now::timestamptz AND EXISTS (
        SELECT 1 FROM slot WHERE slot.id = offer.slot_id AND slot.is_offer AND slot.held_by_id = offer.patient_id
    ) AS stood
"""
_FIND_UNTOLD = """
    SELECT offer.id
    FROM offer
    JOIN slot ON slot.id = offer.slot_id
    LEFT JOIN account ON account.patient_id = offer.patient_id AND account.closed_at IS NULL
    WHERE offer.answer = 'OPEN' AND offer.expires_at > :now::timestamptz AND offer.entry_id IS NOT NULL
        AND (:clinic_id::uuid IS NULL OR slot.clinic_id = :clinic_id::uuid)
        AND (account.email IS NULL OR (
            SELECT bool_and(message.state = 'failed') FROM message WHERE message.details->>'offer_id' = offer.id::text
        ))
"""
_FIND_WAITING = """
    SELECT 1 FROM waiting_list_entry
    WHERE waiting_list_entry.id = :entry_id::uuid AND waiting_list_entry.ended_at IS NULL
"""
# SKIP LOCKED: an offer that is being changed right now is left to the next run.
_EXPIRE = """
    UPDATE offer SET answer = 'LAPSED', answered_at = :now::timestamptz
    WHERE offer.id IN (
        SELECT offer.id FROM offer
        WHERE offer.answer = 'OPEN' AND offer.expires_at <= :now::timestamptz
        FOR UPDATE SKIP LOCKED
    )
"""
# A patient who releases the held slot declines the offer.
_DECLINE_RELEASED = """
    UPDATE offer SET answer = 'DECLINED', answered_at = :now::timestamptz
    WHERE offer.id IN (
        SELECT offer.id FROM offer
        WHERE offer.answer = 'OPEN' AND offer.slot_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM slot WHERE slot.id = offer.slot_id AND slot.is_offer AND slot.held_by_id = offer.patient_id
        )
        FOR UPDATE SKIP LOCKED
    )
"""
# The offer can no longer be accepted: the patient has booked another visit, the notice period has begun, or the
# clinic's rules have changed. The next patient is asked.
_CLOSE_UNACCEPTABLE = """
    UPDATE offer SET answer = 'CLOSED', answered_at = :now::timestamptz
    WHERE offer.id IN (
        SELECT offer.id
        FROM offer JOIN slot ON slot.id = offer.slot_id JOIN clinic ON clinic.id = slot.clinic_id
        LEFT JOIN visit ON visit.id = offer.visit_id
        WHERE offer.answer = 'OPEN' AND NOT (
            slot.starts_at >= :now::timestamptz + clinic.minimum_notice_minutes * interval '1 minute'
            AND (slot.starts_at AT TIME ZONE :zone::text)::date
                <= (:now::timestamptz AT TIME ZONE :zone::text)::date + clinic.days_ahead
            AND {has_no_overlap}
            AND (visit.clinic_id IS NOT DISTINCT FROM clinic.id OR {is_below_limit})
        )
        FOR UPDATE OF offer SKIP LOCKED
    )
"""
_RULES = {
    "has_no_overlap": booking_rules.has_no_overlap("offer.patient_id", "slot", "offer.visit_id"),
    "is_below_limit": booking_rules.is_below_limit("offer.patient_id"),
}
_FIND_STALE = """
    SELECT slot.id FROM slot
    WHERE slot.is_offer AND NOT EXISTS (
        SELECT 1 FROM offer WHERE offer.slot_id = slot.id AND offer.answer = 'OPEN'
    )
    ORDER BY slot.id
    FOR UPDATE SKIP LOCKED
"""
