"""Diary (terminarz): which visits reception looks at, by day, clinic, doctor, status or patient."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import settings
from models import hours
from models.keyset import Key, behind
from models.visit import Visit
from models.visit_facts import SHOWN
from models.visit_status import Status


def span(day: date) -> tuple[datetime, datetime]:
    """A local day, half-open: 23 or 25 hours long when the clocks change."""
    return hours.at(day, 0, settings.TIME_ZONE), hours.at(day, hours.DAY, settings.TIME_ZONE)


@dataclass(frozen=True)
class Sought:
    """All conditions hold together; times are those of the visits' beginnings."""

    day: date | None = None
    from_: datetime | None = None
    until: datetime | None = None
    clinic_id: UUID | None = None
    doctor_id: UUID | None = None
    statuses: Collection[Status] | None = None
    patient_id: UUID | None = None

    async def visits(self, after: Key | None, limit: int) -> list[Visit]:
        """In time order."""
        query = Visit.filter(behind("starts_at", after), **self._conditions())
        if self.day:
            begin, end = span(self.day)
            query = query.filter(starts_at__gte=begin, starts_at__lt=end)
        return await query.order_by("starts_at", "id").limit(limit).select_related(*SHOWN)

    def _conditions(self) -> dict[str, Any]:
        wanted = {
            "starts_at__gte": self.from_,
            "starts_at__lt": self.until,
            "clinic_id": self.clinic_id,
            "doctor_id": self.doctor_id,
            "status__in": None if self.statuses is None else list(self.statuses),
            "patient_id": self.patient_id,
        }
        return {name: value for name, value in wanted.items() if value is not None}
