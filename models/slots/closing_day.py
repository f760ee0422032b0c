"""Closing day: the day from which a clinic is closed, or a doctor retired; nothing new can be planned from then on."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from infra import clock
from models.refusals.schedule import ClinicClosed, DoctorRetired
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.values.weekly_template import SlotTime


@dataclass(frozen=True)
class ClosingDays:
    """The closing days of a doctor at a clinic. While the doctor is locked (`Doctor.lock`) they cannot change."""

    clinic: date | None
    doctor: date | None

    @classmethod
    async def find(cls, clinic_id: UUID, doctor_id: UUID | None) -> Self:
        clinic, doctor = await Clinic.get_or_none(id=clinic_id), await Doctor.get_or_none(id=doctor_id)
        return cls(clinic.closed_from if clinic else None, doctor.retired_from if doctor else None)

    def allow(self, day: date) -> bool:
        return all(closed is None or day < closed for closed in (self.clinic, self.doctor))

    def allow_slot(self, slot_time: SlotTime) -> bool:
        return self.allow(clock.local(slot_time[0]).date())

    def check(self, day: date) -> None:
        """Raise ClinicClosed or DoctorRetired if nothing can be planned on this local day."""
        if self.clinic and day >= self.clinic:
            raise ClinicClosed(closed_from=self.clinic.isoformat())
        if self.doctor and day >= self.doctor:
            raise DoctorRetired(retired_from=self.doctor.isoformat())
