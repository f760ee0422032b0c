"""Slot (termin): a doctor's time at a clinic that one visit can take; free, held for a moment, taken or withdrawn."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from models import clock, demand
from models.audit import AuditEntry
from models.clinic import Clinic
from models.doctor import Doctor
from models.errand import Errand
from models.patient import Patient
from models.refusal import SlotNotBookable, SlotNotFound, SlotTaken

if TYPE_CHECKING:
    from models.account import Account

NOT_HELD: dict[str, Any] = {"held_by_id": None, "held_until": None, "is_offer": False}


class Slot(Model):
    """The database keeps: a doctor's slots never overlap, a slot has one visit at most, a patient one online hold.

    `is_offer`: held for somebody by the centre, not by their own wish (models/offer.py). `queued_at`: since when it is
    the waiting list's turn (models/turn.py). `closed_reason`: why it is blocked. `absence_id`: its doctor will not be
    there; its visit stays until the patient has another term, then it is withdrawn.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    clinic: fields.ForeignKeyRelation[Clinic] = fields.ForeignKeyField("models.Clinic", on_delete=fields.RESTRICT)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField("models.Doctor", on_delete=fields.RESTRICT)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    visit_id = fields.UUIDField(null=True, unique=True)
    held_by_id = fields.UUIDField(null=True)
    held_until = fields.DatetimeField(null=True)
    is_offer = fields.BooleanField(default=False)
    queued_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    closed_reason = fields.CharField(500, null=True)
    absence_id = fields.UUIDField(null=True)
    schedule_id = fields.UUIDField(null=True)
    clinic_id: UUID
    doctor_id: UUID

    @property
    def is_held(self) -> bool:
        """A hold lapses by the clock alone: nobody has to be alive to lift it."""
        return self.held_until is not None and self.held_until > clock.now()

    def is_held_for_another(self, patient_id: UUID | None) -> bool:
        return self.is_held and self.held_by_id != patient_id

    def is_held_for(self, patient_id: UUID | None) -> bool:
        return self.is_held and self.held_by_id == patient_id

    @property
    def lapses_at(self) -> datetime:
        if self.held_until is None:
            raise LookupError("Nobody holds this slot.")
        return self.held_until

    def is_free_for(self, patient_id: UUID | None) -> bool:
        if self.visit_id or self.withdrawn_at or self.is_held_for_another(patient_id):
            return False
        return self.queued_at is None or self.is_held_for(patient_id)

    def obstacles(self, clinic: Clinic, now: datetime) -> Iterator[SlotNotBookable]:
        """Every rule of time and clinic that speaks against booking online, the plainest first."""
        if self.withdrawn_at:
            yield SlotNotBookable(reason="WITHDRAWN")
        if self.starts_at <= now:
            yield SlotNotBookable(reason="IN_THE_PAST")
        elif self.starts_at < now + timedelta(minutes=clinic.minimum_notice_minutes):
            yield SlotNotBookable(reason="NOTICE_TOO_SHORT")
        if clock.local(self.starts_at).date() > clock.local(now).date() + timedelta(days=clinic.days_ahead):
            yield SlotNotBookable(reason="TOO_FAR_AHEAD")

    async def offer_to(self, patient_id: UUID, errand: Errand | None = None) -> None:
        """Raise the first reason why this patient cannot have this slot; reception's errand may pass over some."""
        for obstacle in self.obstacles(await self.clinic, clock.now()):
            if errand is None:
                raise obstacle
            errand.weigh(obstacle)
        if not self.is_free_for(patient_id):
            raise SlotTaken(slot_id=str(self.id))

    @classmethod
    async def lock(cls, *ids: UUID) -> dict[UUID, Self]:
        """Second in the order of locks, after the patient: slots by id. Unknown ids are left out."""
        return {slot.id: slot for slot in await cls.filter(id__in=ids).order_by("id").select_for_update()}

    @classmethod
    async def claim(cls, slot_id: UUID, visit_id: UUID, patient_id: UUID) -> None:
        """Take the slot for a visit: of any number of rivals exactly one changes this row."""
        now = clock.now()
        free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_by_id=patient_id)
        in_turn = Q(queued_at=None) | Q(held_by_id=patient_id, held_until__gt=now)
        won = await cls.filter(free, in_turn, id=slot_id, visit_id=None, withdrawn_at=None).update(
            visit_id=visit_id, queued_at=None, **NOT_HELD
        )
        if not won:
            raise SlotTaken(slot_id=str(slot_id))

    @classmethod
    async def give_up(cls, slot_id: UUID, visit_id: UUID) -> None:
        """The visit goes; the slot is free again, first for those who wait; withdrawn when the doctor is absent."""
        mine = cls.filter(id=slot_id, visit_id=visit_id)
        if await mine.filter(absence_id=None).update(visit_id=None):
            await cls.queue(slot_id)
        else:
            await mine.update(visit_id=None, withdrawn_at=clock.now())

    @classmethod
    async def queue(cls, *ids: UUID) -> int:
        """Of these slots, locked by the caller, keep those for the waiting list that somebody there wants."""
        return await demand.queue(ids)

    @classmethod
    async def hold(cls, slot_id: UUID, *, patient: Patient, by: "Account") -> Self:
        """Keep a slot for one patient for some minutes; an earlier hold of theirs ends. Held again: the same hold."""
        async with in_transaction():
            await Patient.lock(patient.id)
            held = await cls.filter(held_by_id=patient.id, is_offer=False).values_list("id", flat=True)
            locked = await cls.lock(slot_id, *(UUID(str(id_)) for id_ in held))
            if (slot := locked.get(slot_id)) is None:
                raise SlotNotFound
            await slot.offer_to(patient.id)
            now = clock.now()
            if not slot.is_held_for(patient.id):
                await cls.filter(held_by_id=patient.id, is_offer=False).update(**NOT_HELD)
                await slot.keep_for(patient.id, now + timedelta(minutes=settings.HOLD_MINUTES), is_offer=False)
                await cls.queue(*locked)
                await AuditEntry.record("hold_slot", account=by, patient_id=patient.id, subject_id=slot.id)
        await slot.fetch_related("clinic", "doctor")
        return slot

    async def keep_for(self, patient_id: UUID, until: datetime, *, is_offer: bool) -> None:
        self.held_by_id, self.held_until, self.is_offer = patient_id, until, is_offer
        await self.save(update_fields=["held_by_id", "held_until", "is_offer"])

    @classmethod
    async def release(cls, slot_id: UUID, *, patient: Patient, by: "Account") -> bool:
        """End the patient's own hold; False when there was none."""
        async with in_transaction():
            await Patient.lock(patient.id)
            mine = cls.filter(id=slot_id, held_by_id=patient.id, held_until__gt=clock.now())
            released = bool(await mine.update(**NOT_HELD))
            if released:
                await cls.queue(slot_id)
                await AuditEntry.record("release_slot", account=by, patient_id=patient.id, subject_id=slot_id)
        return released
