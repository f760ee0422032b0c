"""Waiting list: patients' wishes for slots that become free, longest-waiting first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import batches, clock, database
from infra.keyset import Key, rows_after
from models.accounts import identity
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.booking import TooManyVisits
from models.refusals.desk import WaitingListEntryNotFound
from models.slots import booking_rules
from models.slots.clinic import Clinic
from models.slots.closing_day import ClosingDays
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import hours
from models.values.form import REASON_LENGTH, Form
from models.waiting.offer import Offer

if TYPE_CHECKING:
    from models.accounts.account import Account

MAX_AHEAD = timedelta(days=366)
WITH_DETAILS = ("clinic", "doctor", "patient__account")


class WaitingOutcome(StrEnum):
    SERVED = "SERVED"
    LEFT = "LEFT"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True)
class Wish:
    """A slot at a clinic from `first_day` to `last_day`, with one doctor or any, on some weekdays, at some time of day.

    Weekdays count from 1 for Monday.
    """

    clinic_id: UUID
    doctor_id: UUID | None
    first_day: date
    last_day: date
    earliest: time | None
    latest: time | None
    weekdays: Collection[int] | None = None

    async def validate(self) -> Clinic:
        """Check the wish and return its clinic; raises InvalidInput, ClinicClosed or DoctorRetired."""
        form, today = Form(), clock.today()
        clinic = await Clinic.get_or_none(id=self.clinic_id)
        if clinic is None:
            form.add_flaw("clinicId", "NOT_AVAILABLE")
        if self.doctor_id and not await Doctor.filter(id=self.doctor_id, clinics__id=self.clinic_id).exists():
            form.add_flaw("doctorId", "NOT_AVAILABLE")
        if self.first_day > today + MAX_AHEAD:
            form.add_flaw("from", "OUT_OF_RANGE", today, today + MAX_AHEAD)
        if not max(self.first_day, today) <= self.last_day <= today + MAX_AHEAD:
            form.add_flaw("until", "OUT_OF_RANGE", max(self.first_day, today), today + MAX_AHEAD)
        if self.weekdays is not None and not self.weekdays:
            form.add_flaw("weekdays", "REQUIRED")
        for name, wall in (("earliest", self.earliest), ("latest", self.latest)):
            if wall is not None and hours.has_seconds(wall):
                form.add_flaw(name, "MALFORMED")
        if self.earliest and self.latest is not None and self.earliest > self.latest:
            form.add_flaw("latest", "OUT_OF_RANGE")
        form.raise_if_flawed()
        assert clinic  # noqa: S101 - the form has no flaw  # nosec B101
        days = await ClosingDays.find(clinic.id, self.doctor_id)
        days.check(max(self.first_day, today))
        return clinic

    def to_columns(self) -> dict[str, Any]:
        return {
            "clinic_id": self.clinic_id,
            "doctor_id": self.doctor_id,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "weekdays": self._narrowing_weekdays(),
            "from_minute": _to_minutes(self.earliest),
            "until_minute": _to_minutes(self.latest),
        }

    def _narrowing_weekdays(self) -> list[int] | None:
        """The chosen weekdays, sorted and without duplicates; None if none or all seven are chosen."""
        weekdays = sorted(set(self.weekdays or ()))
        return weekdays if len(weekdays) in range(1, 7) else None


def _to_minutes(wall_time: time | None) -> int | None:
    return None if wall_time is None else hours.to_minutes(wall_time)


class WaitingListEntry(Model):
    """A patient's wish and its outcome; a slot matches if it starts between `from_minute` and `until_minute`.

    Both are minutes since midnight on the wall clock, and inclusive.
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
    weekdays = ArrayField(element_type="int", null=True)
    from_minute = fields.IntField(null=True)
    until_minute = fields.IntField(null=True)
    joined_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(WaitingOutcome, max_length=10, null=True)
    end_reason = fields.CharField(500, null=True)
    patient_id: UUID
    clinic_id: UUID

    class Meta:
        table = "waiting_list_entry"

    @classmethod
    async def join(cls, wish: Wish, *, patient: Patient, by: "Account") -> Self:
        """Join the list; repeating the same wish returns the same entry, which keeps its place."""
        clinic = await wish.validate()
        async with in_transaction():
            record = await (Patient.lock if by.patient_id else identity.lock_centre_record)(patient.id)
            columns = wish.to_columns() | {"patient_id": record.id}
            entry = await cls.filter(**columns, ended_at=None).first()
            if entry is None:
                await cls._check_count(record, clinic)
                held = await Slot.filter(clinic_id=clinic.id, held_until__gt=clock.now()).values_list("id", flat=True)
                locked = await Slot.lock(*(UUID(str(id_)) for id_ in held))
                entry = await cls.create(**columns, joined_at=clock.now())
                await Slot.queue_for_waiting_list(*locked)  # so that the list has priority when these holds expire
                await AuditEntry.record("join_waiting_list", account=by, patient_id=record.id, subject_id=entry.id)
        return await cls.get(id=entry.id).select_related("clinic", "doctor")

    @classmethod
    async def _check_count(cls, patient: Patient, clinic: Clinic) -> None:
        """Limit wishes like planned visits; a patient who may not book another visit may not add a wish, either."""
        limit = clinic.planned_visits_per_patient
        waiting = cls.waiting(patient.id)
        if patient.is_claim and await waiting.count() >= settings.UNCONFIRMED_VISITS:
            raise TooManyVisits(limit=settings.UNCONFIRMED_VISITS, reason="UNCONFIRMED")
        if refusal := await booking_rules.find_limit_refusal(patient, clinic):
            raise refusal
        if await waiting.filter(clinic_id=clinic.id).count() >= limit:
            raise TooManyVisits(limit=limit)

    @classmethod
    def waiting(cls, patient_id: UUID) -> QuerySet[Self]:
        return cls.filter(patient_id=patient_id, ended_at=None)

    @classmethod
    async def leave(cls, entry_id: UUID, *, patient: Patient, by: "Account", reason: str | None = None) -> bool:
        """End the entry and its offer, whose slot goes to the next patient; False if the patient had no such entry."""
        async with in_transaction():
            record = await Patient.lock(patient.id)
            mine = cls.waiting(record.id).filter(id=entry_id)
            if not await mine.update(ended_at=clock.now(), outcome=WaitingOutcome.LEFT, end_reason=reason):
                return False
            await Offer.close(entry_id=entry_id)
            await AuditEntry.record("leave_waiting_list", account=by, patient_id=record.id, subject_id=entry_id)
        return True

    @classmethod
    async def leave_for(cls, entry_id: UUID, reason: str, *, by: "Account") -> Self:
        """End a patient's entry on their behalf, for a reason; raises WaitingListEntryNotFound unless it is open."""
        form = Form()
        cleaned = form.text("reason", reason, REASON_LENGTH)
        form.raise_if_flawed()
        entry = await cls.find_open(entry_id)
        if entry is None or not await cls.leave(entry_id, patient=entry.patient, by=by, reason=cleaned):
            raise WaitingListEntryNotFound
        return entry

    @classmethod
    async def leave_all(cls, patient: Patient, *, by: "Account") -> None:
        for entry in await cls.waiting(patient.id):
            await cls.leave(entry.id, patient=patient, by=by)

    @classmethod
    async def mark_served(cls, patient_id: UUID, slot_id: UUID) -> None:
        """End the patient's wishes that a visit on this slot fulfils, and the offers made for them."""
        database.require_transaction()
        values = {"patient_id": patient_id, "slot_id": slot_id, "now": clock.now(), "zone": settings.TIME_ZONE.key}
        ended = await database.fetch(_MARK_SERVED, values)
        await Offer.mark_accepted(patient_id, slot_id)
        if ended:
            await Offer.close(entry_id__in=[row["id"] for row in ended])

    @classmethod
    async def expire(cls) -> None:
        """End the entries whose last day has passed."""
        await database.fetch(_EXPIRE, {"now": clock.now(), "today": clock.today()})

    @classmethod
    async def purge(cls) -> int:
        before = clock.now() - timedelta(days=settings.WAITING_DAYS)
        offers = Subquery(Offer.exclude(entry_id=None).values("entry_id"))  # offers are kept longer
        return await batches.remove(cls.filter(ended_at__lt=before).exclude(id__in=offers))

    @classmethod
    async def list_page(
        cls, patient_id: UUID, after: Key | None, limit: int, clinic_ids: Collection[UUID] | None = None
    ) -> list[Self]:
        """The patient's open entries, longest-waiting first; only those for these clinics, if any are given."""
        query = cls.waiting(patient_id).filter(rows_after("joined_at", after))
        if clinic_ids is not None:
            query = query.filter(clinic_id__in=list(clinic_ids))
        return await query.order_by("joined_at", "id").limit(limit).select_related("clinic", "doctor")

    @classmethod
    async def find_open(cls, entry_id: UUID) -> Self | None:
        return await cls.get_or_none(id=entry_id, ended_at=None).select_related(*WITH_DETAILS)

    @classmethod
    async def find_offers(cls, ids: Collection[UUID]) -> dict[UUID | None, Offer]:
        """The offer that can still be accepted for each of these entries, if any."""
        return {offer.entry_id: offer for offer in await Offer.find_standing(entry_id__in=list(ids))}


