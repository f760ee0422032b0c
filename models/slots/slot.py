"""Slot (termin): a doctor's time at a clinic for one visit; free, held for a while, taken or withdrawn."""

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
from infra import clock, database
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.booking import SlotNotBookable, SlotNotFound, SlotTaken
from models.slots import booking_rules, waiting_list_matching
from models.slots.booking_rules import MovableVisit
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.values import hours
from models.values.actor import Actor

if TYPE_CHECKING:
    from models.accounts.account import Account

MOMENT = timedelta(microseconds=1)  # a hold excludes its end, but the last bookable moment is included
NOT_HELD: dict[str, Any] = {"held_by_id": None, "held_until": None, "is_offer": False}


class Slot(Model):
    """The database ensures that a doctor's slots never overlap, and allows one visit per slot and one hold per patient.

    `is_offer`: it is held for an offer (waiting/offer.py); the patient did not choose it. `queued_at`: since when it
    has been kept for the waiting list (waiting/freed_slots.py). `closed_reason`: why reception blocked it.
    `is_withdrawn_by_hand`: it stays withdrawn when an absence ends.

    A slot that has a visit is withdrawn once the visit has been moved or cancelled, if one of these is set:
    `absence_id`: its doctor's absence at that time. `is_outside`: its schedule no longer contains it.
    `place_closed_at`: when it became known that its clinic will be closed, or its doctor retired, at that time.
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
    is_outside = fields.BooleanField(default=False)
    is_withdrawn_by_hand = fields.BooleanField(default=False)
    schedule_id = fields.UUIDField(null=True)
    place_closed_at = fields.DatetimeField(null=True)
    clinic_id: UUID
    doctor_id: UUID

    @property
    def is_held(self) -> bool:
        """A hold expires by the clock: no process has to end it."""
        return self.held_until is not None and self.held_until > clock.now()

    def is_held_for_another(self, patient_id: UUID | None) -> bool:
        return self.is_held and self.held_by_id != patient_id

    def is_held_for(self, patient_id: UUID | None) -> bool:
        return self.is_held and self.held_by_id == patient_id

    @property
    def hold_expires_at(self) -> datetime:
        if self.held_until is None:
            raise LookupError("Nobody holds this slot.")
        return self.held_until

    def is_free_for(self, patient_id: UUID | None) -> bool:
        if self.visit_id or self.withdrawn_at or self.is_held_for_another(patient_id):
            return False
        return self.queued_at is None or self.is_held_for(patient_id)

    def find_refusals(self, clinic: Clinic, now: datetime) -> Iterator[SlotNotBookable]:
        """Why the slot itself cannot be booked online, apart from being taken; the most obvious reason first."""
        if self.withdrawn_at:
            yield SlotNotBookable(reason="CLOSED" if self.place_closed_at else "WITHDRAWN")
        if self.starts_at <= now:
            yield SlotNotBookable(reason="IN_THE_PAST")
        elif self.starts_at < now + timedelta(minutes=clinic.minimum_notice_minutes):
            yield SlotNotBookable(reason="NOTICE_TOO_SHORT")
        if clock.local(self.starts_at).date() > clock.local(now).date() + timedelta(days=clinic.days_ahead):
            yield SlotNotBookable(reason="TOO_FAR_AHEAD")

    async def check_bookable(self, patient_id: UUID, actor: Actor | None = None) -> None:
        """Raise the first refusal for this patient; reception may override the clinic's rules."""
        for refusal in self.find_refusals(await self.clinic, clock.now()):
            if actor is None:
                raise refusal
            actor.raise_or_override(refusal)
        if not self.is_free_for(patient_id):
            raise SlotTaken(slot_id=str(self.id))

    @classmethod
    async def lock(cls, *ids: UUID) -> dict[UUID, Self]:
        """Lock slots, last in the order doctor, patient, slots, and in the order of their ids; ignore unknown ids."""
        database.require_transaction()
        return {slot.id: slot for slot in await cls.filter(id__in=ids).order_by("id").select_for_update()}

    @classmethod
    async def lock_held(cls, *patient_ids: UUID) -> dict[UUID, Self]:
        """Lock the slots that these patients hold themselves or that are held for them by an offer."""
        held = await cls.filter(held_by_id__in=patient_ids).values_list("id", flat=True)
        return await cls.lock(*(UUID(str(id_)) for id_ in held))

    @classmethod
    async def claim(cls, slot_id: UUID, visit_id: UUID, patient_id: UUID) -> None:
        """Take the slot for a visit: of any number of concurrent claims one succeeds; the others raise SlotTaken."""
        database.require_transaction()
        now = clock.now()
        free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_by_id=patient_id)
        not_queued = Q(queued_at=None) | Q(held_by_id=patient_id, held_until__gt=now)
        claimed = await cls.filter(free, not_queued, id=slot_id, visit_id=None, withdrawn_at=None).update(
            visit_id=visit_id, queued_at=None, **NOT_HELD
        )
        if not claimed:
            raise SlotTaken(slot_id=str(slot_id))

    @classmethod
    async def free(cls, slot_id: UUID, visit_id: UUID) -> bool:
        """Remove the visit from its slot, and free (for the waiting list first) or withdraw the slot; True if freed."""
        database.require_transaction()
        mine = cls.filter(id=slot_id, visit_id=visit_id)
        is_free = bool(await mine.filter(absence_id=None, is_outside=False, place_closed_at=None).update(visit_id=None))
        if is_free:
            await cls.queue_for_waiting_list(slot_id)
        else:
            await mine.update(visit_id=None, withdrawn_at=clock.now())
        return is_free

    @classmethod
    async def queue_for_waiting_list(cls, *ids: UUID) -> int:
        """Reserve for the waiting list the slots among these that match an entry; the caller has locked them all."""
        return await waiting_list_matching.queue_matched(ids)

    @classmethod
    async def hold(cls, slot_id: UUID, *, patient: Patient, by: "Account", moved_id: UUID | None = None) -> Self:
        """Hold a slot the patient may take, to book it or to move the visit `moved_id` there; their earlier hold ends.

        A repeated hold is not extended.
        """
        async with in_transaction():
            record = await Patient.lock(patient.id)
            held = await cls.filter(held_by_id=record.id, is_offer=False).values_list("id", flat=True)
            locked = await cls.lock(slot_id, *(UUID(str(id_)) for id_ in held))
            if (slot := locked.get(slot_id)) is None:
                raise SlotNotFound
            await slot.check_bookable(record.id)
            clinic = await slot.clinic
            moved = await MovableVisit.find(moved_id, record.id) if moved_id else None
            if refusals := await booking_rules.find_refusals(record, slot, clinic, moved):
                raise refusals[-1]  # the limit takes precedence over the overlap, as in booking
            if not slot.is_held_for(record.id):
                until = slot._find_hold_end(clinic, moved)
                await cls.filter(held_by_id=record.id, is_offer=False).update(**NOT_HELD)
                await slot.hold_until(record.id, until, is_offer=False)
                await cls.queue_for_waiting_list(*locked)
                await AuditEntry.record("hold_slot", account=by, patient_id=record.id, subject_id=slot.id)
        await slot.fetch_related("clinic", "doctor")
        return slot

    def _find_hold_end(self, clinic: Clinic, moved: MovableVisit | None) -> datetime:
        """When a hold ends: after HOLD_MINUTES, or earlier if the slot ceases to be bookable or service hours end."""
        now = clock.now()
        ends = [now + timedelta(minutes=settings.HOLD_MINUTES), self.last_bookable_at(clinic) + MOMENT]
        if moved:
            ends.append(moved.until)
        if not hours.is_always_open():
            ends.append(hours.next_closing(now))
        if min(ends) <= now:
            raise SlotNotBookable(reason="NOTICE_TOO_SHORT")
        return min(ends)

    def last_bookable_at(self, clinic: Clinic) -> datetime:
        """The last moment at which the clinic's minimum notice allows booking."""
        return self.starts_at - timedelta(minutes=clinic.minimum_notice_minutes)

    async def hold_until(self, patient_id: UUID, until: datetime, *, is_offer: bool) -> None:
        self.held_by_id, self.held_until, self.is_offer = patient_id, until, is_offer
        await self.save(update_fields=["held_by_id", "held_until", "is_offer"])

    @classmethod
    async def release(cls, slot_id: UUID, *, patient: Patient, by: "Account") -> bool:
        """End the patient's own hold; False if there was none."""
        async with in_transaction():
            record = await Patient.lock(patient.id)
            mine = cls.filter(id=slot_id, held_by_id=record.id, held_until__gt=clock.now())
            released = bool(await mine.update(**NOT_HELD))
            if released:
                await cls.queue_for_waiting_list(slot_id)
                await AuditEntry.record("release_slot", account=by, patient_id=record.id, subject_id=slot_id)
        return released
