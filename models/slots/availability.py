"""Availability: which slots can be booked now, ordered by time, and on which days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Self
from uuid import UUID

import settings
from infra import clock, database
from infra.keyset import Key
from models.slots.answer_versions import current_reading
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import hours

MAX_CALENDAR_DAYS = 92

# The rules of Slot.find_refusals and Slot.is_free_for as SQL conditions; a test compares the two. The rules of a clinic
# are expressed as bounds of `starts_at`, computed once per clinic, so that an index scan begins and ends there.
_FREE = """
    slot.visit_id IS NULL AND slot.withdrawn_at IS NULL AND slot.queued_at IS NULL
    AND (slot.held_until IS NULL OR slot.held_until <= :now::timestamptz)
    AND slot.starts_at > :now::timestamptz
"""
_FREE_FOR_PATIENT = """
    slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    AND (slot.held_until IS NULL OR slot.held_until <= :now::timestamptz OR slot.held_by_id = :patient_id::uuid)
    AND (slot.queued_at IS NULL OR slot.held_by_id = :patient_id::uuid AND slot.held_until > :now::timestamptz)
    AND slot.starts_at > :now::timestamptz
"""
_WITHIN_RULES = """
    slot.starts_at >= :now::timestamptz + clinic.minimum_notice_minutes * interval '1 minute'
    AND slot.starts_at < ((:now::timestamptz AT TIME ZONE :zone::text)::date + clinic.days_ahead + 1)::timestamp
        AT TIME ZONE :zone::text
"""
# The condition that each field of a SlotFilter adds; a field that is None adds none, so that the best index is used.
_CONDITIONS = {
    "doctor_ids": "slot.doctor_id = ANY(:doctor_ids::uuid[])",
    "from_": "slot.starts_at >= :from_::timestamptz",
    "until": "slot.starts_at < :until::timestamptz",
    "day": "slot.starts_at >= :day_begin::timestamptz AND slot.starts_at < :day_end::timestamptz",
    "earliest": "(slot.starts_at AT TIME ZONE :zone::text)::time >= :earliest::time",
    "latest": "(slot.starts_at AT TIME ZONE :zone::text)::time <= :latest::time",
    "weekdays": "extract(isodow FROM slot.starts_at AT TIME ZONE :zone::text)::int = ANY(:weekdays::int[])",
}
_ONE_CLINIC = "clinic.id = :clinic_id::uuid"

# `{conditions}`: those above that apply. No value is ever written into a statement. The slots are read only from the
# index `slot_vacant`, clinic by clinic; MATERIALIZED, so that no plan reads it again for each doctor.
_FREE_SLOTS = """
    WITH free AS MATERIALIZED (
        SELECT slot.* FROM clinic CROSS JOIN LATERAL (
            SELECT slot.id, slot.starts_at, slot.ends_at, slot.clinic_id, slot.doctor_id FROM slot
            WHERE slot.clinic_id = clinic.id AND {conditions}
            ORDER BY slot.starts_at, slot.id
            LIMIT :limit
        ) AS slot
        WHERE {clinics}
        ORDER BY slot.starts_at, slot.id
        LIMIT :limit
    )
    SELECT free.*, {related}
    FROM free JOIN clinic ON clinic.id = free.clinic_id JOIN doctor ON doctor.id = free.doctor_id
    ORDER BY free.starts_at, free.id
"""
_FREE_DAYS = """
    SELECT day.date, sum(free.free_slots)::int AS free_slots, min(free.first_starts_at) AS first_starts_at,
        min(free.first_starts_at - clinic.minimum_notice_minutes * interval '1 minute') AS first_bookable_until
    FROM clinic
    CROSS JOIN generate_series(
        (greatest(:now::timestamptz, :from_::timestamptz) AT TIME ZONE :zone::text)::date,
        least(
            (:now::timestamptz AT TIME ZONE :zone::text)::date + clinic.days_ahead,
            ((:until::timestamptz - interval '1 microsecond') AT TIME ZONE :zone::text)::date
        )::timestamp,
        interval '1 day'
    ) AS local (midnight)
    CROSS JOIN LATERAL (
        SELECT local.midnight::date AS date, local.midnight AT TIME ZONE :zone::text AS begins_at,
            (local.midnight + interval '1 day') AT TIME ZONE :zone::text AS ends_at
        OFFSET 0  -- computed once a day, not once a slot
    ) AS day
    CROSS JOIN LATERAL (
        SELECT count(*) AS free_slots, min(slot.starts_at) AS first_starts_at FROM slot
        WHERE slot.clinic_id = clinic.id AND slot.starts_at >= day.begins_at AND slot.starts_at < day.ends_at
            AND {conditions}
    ) AS free
    WHERE free.free_slots > 0 AND {clinics}
    GROUP BY day.date
    ORDER BY day.date
