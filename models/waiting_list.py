"""Waiting list: who would like a slot that comes free, in order of joining."""

from collections.abc import Collection
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from models import clock, database, hours
from models.audit import AuditEntry
from models.clinic import Clinic
from models.demand import LOCAL, WANTED
from models.doctor import Doctor
from models.intake import Form
from models.keyset import Key, behind
from models.offer import Offer
from models.patient import Patient
from models.refusal import TooManyVisits
from models.slot import Slot

if TYPE_CHECKING:
    from models.account import Account

LONGEST = timedelta(days=366)


class Outcome(StrEnum):
    SERVED = "SERVED"
    LEFT = "LEFT"
    EXPIRED = "EXPIRED"


class WaitingListEntry(Model):
    """The wish of one patient: one slot of a clinic, on some days, perhaps of one doctor, or at some hours.

    `from_minute` and `until_minute`, of a slot's begin, count from midnight on the wall clock.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="entries", on_delete=fields.RESTRICT
    )
    clinic: fields.ForeignKeyRelation[Clinic] = fields.ForeignKeyField("models.Clinic", on_delete=fields.RESTRICT)
    doctor: fields.ForeignKeyNullableRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", null=True, on_delete=fields.RESTRICT
    )
    first_day = fields.DateField()
    last_day = fields.DateField()
    from_minute = fields.IntField(null=True)
    until_minute = fields.IntField(null=True)
    joined_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(Outcome, max_length=10, null=True)
    patient_id: UUID
    clinic_id: UUID

    class Meta:
        table = "waiting_list_entry"

    @classmethod
    async def join(
        cls, *, patient: Patient, by: "Account", clinic_id: UUID, doctor_id: UUID | None, first_day: date,
        last_day: date, earliest: time | None, latest: time | None,
    ) -> Self:  # fmt: skip
        """Wait for a slot that comes free; the same wish said twice is one entry, in its first place."""
        clinic = await _checked(clinic_id, doctor_id, first_day, last_day, earliest, latest)
        wish: dict[str, Any] = {
            "patient_id": patient.id, "clinic_id": clinic.id, "doctor_id": doctor_id, "first_day": first_day,
            "last_day": last_day, "from_minute": _minutes(earliest), "until_minute": _minutes(latest),
        }  # fmt: skip
        async with in_transaction():
            await Patient.lock(patient.id)
            entry = await cls.filter(**wish, ended_at=None).first()
            if entry is None:
                await cls._check_count(patient.id, clinic)
                held = await Slot.filter(clinic_id=clinic.id, held_until__gt=clock.now()).values_list("id", flat=True)
                locked = await Slot.lock(*(UUID(str(id_)) for id_ in held))
                entry = await cls.create(**wish, joined_at=clock.now())
                await Slot.queue(*locked)  # what others hold at this moment comes free for those who wait
                await AuditEntry.record("join_waiting_list", account=by, patient_id=patient.id, subject_id=entry.id)
        return await cls.get(id=entry.id).select_related("clinic", "doctor")

    @classmethod
    async def _check_count(cls, patient_id: UUID, clinic: Clinic) -> None:
        """As many wishes as planned visits, and no wish where another visit could not be booked."""
        limit = clinic.planned_visits_per_patient
        planned = await database.rows(_PLANNED, [patient_id, clinic.id, clock.now()])
        waiting = await cls.waiting(patient_id).filter(clinic_id=clinic.id).count()
        if max(planned[0]["count"], waiting) >= limit:
            raise TooManyVisits(limit=limit)

    @classmethod
    def waiting(cls, patient_id: UUID) -> QuerySet[Self]:
        return cls.filter(patient_id=patient_id, ended_at=None)

    @classmethod
    async def leave(cls, entry_id: UUID, *, patient: Patient, by: "Account") -> bool:
        """Wait no longer; what was offered is offered to the next. False when there was no such entry of theirs."""
        async with in_transaction():
            await Patient.lock(patient.id)
            mine = cls.waiting(patient.id).filter(id=entry_id)
            if not await mine.update(ended_at=clock.now(), outcome=Outcome.LEFT):
                return False
            await Offer.overtaken(entry_id=entry_id)
            await AuditEntry.record("leave_waiting_list", account=by, patient_id=patient.id, subject_id=entry_id)
        return True

    @classmethod
    async def leave_all(cls, patient: Patient, *, by: "Account") -> None:
        for entry in await cls.waiting(patient.id):
            await cls.leave(entry.id, patient=patient, by=by)

    @classmethod
    async def served(cls, patient_id: UUID, slot_id: UUID) -> None:
        """The patient's visit is on this slot: every wish that it grants is over, and what was offered for it."""
        ended = await database.rows(_SERVED, [patient_id, slot_id, clock.now(), settings.TIME_ZONE.key])
        await Offer.taken(patient_id, slot_id)
        await Offer.overtaken(entry_id__in=[row["id"] for row in ended])

    @classmethod
    async def expire(cls) -> None:
        """Wishes whose last day is over."""
        await database.rows(_EXPIRED, [clock.now(), clock.today()])

    @classmethod
    async def listed(cls, patient_id: UUID, after: Key | None, limit: int) -> list[Self]:
        """What a patient waits for, in order of joining."""
        query = cls.waiting(patient_id).filter(behind("joined_at", after))
        return await query.order_by("joined_at", "id").limit(limit).select_related("clinic", "doctor")

    @classmethod
    async def offers(cls, ids: Collection[UUID]) -> dict[UUID | None, Offer]:
        """What is held for each of these entries at the moment."""
        return {offer.entry_id: offer for offer in await Offer.standing(entry_id__in=list(ids))}


async def _checked(
    clinic_id: UUID, doctor_id: UUID | None, first: date, last: date, earliest: time | None, latest: time | None
) -> Clinic:
    form, today = Form(), clock.today()
    clinic = await Clinic.get_or_none(id=clinic_id)
    if clinic is None:
        form.wrong("clinicId", "NOT_AVAILABLE")
    if doctor_id and not await Doctor.filter(id=doctor_id, clinics__id=clinic_id).exists():
        form.wrong("doctorId", "NOT_AVAILABLE")
    if first > today + LONGEST:
        form.wrong("from", "OUT_OF_RANGE")
    if not max(first, today) <= last <= today + LONGEST:
        form.wrong("until", "OUT_OF_RANGE")
    if earliest and latest is not None and earliest > latest:
        form.wrong("latest", "OUT_OF_RANGE")
    form.check()
    assert clinic  # noqa: S101 - the form has said so  # nosec B101
    return clinic


def _minutes(wall: time | None) -> int | None:
    return None if wall is None else hours.minutes_of(wall)


_PLANNED = """
    SELECT count(*) FROM visit WHERE patient_id = $1::uuid AND clinic_id = $2::uuid AND ends_at > $3::timestamptz
    AND status IN ('BOOKED', 'ARRIVED')
"""
_EXPIRED = """
    UPDATE waiting_list_entry SET ended_at = $1::timestamptz, outcome = 'EXPIRED' WHERE id IN (
        SELECT id FROM waiting_list_entry WHERE ended_at IS NULL AND last_day < $2::date FOR UPDATE SKIP LOCKED)
"""
_SERVED = f"""
    UPDATE waiting_list_entry entry SET ended_at = $3::timestamptz, outcome = 'SERVED'
    FROM {LOCAL.format(zone="$4::text", which="slot.id = $2::uuid")}
    WHERE entry.patient_id = $1::uuid AND {WANTED} RETURNING entry.id
"""  # noqa: S608 - constants of this module  # nosec B608
