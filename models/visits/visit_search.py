"""Visit search: the visits that reception looks for, by day, clinic, doctor, status or patient."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from infra.keyset import Key, rows_after
from models.accounts.patient import Patient
from models.values import hours
from models.values.visit_status import Status
from models.visits.visit import WITH_DETAILS, Visit


@dataclass(frozen=True)
class VisitFilter:
    """All conditions must hold; `from_` and `until` limit when a visit begins."""

    day: date | None = None
    from_: datetime | None = None
    until: datetime | None = None
    clinic_id: UUID | None = None
    doctor_id: UUID | None = None
    statuses: Collection[Status] | None = None
    patient_id: UUID | None = None
    allowed_clinics: Collection[UUID] | None = None

    async def find(self, after: Key | None, limit: int) -> list[Visit]:
        """The visits, ordered by time."""
        query = Visit.filter(rows_after("starts_at", after), **self._conditions())
        if self.patient_id:
            query = query.filter(patient_id=await Patient.find_current_id(self.patient_id))
        if self.day:
            begin, end = hours.day_bounds(self.day)
            query = query.filter(starts_at__gte=begin, starts_at__lt=end)
        return await query.order_by("starts_at", "id").limit(limit).select_related(*WITH_DETAILS)

    def _conditions(self) -> dict[str, Any]:
        wanted = {
            "starts_at__gte": self.from_,
            "starts_at__lt": self.until,
            "clinic_id": self.clinic_id,
            "clinic_id__in": None if self.allowed_clinics is None else list(self.allowed_clinics),
            "doctor_id": self.doctor_id,
            "status__in": None if self.statuses is None else list(self.statuses),
        }
        return {name: value for name, value in wanted.items() if value is not None}