@dataclass(frozen=True)
class WaitingListFilter:
    """All conditions must hold; `doctor_id` matches entries for this doctor or for any."""

    clinic_id: UUID | None = None
    doctor_id: UUID | None = None
    patient_id: UUID | None = None
    day: date | None = None
    allowed_clinics: Collection[UUID] | None = None

    async def find(self, after: Key | None, limit: int) -> list[WaitingListEntry]:
        """The open entries of all patients, longest-waiting first."""
        query = WaitingListEntry.filter(rows_after("joined_at", after), ended_at=None)
        wanted = {"clinic_id": self.clinic_id, "patient_id": self.patient_id}
        query = query.filter(**{name: value for name, value in wanted.items() if value is not None})
        if self.allowed_clinics is not None:
            query = query.filter(clinic_id__in=list(self.allowed_clinics))
        if self.doctor_id:
            query = query.filter(Q(doctor_id=self.doctor_id) | Q(doctor_id=None))
        if self.day:
            query = query.filter(first_day__lte=self.day, last_day__gte=self.day)
        return await query.order_by("joined_at", "id").limit(limit).select_related(*WITH_DETAILS)


_EXPIRE = """
    UPDATE waiting_list_entry SET ended_at = :now::timestamptz, outcome = 'EXPIRED'
    WHERE waiting_list_entry.id IN (
        SELECT waiting_list_entry.id FROM waiting_list_entry
        WHERE waiting_list_entry.ended_at IS NULL AND waiting_list_entry.last_day < :today::date
        FOR UPDATE SKIP LOCKED
    )
"""
# Same rule as in waiting_list_matching.py: the entry's clinic and doctor, days, and hours by the wall clock.
_MARK_SERVED = """
    WITH booked_slot AS MATERIALIZED (
        SELECT slot.clinic_id, slot.doctor_id,
            (slot.starts_at AT TIME ZONE :zone::text)::date AS day,
            extract(epoch FROM (slot.starts_at AT TIME ZONE :zone::text)::time)::float8 / 60 AS minute
        FROM slot
        WHERE slot.id = :slot_id::uuid
    )
    UPDATE waiting_list_entry SET ended_at = :now::timestamptz, outcome = 'SERVED'
    FROM booked_slot
    WHERE waiting_list_entry.patient_id = :patient_id::uuid AND waiting_list_entry.ended_at IS NULL
        AND waiting_list_entry.clinic_id = booked_slot.clinic_id
        AND (waiting_list_entry.doctor_id IS NULL OR waiting_list_entry.doctor_id = booked_slot.doctor_id)
        AND booked_slot.day BETWEEN waiting_list_entry.first_day AND waiting_list_entry.last_day
        AND (waiting_list_entry.weekdays IS NULL
            OR extract(isodow FROM booked_slot.day)::int = ANY(waiting_list_entry.weekdays))
        AND (waiting_list_entry.from_minute IS NULL OR booked_slot.minute >= waiting_list_entry.from_minute)
        AND (waiting_list_entry.until_minute IS NULL OR booked_slot.minute <= waiting_list_entry.until_minute)
    RETURNING waiting_list_entry.id
"""
