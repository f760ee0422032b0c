"""Booking rules: how a patient's other visits limit what they can book, hold, wait for and be offered."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

import settings
from infra import clock, database
from models.refusals.booking import TooManyVisits, VisitsOverlap
from models.refusals.refusal import Refusal

if TYPE_CHECKING:
    from models.accounts.patient import Patient
    from models.slots.clinic import Clinic
    from models.slots.slot import Slot

# Both are parts of statements about one or many patients; replace the names in braces with columns or parameters.
COUNT_PLANNED = """(
    SELECT count(*) FROM visit
    WHERE visit.patient_id = {patient_id} AND visit.clinic_id = {clinic_id}
        AND visit.status IN ('BOOKED', 'ARRIVED') AND visit.ends_at > :now::timestamptz
)"""
FIND_OVERLAPPING = """(
    SELECT visit.id FROM visit
    WHERE visit.patient_id = {patient_id} AND visit.status NOT IN ('CANCELLED', 'NO_SHOW')
        AND visit.starts_at < {ends_at} AND visit.ends_at > {starts_at}
        AND visit.id IS DISTINCT FROM {moved_id}
    ORDER BY visit.starts_at, visit.id LIMIT 1
)"""
# The states are literals, so that every plan can use the index of planned visits.
_COUNT_PLANNED_OF_ONE = """
    SELECT count(*) FILTER (WHERE clinic_id = :clinic_id), count(*) FROM visit
    WHERE patient_id = :patient_id AND status IN ('BOOKED', 'ARRIVED') AND ends_at > :now
"""
_MAY_HAVE_MORE = """(
    {planned} < clinic.planned_visits_per_patient
    AND NOT EXISTS (
        SELECT 1 FROM patient
        WHERE patient.id = {patient_id} AND patient.is_claim AND :unconfirmed_visits::int <= (
            SELECT count(*) FROM visit
            WHERE visit.patient_id = {patient_id} AND visit.status IN ('BOOKED', 'ARRIVED')
                AND visit.ends_at > :now::timestamptz
        )
    )
)"""
_FIND_OVERLAPPING_OF_ONE = "SELECT " + FIND_OVERLAPPING.format(
    patient_id=":patient_id::uuid",
    starts_at=":starts_at::timestamptz",
    ends_at=":ends_at::timestamptz",
    moved_id=":moved_id::uuid",
)
# Same rule as Visit.cancellable_until; a test compares the two.
_FIND_MOVABLE = """
    SELECT visit.id, visit.clinic_id,
        visit.starts_at - CASE WHEN slot.absence_id IS NULL AND slot.place_closed_at IS NULL
            THEN clinic.cancel_until_minutes * interval '1 minute' ELSE interval '0' END AS until
    FROM visit JOIN slot ON slot.id = visit.slot_id JOIN clinic ON clinic.id = visit.clinic_id
    WHERE visit.id = :visit_id::uuid AND visit.patient_id = :patient_id::uuid AND visit.status = 'BOOKED'
"""


def limits() -> dict[str, int]:
    """The parameter that `is_below_limit` needs."""
    return {"unconfirmed_visits": settings.UNCONFIRMED_VISITS}


def is_below_limit(patient_id: str) -> str:
    """An SQL condition: the patient may have one more visit in the joined `clinic`. `patient_id` names a column.

    The statement takes `now` and `unconfirmed_visits`.
    """
    planned = COUNT_PLANNED.format(patient_id=patient_id, clinic_id="clinic.id")
    return _MAY_HAVE_MORE.format(planned=planned, patient_id=patient_id)


def has_no_overlap(patient_id: str, slot: str, moved_id: str = "NULL::uuid") -> str:
    """An SQL condition: the patient has no other visit at the time of a slot. The arguments name columns and a row."""
    overlapping = FIND_OVERLAPPING.format(
        patient_id=patient_id, starts_at=f"{slot}.starts_at", ends_at=f"{slot}.ends_at", moved_id=moved_id
    )
    return f"NOT EXISTS {overlapping}"


def judge(patient: "Patient", clinic: "Clinic", planned: int, in_all_clinics: int) -> TooManyVisits | None:
    """Whether the patient has as many visits as the clinic allows or, for a claim, as all clinics together allow."""
    if patient.is_claim and in_all_clinics >= settings.UNCONFIRMED_VISITS:
        return TooManyVisits(limit=settings.UNCONFIRMED_VISITS, reason="UNCONFIRMED")
    limit = clinic.planned_visits_per_patient
    return TooManyVisits(limit=limit) if planned >= limit else None


async def find_limit_refusal(patient: "Patient", clinic: "Clinic") -> TooManyVisits | None:
    values = {"patient_id": patient.id, "clinic_id": clinic.id, "now": clock.now()}
    [[planned, in_all_clinics]] = await database.fetch_rows(_COUNT_PLANNED_OF_ONE, values)
    return judge(patient, clinic, planned, in_all_clinics)


async def find_overlap_refusal(patient_id: UUID, slot: "Slot", moved_id: UUID | None = None) -> VisitsOverlap | None:
    times = {"starts_at": slot.starts_at, "ends_at": slot.ends_at}
    found = await database.fetch(_FIND_OVERLAPPING_OF_ONE, times | {"patient_id": patient_id, "moved_id": moved_id})
    rival = found[0]["id"] if found else None
    return VisitsOverlap(visit_id=str(rival)) if rival else None


@dataclass(frozen=True)
class MovableVisit:
    """A visit that its patient may still move; `until` is the deadline for doing so."""

    id: UUID
    clinic_id: UUID
    until: datetime

    @classmethod
    async def find(cls, visit_id: UUID, patient_id: UUID) -> Self | None:
        """The visit; None if it is another patient's or can no longer be moved."""
        rows = await database.fetch(_FIND_MOVABLE, {"visit_id": visit_id, "patient_id": patient_id})
        found = cls(**rows[0]) if rows else None
        return found if found and found.until > clock.now() else None


async def find_refusals(
    patient: "Patient", slot: "Slot", clinic: "Clinic", moved: MovableVisit | None = None
) -> list[Refusal]:
    """The rules by which this patient cannot have this slot; `moved` is the visit to be moved there, if any."""
    found: list[Refusal | None] = [await find_overlap_refusal(patient.id, slot, moved.id if moved else None)]
    if moved is None or moved.clinic_id != clinic.id:
        found.append(await find_limit_refusal(patient, clinic))
    return [refusal for refusal in found if refusal]
