"""Visit (wizyta): a patient's booked slot with a doctor; rules are checked in the order in which reception checks."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

from infra import clock, database
from infra.keyset import Key, rows_after
from models.accounts.patient import Patient
from models.events import slot_events
from models.events.event import EventType
from models.refusals import constraints
from models.refusals.booking import SlotNotFound, SlotTaken, VisitNotChangeable, VisitNotFound, VisitsOverlap
from models.slots import booking_rules
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.actor import Actor
from models.values.idempotency_key import IdempotencyKey, KeyClaim
from models.values.visit_status import Channel, Status
from models.visits import booking_rows, quick_booking, side_effects, stepwise_booking, visit_details
from models.visits.rivals import rivals
from models.visits.visit_history import VisitChange

if TYPE_CHECKING:
    from models.accounts.account import Account

WITH_DETAILS = ("clinic", "doctor", "slot", "patient__account")  # what a response shows of a visit


class Visit(Model):
    """Its times, clinic and doctor are those of its slot, and the slot refers to it: foreign keys ensure both.

    `doctor_back_at`: when the doctor returned early from an absence, if the patient had been notified of that absence.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    reference = fields.CharField(9, unique=True)
    status = fields.CharEnumField(Status, max_length=10, default=Status.BOOKED)
    channel = fields.CharEnumField(Channel, max_length=10)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="visits", on_delete=fields.RESTRICT
    )
    slot: fields.ForeignKeyRelation[Slot] = fields.ForeignKeyField("models.Slot", on_delete=fields.RESTRICT)
    clinic: fields.ForeignKeyRelation[Clinic] = fields.ForeignKeyField("models.Clinic", on_delete=fields.RESTRICT)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField("models.Doctor", on_delete=fields.RESTRICT)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    reason = fields.CharField(500, null=True)
    booked_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    cancelled_at = fields.DatetimeField(null=True)
    confirmed_at = fields.DatetimeField(null=True)
    sequence = fields.IntField(default=0)
    doctor_back_at = fields.DatetimeField(null=True)
    changes: fields.ReverseRelation[VisitChange]
    slot_id: UUID
    clinic_id: UUID
    patient_id: UUID

    @property
    def doctor_is_absent(self) -> bool:
        """Whether the doctor will be absent: if so, the patient may move or cancel despite the clinic's rules."""
        return self.status == Status.BOOKED and self.slot.absence_id is not None

    @property
    def cannot_take_place(self) -> bool:
        """Whether it is booked, but its doctor will be absent or retired, or its clinic closed."""
        return self.doctor_is_absent or (self.status == Status.BOOKED and self.slot.place_closed_at is not None)

    @property
    def cancellable_until(self) -> datetime:
        notice = 0 if self.cannot_take_place else self.clinic.cancel_until_minutes
        return self.starts_at - timedelta(minutes=notice)

    class Meta:
        table = "visit"

    @classmethod
    async def get_with_details(cls, visit_id: UUID) -> Self:
        """The visit with everything that a response shows of it."""
        visit = await visit_details.find(cls, visit_id)
        if visit is None:
            raise LookupError("There is no such visit.")
        return visit

    @classmethod
    async def find_for_patient(cls, visit_id: UUID, patient: Patient) -> Self | None:
        """The visit, if it is this patient's, even if their record has joined another one meanwhile."""
        joined = Patient.filter(id=patient.id, joined_to_id__isnull=False).values("joined_to_id")
        mine = cls.filter(Q(patient_id=patient.id) | Q(patient_id__in=Subquery(joined)), id=visit_id)
        return await mine.select_related(*WITH_DETAILS).first()

    @classmethod
    async def find_patient(cls, visit_id: UUID) -> Patient:
        """The visit's patient; raises VisitNotFound."""
        visit = await cls.get_or_none(id=visit_id).select_related("patient")
        if visit is None:
            raise VisitNotFound
        return visit.patient

    @classmethod
    def planned(cls, patient_id: UUID) -> QuerySet[Self]:
        return cls.filter(patient_id=patient_id, status__in=[Status.BOOKED, Status.ARRIVED], ends_at__gt=clock.now())

    @classmethod
    async def list_page(
        cls,
        patient_id: UUID,
        after: Key | None,
        limit: int,
        *,
        past: bool,
        statuses: Collection[Status] | None = None,
        clinic_ids: Collection[UUID] | None = None,
    ) -> list[Self]:
        """Planned visits, soonest first; with `past`, the others, latest first; limited by status and clinic."""
        if past:
            over = Q(ends_at__lte=clock.now()) | Q(status__not_in=[Status.BOOKED, Status.ARRIVED])
            query, order = cls.filter(over, patient_id=patient_id), ("-starts_at", "-id")
        else:
            query, order = cls.planned(patient_id), ("starts_at", "id")
        if statuses is not None:
            query = query.filter(status__in=list(statuses))
        if clinic_ids is not None:
            query = query.filter(clinic_id__in=list(clinic_ids))
        page = query.filter(rows_after("starts_at", after, descending=past)).order_by(*order).limit(limit)
        return await page.select_related(*WITH_DETAILS)

    @classmethod
    def overlapping(cls, patient_id: UUID, period: "Slot | Self") -> QuerySet[Self]:
        """The patient's visits that overlap a slot or another visit."""
        overlapping = cls.filter(patient_id=patient_id, starts_at__lt=period.ends_at, ends_at__gt=period.starts_at)
        return overlapping.exclude(status__in=[Status.CANCELLED, Status.NO_SHOW])

    @classmethod
    async def book(
        cls,
        slot_id: UUID,
        *,
        patient: Patient,
        by: "Account | Actor",
        reason: str | None = None,
        key: str | None = None,
    ) -> Self:
        """Book a free slot for the patient; BookVisitResult in the schema lists the refusals."""
        actor, patient_id = Actor.acting(by), patient.id

        async def change() -> Self:
            return await stepwise_booking.book(cls, slot_id, patient_id, reason, actor)

        whose = None if actor.is_patient else patient.id  # not a patient's own id: their record may join another one
        request = ["book", slot_id, whose, reason, *actor.fingerprint]
        if key is None and await rivals.lose(slot_id, booking_rows.is_taken):
            raise SlotTaken(slot_id=str(slot_id))  # losers learn this without a connection or lock of their own
        async with rivals.take_turn(slot_id):
            claim = KeyClaim.of(actor.by.id, key, request)
            if visit := await quick_booking.book(cls, slot_id, patient, reason, actor, claim):
                return visit
            try:
                return await cls._run_once(actor, key, request, change)
            except stepwise_booking.Overtaken:  # the second try reads the current rows
                patient_id = await Patient.find_current_id(patient_id)
                return await cls._run_once(actor, key, request, change)

    @classmethod
    async def reschedule(
        cls, visit_id: UUID, slot_id: UUID, *, patient: Patient, by: "Account | Actor", key: str | None = None
    ) -> Self:
        """Move the visit to another free slot; the old slot is freed only if the new one is taken."""
        actor = Actor.acting(by)

        async def change() -> Self:
            visit = await cls.lock(visit_id, patient)
            slots = await Slot.lock(visit.slot_id, slot_id)
            visit._check_changeable(actor)
            if (slot := slots.get(slot_id)) is None:
                raise SlotNotFound
            if slot.id != visit.slot_id:  # otherwise the visit is already there
                await visit._move(slot, actor)
            return visit

        request = ["reschedule", visit_id, slot_id, *actor.fingerprint]
        return await cls._run_once(actor, key, request, change)

    async def _move(self, slot: Slot, actor: Actor) -> None:
        is_elsewhere = slot.clinic_id != self.clinic_id
        slot.clinic = await slot.clinic if is_elsewhere else self.clinic
        await slot.check_bookable(self.patient.id, actor)
        if is_elsewhere and (refusal := await booking_rules.find_limit_refusal(self.patient, await slot.clinic)):
            actor.raise_or_override(refusal)
        old_slot, old_starts_at = self.slot, self.starts_at
        is_free = await Slot.free(old_slot.id, self.id)
        await Slot.claim(slot.id, self.id, self.patient.id)
        self.status = Status.BOOKED  # a patient who had arrived has to come again
        self.confirmed_at = None
        self.sequence += 1
        await self.put_on(slot)
        await side_effects.after_move(self, actor, old_slot.id, old_starts_at)
        if not is_free:
            await slot_events.append(EventType.SLOTS_WITHDRAWN, [old_slot])

    @classmethod
    async def cancel(
        cls,
        visit_id: UUID,
        *,
        patient: Patient,
        by: "Account | Actor",
        reason: str | None = None,
        key: str | None = None,
    ) -> Self:
        """Cancel the visit; its slot is freed or withdrawn (`Slot.free`)."""
        actor = Actor.acting(by)

        async def change() -> Self:
            visit = await cls.lock(visit_id, patient)
            await Slot.lock(visit.slot_id)
            visit._check_changeable(actor)
            is_free = await Slot.free(visit.slot_id, visit.id)
            former, visit.status, visit.cancelled_at = visit.status, Status.CANCELLED, clock.now()
            visit.sequence += 1
            await visit.write()
            await side_effects.after_cancellation(visit, actor, reason, former)
            if not is_free:
                await slot_events.append(EventType.SLOTS_WITHDRAWN, [visit.slot])
            return visit

        request = ["cancel", visit_id, reason, *actor.fingerprint]
        return await cls._run_once(actor, key, request, change)

    @classmethod
    async def _run_once(
        cls, actor: Actor, key: str | None, request: list[Any], change: Callable[[], Awaitable[Self]]
    ) -> Self:
        """The visit as `change` returns it, or, if the request is repeated, as it is now."""
        changed: Self | None = None

        async def action() -> UUID:
            nonlocal changed
            changed = await change()
            return changed.id

        visit_id = await IdempotencyKey.run_once(actor.by.id, key, request, action)
        return changed or await cls.get_with_details(visit_id)

    @classmethod
    async def lock(cls, visit_id: UUID, patient: Patient) -> Self:
        """The patient's visit with its details; locking the patient prevents changes to it in the meantime."""
        database.require_transaction()
        locked = await Patient.lock(patient.id)
        visit = await visit_details.find(cls, visit_id)
        if visit is None or visit.patient_id != locked.id:
            raise VisitNotFound
        return visit

    def _check_changeable(self, actor: Actor) -> None:
        if self.status != Status.BOOKED or clock.now() >= self.cancellable_until:
            until = self.cancellable_until.isoformat()
            actor.raise_or_override(VisitNotChangeable(status=self.status.value, cancellable_until=until))

    async def put_on(self, slot: Slot) -> None:
        self.slot, self.clinic, self.doctor = slot, await slot.clinic, await slot.doctor
        self.starts_at, self.ends_at = slot.starts_at, slot.ends_at
        await self.write()

    async def write(self) -> None:
        """Save the visit; the database refuses a time that overlaps another visit of the patient."""
        self.changed_at = clock.now()
        try:
            async with in_transaction():
                await self.save()
        except IntegrityError as broken:
            if not isinstance(constraints.find_refusal(broken), VisitsOverlap):
                raise
            rival = await Visit.overlapping(self.patient.id, self).exclude(id=self.id).first()
            raise VisitsOverlap(visit_id=str(rival.id) if rival else "") from None
