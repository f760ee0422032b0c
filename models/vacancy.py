"""Vacancy: which slots can be booked online now, in time order; what a calendar shows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Self
from uuid import UUID

import settings
from models import clock, database, hours
from models.clinic import Clinic
from models.doctor import Doctor
from models.keyset import Key
from models.slot import Slot

LONGEST_CALENDAR_DAYS = 92

# The rules of Slot.obstacles and Slot.is_free_for, said to the database; a test compares the two.
_BOOKABLE = """
    slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    AND (slot.held_until IS NULL OR slot.held_until <= {now} OR slot.held_by_id = {patient})
    AND (slot.queued_at IS NULL OR slot.held_by_id = {patient} AND slot.held_until > {now})
    AND slot.starts_at > {now}
    AND ({beyond_rules} OR slot.starts_at >= {now} + clinic.minimum_notice_minutes * interval '1 minute'
    AND (slot.starts_at AT TIME ZONE {zone})::date <= ({now} AT TIME ZONE {zone})::date + clinic.days_ahead)
"""


@dataclass
class _Conditions:
    """Conditions with their numbered parameters: no value is ever written into SQL."""

    values: list[Any] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)

    def add(self, clause: str, **values: Any) -> None:
        names = {}
        for name, (value, kind) in values.items():
            self.values.append(value)
            names[name] = f"${len(self.values)}::{kind}"
        self.clauses.append(clause.format(**names))

    @property
    def sql(self) -> str:
        return " AND ".join(self.clauses)


def _bookable(patient_id: UUID | None, *, beyond_rules: bool = False) -> _Conditions:
    conditions = _Conditions()
    zone, beyond = (settings.TIME_ZONE.key, "text"), (beyond_rules, "boolean")
    now, patient = (clock.now(), "timestamptz"), (patient_id, "uuid")
    conditions.add(_BOOKABLE, now=now, patient=patient, zone=zone, beyond_rules=beyond)
    return conditions


@dataclass(frozen=True)
class Wanted:
    """What a patient looks for; times and weekdays (Monday is 1) are those of the clinic's wall clock.

    `beyond_rules`: reception sees also what the clinic's notice and days ahead keep from being booked online.
    """

    clinic_id: UUID | None = None
    doctor_ids: Collection[UUID] | None = None
    from_: datetime | None = None
    until: datetime | None = None
    earliest: time | None = None
    latest: time | None = None
    weekdays: Collection[int] | None = None
    beyond_rules: bool = False

    @classmethod
    def on_days(cls, clinic_id: UUID, doctor_ids: Collection[UUID] | None, first: date, last: date) -> Self:
        """All of some local days, the last one included."""
        zone = settings.TIME_ZONE
        return cls(clinic_id, doctor_ids, from_=hours.at(first, 0, zone), until=hours.at(last, hours.DAY, zone))

    def narrow(self, conditions: _Conditions) -> None:
        zone = (settings.TIME_ZONE.key, "text")
        if self.clinic_id is not None:
            conditions.add("slot.clinic_id = {id}", id=(self.clinic_id, "uuid"))
        if self.doctor_ids is not None:
            conditions.add("slot.doctor_id = ANY({ids})", ids=(list(self.doctor_ids), "uuid[]"))
        if self.from_ is not None:
            conditions.add("slot.starts_at >= {at}", at=(self.from_, "timestamptz"))
        if self.until is not None:
            conditions.add("slot.starts_at < {at}", at=(self.until, "timestamptz"))
        if self.earliest is not None:
            conditions.add("(slot.starts_at AT TIME ZONE {z})::time >= {t}", z=zone, t=(self.earliest, "time"))
        if self.latest is not None:
            conditions.add("(slot.starts_at AT TIME ZONE {z})::time <= {t}", z=zone, t=(self.latest, "time"))
        if self.weekdays is not None:
            days = (list(self.weekdays), "int[]")
            conditions.add("extract(isodow FROM slot.starts_at AT TIME ZONE {z})::int = ANY({days})", z=zone, days=days)


async def free_slots(wanted: Wanted, patient_id: UUID | None, after: Key | None, limit: int) -> list[Slot]:
    """The next free slots with clinic and doctor; one statement finds them, one each reads clinics and doctors."""
    conditions = _bookable(patient_id, beyond_rules=wanted.beyond_rules)
    wanted.narrow(conditions)
    if after:
        at, id_ = (after[0], "timestamptz"), (after[1], "uuid")
        conditions.add("(slot.starts_at, slot.id) > ({at}, {id})", at=at, id=id_)
    conditions.values.append(limit)
    found = await database.rows(
        f"SELECT slot.* FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE {conditions.sql}"  # noqa: S608 - only numbered parameters  # nosec B608
        f" ORDER BY slot.starts_at, slot.id LIMIT ${len(conditions.values)}",
        conditions.values,
    )
    return await with_people([Slot._init_from_db(**row) for row in found])


async def with_people(slots: list[Slot]) -> list[Slot]:
    """Give each slot its clinic and doctor: two statements, however many slots."""
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


async def free_days(wanted: Wanted, patient_id: UUID | None) -> list[FreeDay]:
    """How many slots are free on each local day that has any."""
    conditions = _bookable(patient_id)
    wanted.narrow(conditions)
    conditions.values.append(settings.TIME_ZONE.key)
    found = await database.rows(
        f"SELECT (slot.starts_at AT TIME ZONE ${len(conditions.values)})::date AS date,"  # noqa: S608 - only numbered parameters  # nosec B608
        " count(*) AS free_slots, min(slot.starts_at) AS first_starts_at"
        f" FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE {conditions.sql} GROUP BY 1 ORDER BY 1",
        conditions.values,
    )
    return [FreeDay(**row) for row in found]


async def next_free(column: str, ids: Collection[UUID], wanted: Wanted, patient_id: UUID | None) -> dict[UUID, Slot]:
    """The soonest free slot of each of many clinics ("clinic_id") or doctors ("doctor_id")."""
    conditions = _bookable(patient_id)
    wanted.narrow(conditions)
    conditions.add(f"slot.{column} = owner")
    conditions.values.append(list(ids))
    found = await database.rows(
        f"SELECT slot.* FROM unnest(${len(conditions.values)}::uuid[]) AS owner CROSS JOIN LATERAL ("  # noqa: S608 - only numbered parameters  # nosec B608
        f"SELECT slot.* FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE {conditions.sql}"
        " ORDER BY slot.starts_at, slot.id LIMIT 1) AS slot",
        conditions.values,
    )
    slots = await with_people([Slot._init_from_db(**row) for row in found])
    return {getattr(slot, column): slot for slot in slots}


async def alternatives(slot_id: UUID, patient_id: UUID | None, count: int = 3) -> list[Slot]:
    """What to offer instead of a taken slot: the next free ones of the same doctor, then of the same clinic."""
    taken = await Slot.get_or_none(id=slot_id)
    if taken is None:
        return []
    clinic_id, doctor_id = taken.clinic_id, taken.doctor_id
    near = Wanted(clinic_id=clinic_id, doctor_ids=[doctor_id], from_=taken.starts_at)
    found = await free_slots(near, patient_id, None, count)
    if len(found) < count:
        others = await free_slots(Wanted(clinic_id=clinic_id, from_=taken.starts_at), patient_id, None, 2 * count)
        found += [slot for slot in others if slot.id not in {known.id for known in found}]
    return found[:count]
