"""Visit (wizyta): a patient's booked term with a doctor; its rules in the order in which a receptionist would ask."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

from models import aftermath, clock, reference
from models.clinic import Clinic
from models.doctor import Doctor
from models.kept_answer import KeptAnswer
from models.keyset import Key, behind
from models.patient import Patient
from models.refusal import SlotNotFound, TooManyVisits, VisitNotChangeable, VisitNotFound, VisitsOverlap
from models.slot import Slot
from models.visit_change import VisitChange
from models.visit_status import Channel, Status

if TYPE_CHECKING:
    from models.account import Account


class Visit(Model):
    """Times, clinic and doctor are its slot's, and the slot points back: foreign keys of the database see to it."""

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
    sequence = fields.IntField(default=0)
    changes: fields.ReverseRelation[VisitChange]
    slot_id: UUID
    clinic_id: UUID
    patient_id: UUID

    @property
    def cancellable_until(self) -> datetime:
        return self.starts_at - timedelta(minutes=self.clinic.cancel_until_minutes)

    @classmethod
    async def book(
        cls,
        slot_id: UUID,
        *,
        patient: Patient,
        by: "Account",
        reason: str | None = None,
        channel: Channel = Channel.ONLINE,
        key: str | None = None,
    ) -> Self:
        """Take a free slot for the patient. Refusals: see BookVisitResult in the schema."""

        async def deed() -> UUID:
            locked = await Patient.lock(patient.id)  # `patient` may remember relations read in another transaction
            if (slot := (await Slot.lock(slot_id)).get(slot_id)) is None:
                raise SlotNotFound
            await slot.offer_to(patient.id)
            await cls._check_count(locked, await slot.clinic)
            return await cls._take(slot, locked, by, reason, channel)

        return await cls._whole(await KeptAnswer.once(by.id, key, ["book", slot_id, patient.id, reason], deed))

    @classmethod
    async def _take(cls, slot: Slot, patient: Patient, by: "Account", reason: str | None, channel: Channel) -> UUID:
        visit = cls(reference=reference.new(), channel=channel, patient=patient, reason=reason, booked_at=clock.now())
        await Slot.claim(slot.id, visit.id, patient.id)
        await visit._put_on(slot)
        await aftermath.booked(visit, by)
        return visit.id

    @classmethod
    async def reschedule(
        cls, visit_id: UUID, slot_id: UUID, *, patient: Patient, by: "Account", key: str | None = None
    ) -> Self:
        """Move the visit to another free slot: the old one is given up only when the new one is won."""

        async def deed() -> UUID:
            visit = await cls._lock(visit_id, patient)
            slots = await Slot.lock(visit.slot_id, slot_id)
            visit.check_changeable()
            if (slot := slots.get(slot_id)) is None:
                raise SlotNotFound
            if slot.id != visit.slot_id:  # moved to where it is: nothing to do
                await visit._move(slot, by)
            return visit.id

        return await cls._whole(await KeptAnswer.once(by.id, key, ["reschedule", visit_id, slot_id], deed))

    async def _move(self, slot: Slot, by: "Account") -> None:
        await slot.offer_to(self.patient.id)
        if slot.clinic_id != self.clinic_id:
            await self._check_count(self.patient, await slot.clinic)
        old_slot_id, old_starts_at = self.slot_id, self.starts_at
        await Slot.give_up(old_slot_id, self.id)
        await Slot.claim(slot.id, self.id, self.patient.id)
        self.sequence += 1
        await self._put_on(slot)
        await aftermath.moved(self, by, old_slot_id, old_starts_at)

    @classmethod
    async def cancel(
        cls, visit_id: UUID, *, patient: Patient, by: "Account", reason: str | None = None, key: str | None = None
    ) -> Self:
        """Give the visit up; its slot is free again at once."""

        async def deed() -> UUID:
            visit = await cls._lock(visit_id, patient)
            await Slot.lock(visit.slot_id)
            visit.check_changeable()
            await Slot.give_up(visit.slot_id, visit.id)
            visit.status, visit.cancelled_at = Status.CANCELLED, clock.now()
            visit.sequence += 1
            await visit._write()
            await aftermath.cancelled(visit, by, reason)
            return visit.id

        return await cls._whole(await KeptAnswer.once(by.id, key, ["cancel", visit_id, reason], deed))

    @classmethod
    async def _lock(cls, visit_id: UUID, patient: Patient) -> Self:
        """The patient's own visit, after their lock: nobody else can change it until the transaction ends."""
        await Patient.lock(patient.id)
        visit = await cls.get_or_none(id=visit_id, patient_id=patient.id).select_related("clinic", "patient", "slot")
        if visit is None:
            raise VisitNotFound
        return visit

    def check_changeable(self) -> None:
        until = self.starts_at if self.slot.absence_id else self.cancellable_until  # the centre's doing: no rule
        if self.status != Status.BOOKED or clock.now() >= until:
            raise VisitNotChangeable(status=self.status.value, cancellable_until=self.cancellable_until.isoformat())

    @classmethod
    async def _check_count(cls, patient: Patient, clinic: Clinic) -> None:
        planned = await cls.planned(patient.id).filter(clinic_id=clinic.id).count()
        if planned >= clinic.planned_visits_per_patient:
            raise TooManyVisits(limit=clinic.planned_visits_per_patient)

    async def _put_on(self, slot: Slot) -> None:
        self.slot, self.clinic, self.doctor = slot, await slot.clinic, await slot.doctor
        self.starts_at, self.ends_at = slot.starts_at, slot.ends_at
        await self._write()

    async def _write(self) -> None:
        """Save; the database refuses what overlaps another visit of the patient, whoever wrote that one."""
        self.changed_at = clock.now()
        try:
            async with in_transaction():
                await self.save()
        except IntegrityError as refused:
            if getattr(refused.args[0], "constraint_name", None) != "visit_patient_overlap":
                raise
            others = Visit.filter(patient_id=self.patient.id, starts_at__lt=self.ends_at, ends_at__gt=self.starts_at)
            rival = await others.exclude(id=self.id).exclude(status=Status.CANCELLED).first()
            raise VisitsOverlap(visit_id=str(rival.id) if rival else "") from None

    @classmethod
    async def _whole(cls, visit_id: UUID) -> Self:
        """The visit with all that an answer shows of it."""
        return await cls.get(id=visit_id).select_related("clinic", "doctor", "patient__account")

    @classmethod
    async def of_patient(cls, visit_id: UUID, patient: Patient) -> Self | None:
        mine = cls.get_or_none(id=visit_id, patient_id=patient.id)
        return await mine.select_related("clinic", "doctor", "patient__account")

    @classmethod
    def planned(cls, patient_id: UUID) -> QuerySet[Self]:
        waiting = [Status.BOOKED, Status.ARRIVED]
        return cls.filter(patient_id=patient_id, status__in=waiting, ends_at__gt=clock.now())

    @classmethod
    async def listed(cls, patient_id: UUID, after: Key | None, limit: int, *, past: bool) -> list[Self]:
        """Planned visits, soonest first; or all others, latest first."""
        if past:
            over = Q(ends_at__lte=clock.now()) | Q(status__not_in=[Status.BOOKED, Status.ARRIVED])
            query, order = cls.filter(over, patient_id=patient_id), ("-starts_at", "-id")
        else:
            query, order = cls.planned(patient_id), ("starts_at", "id")
        page = query.filter(behind("starts_at", after, descending=past)).order_by(*order).limit(limit)
        return await page.select_related("clinic", "doctor", "patient__account")