"""
_NEXT_FREE = """
    WITH free AS MATERIALIZED (
        SELECT slot.* FROM unnest(:owner_ids::uuid[]) AS owner (id) CROSS JOIN LATERAL (
            SELECT slot.id, slot.starts_at, slot.ends_at, slot.clinic_id, slot.doctor_id
            FROM slot JOIN clinic ON clinic.id = slot.clinic_id
            WHERE {conditions} AND {clinics}
            ORDER BY slot.starts_at, slot.id
            LIMIT 1
        ) AS slot
    )
    SELECT free.*, {related}
    FROM free JOIN clinic ON clinic.id = free.clinic_id JOIN doctor ON doctor.id = free.doctor_id
"""

_NEXT_LAPSE = """
    SELECT min(held_until) FROM slot
    WHERE held_until > :now::timestamptz AND (:clinic_id::uuid IS NULL OR clinic_id = :clinic_id::uuid)
"""


@dataclass(frozen=True)
class SlotFilter:
    """What a patient searches for; times of day and weekdays (Monday is 1) are those of the clinic's wall clock.

    `beyond_rules`: include slots that reception may book despite the clinic's minimum notice and booking horizon.
    """

    clinic_id: UUID | None = None
    doctor_ids: Collection[UUID] | None = None
    from_: datetime | None = None
    until: datetime | None = None
    day: date | None = None
    earliest: time | None = None
    latest: time | None = None
    weekdays: Collection[int] | None = None
    beyond_rules: bool = False

    @classmethod
    def on_days(cls, clinic_id: UUID, doctor_ids: Collection[UUID] | None, first: date, last: date) -> Self:
        """The local days from `first` to `last`, both included."""
        begin, end = (hours.day_bounds(day) for day in (first, last))
        return cls(clinic_id, doctor_ids, from_=begin[0], until=end[1])

    def to_sql(self, patient_id: UUID | None) -> tuple[list[str], dict[str, Any]]:
        """The conditions on slots, and the values of their parameters."""
        given = {name: value for name in _CONDITIONS if (value := getattr(self, name)) is not None}
        values: dict[str, Any] = {"now": clock.now(), "zone": settings.TIME_ZONE.key, "patient_id": patient_id}
        values |= {"clinic_id": self.clinic_id, "from_": self.from_, "until": self.until}
        for name, value in given.items():
            values[name] = list(value) if name in ("doctor_ids", "weekdays") else value
        if self.day:
            values["day_begin"], values["day_end"] = hours.day_bounds(values.pop("day"))
        conditions = [_FREE if patient_id is None else _FREE_FOR_PATIENT]
        if not self.beyond_rules:
            conditions.append(_WITHIN_RULES)
        return conditions + [_CONDITIONS[name] for name in given], values

    @property
    def clinics(self) -> str:
        """The condition on clinics."""
        return "true" if self.clinic_id is None else _ONE_CLINIC


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A slot that was free for the caller when it was read, with everything that an answer shows of it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    clinic: Clinic
    doctor: Doctor

    @property
    def clinic_id(self) -> UUID:
        return self.clinic.id

    @property
    def doctor_id(self) -> UUID:
        return self.doctor.id

    def is_free_for(self, patient_id: UUID | None) -> bool:
        return True


@cache
def _related() -> tuple[str, list[str], list[str]]:
    """All columns of clinic and doctor for `{related}`, and their names."""
    clinic, doctor = (list(model._meta.fields_db_projection.values()) for model in (Clinic, Doctor))
    columns = [*(f"clinic.{name}" for name in clinic), *(f"doctor.{name}" for name in doctor)]
    return ", ".join(columns), clinic, doctor


async def _fetch(statement: str, conditions: list[str], clinics: str, values: dict[str, Any]) -> list[FreeSlot]:
    """The slots that a statement with `{related}` returns; each clinic and doctor is constructed once."""
    related, clinic_names, doctor_names = _related()
    sql = statement.format(conditions=" AND ".join(conditions), clinics=clinics, related=related)
    places: dict[UUID, Clinic] = {}
    people: dict[UUID, Doctor] = {}
    found, middle = [], 5 + len(clinic_names)
    for row in await database.fetch_rows(sql, values):
        id_, starts_at, ends_at, clinic_id, doctor_id = row[:5]
        if (clinic := places.get(clinic_id)) is None:
            clinic = places[clinic_id] = Clinic._init_from_db(**dict(zip(clinic_names, row[5:middle], strict=True)))
        if (doctor := people.get(doctor_id)) is None:
            doctor = people[doctor_id] = Doctor._init_from_db(**dict(zip(doctor_names, row[middle:], strict=True)))
        found.append(FreeSlot(id_, starts_at, ends_at, clinic, doctor))
    return found


async def find_free_slots(wanted: SlotFilter, patient_id: UUID | None, after: Key | None, limit: int) -> list[FreeSlot]:
    """The next free slots with clinic and doctor, in one statement."""
    conditions, values = wanted.to_sql(patient_id)
    if after:
        conditions.append("(slot.starts_at, slot.id) > (:after_starts_at::timestamptz, :after_id::uuid)")
        values |= {"after_starts_at": after[0], "after_id": after[1]}
    slots = await _fetch(_FREE_SLOTS, conditions, wanted.clinics, values | {"limit": limit})
    await _note([wanted.clinic_id], slots)
    return slots


async def load_related(slots: list[Slot]) -> list[Slot]:
    """Give each slot its clinic and doctor, in two statements for any number of slots."""
    clinics = await Clinic.in_bulk({slot.clinic_id for slot in slots}, "id")
    doctors = await Doctor.in_bulk({slot.doctor_id for slot in slots}, "id")
    for slot in slots:
        slot.clinic, slot.doctor = clinics[slot.clinic_id], doctors[slot.doctor_id]
    return slots


@dataclass(frozen=True)
class FreeDay:
    date: date
    free_slots: int
    first_starts_at: datetime


async def count_free_days(wanted: SlotFilter, patient_id: UUID | None) -> list[FreeDay]:
    """How many slots are free on each local day that has any."""
    conditions, values = wanted.to_sql(patient_id)
    statement = _FREE_DAYS.format(conditions=" AND ".join(conditions), clinics=wanted.clinics)
    rows = await database.fetch_rows(statement, values)
    await _note_until([wanted.clinic_id], [row[3] for row in rows])
    return [FreeDay(*row[:3]) for row in rows]


async def find_next_free(
    column: str, ids: Collection[UUID], wanted: SlotFilter, patient_id: UUID | None
) -> dict[UUID, FreeSlot]:
    """The earliest free slot for each of many clinics (`column` is "clinic_id") or doctors ("doctor_id")."""
    conditions, values = wanted.to_sql(patient_id)
    conditions.append(f"slot.{column} = owner.id")
    slots = await _fetch(_NEXT_FREE, conditions, wanted.clinics, values | {"owner_ids": list(ids)})
    clinic_ids: Collection[UUID | None] = ids if column == "clinic_id" else [wanted.clinic_id]
    await _note(clinic_ids, slots)
    return {getattr(slot, column): slot for slot in slots}


async def _note(clinic_ids: Collection[UUID | None], slots: Collection[FreeSlot]) -> None:
    """Record that a public answer shows these slots, each of which is bookable until its notice begins."""
    if current_reading() is not None:
        notices = {slot.clinic.id: timedelta(minutes=slot.clinic.minimum_notice_minutes) for slot in slots}
        await _note_until(clinic_ids, [slot.starts_at - notices[slot.clinic.id] for slot in slots])


async def _note_until(clinic_ids: Collection[UUID | None], ends: Collection[datetime]) -> None:
    """Record when slots stop being bookable, and when held ones become free again."""
    if (reading := current_reading()) is None:
        return
    for clinic_id in clinic_ids:
        [[lapses_at]] = await database.fetch_rows(_NEXT_LAPSE, {"now": clock.now(), "clinic_id": clinic_id})
        reading.add(clinic_id, [*ends, lapses_at] if lapses_at else ends)


async def find_alternatives(slot_id: UUID, patient_id: UUID | None, count: int = 3) -> list[FreeSlot]:
    """Suggestions instead of a taken slot: the next free ones of the same doctor, then of the same clinic."""
    taken = await Slot.get_or_none(id=slot_id)
    if taken is None:
        return []
    clinic_id, doctor_id = taken.clinic_id, taken.doctor_id
    near = SlotFilter(clinic_id=clinic_id, doctor_ids=[doctor_id], from_=taken.starts_at)
    found = await find_free_slots(near, patient_id, None, count)
    if len(found) < count:
        others = await find_free_slots(
            SlotFilter(clinic_id=clinic_id, from_=taken.starts_at), patient_id, None, 2 * count
        )
        found += [slot for slot in others if slot.id not in {known.id for known in found}]
    return found[:count]
