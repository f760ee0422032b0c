"""What a visit is, and which there are: its row and the questions about it; the verbs are in models.visit."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from uuid6 import uuid7

from models import clock
from models.clinic import Clinic
from models.doctor import Doctor
from models.keyset import Key, behind
from models.patient import Patient
from models.refusal import TooManyVisits, VisitNotFound
from models.slot import Slot
from models.visit_change import VisitChange
from models.visit_status import Channel, Status

SHOWN = ("clinic", "doctor", "slot", "patient__account")  # all that an answer shows of a visit


class VisitFacts(Model):
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
    def doctor_is_absent(self) -> bool:
        """The doctor will not be there; what to do is the patient's choice, and no rule of the clinic binds it."""
        return self.status == Status.BOOKED and self.slot.absence_id is not None

    @property
    def cancellable_until(self) -> datetime:
        notice = 0 if self.doctor_is_absent else self.clinic.cancel_until_minutes
        return self.starts_at - timedelta(minutes=notice)

    class Meta:
        abstract = True

    @classmethod
    async def whole(cls, visit_id: UUID) -> Self:
        """The visit with all that an answer shows of it."""
        return await cls.get(id=visit_id).select_related(*SHOWN)

    @classmethod
    async def of_patient(cls, visit_id: UUID, patient: Patient) -> Self | None:
        mine = cls.get_or_none(id=visit_id, patient_id=patient.id)
        return await mine.select_related(*SHOWN)

    @classmethod
    async def patient_of(cls, visit_id: UUID) -> Patient:
        """Whose visit it is: that never changes."""
        visit = await cls.get_or_none(id=visit_id).select_related("patient")
        if visit is None:
            raise VisitNotFound
        return visit.patient

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
        return await page.select_related(*SHOWN)

    @classmethod
    def at_that_time(cls, patient_id: UUID, term: "Slot | Self") -> QuerySet[Self]:
        """The patient's visits in the time of a slot or another visit."""
        overlapping = cls.filter(patient_id=patient_id, starts_at__lt=term.ends_at, ends_at__gt=term.starts_at)
        return overlapping.exclude(status=Status.CANCELLED)

    @classmethod
    async def too_many(cls, patient_id: UUID, clinic: Clinic) -> TooManyVisits | None:
        """The clinic's rule of how many planned visits one patient may have, if it speaks against another one."""
        limit = clinic.planned_visits_per_patient
        planned = await cls.planned(patient_id).filter(clinic_id=clinic.id).count()
        return TooManyVisits(limit=limit) if planned >= limit else None
