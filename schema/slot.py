"""Slot: a doctor's time that a visit can take; all its fields are plain attributes, because lists of it are long."""

from datetime import date as day
from datetime import datetime, time
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry

import models.slot
from models import vacancy
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.node import Node
from schema.scalars import private_id, public_id


@strawberry.type(description="A term (termin) with a doctor at a clinic.")
class Slot(Node):
    starts_at: datetime = strawberry.field(description="Begin.")
    ends_at: datetime = strawberry.field(description="End, excluded.")
    is_free: bool = strawberry.field(description="Not taken, not withdrawn, not held for somebody else.")
    clinic: Clinic = strawberry.field(description="Where.")
    doctor: Doctor = strawberry.field(description="With whom.")

    @classmethod
    def of(cls, row: models.slot.Slot, viewer: UUID | None) -> Self:
        return cls._with(row, viewer, Clinic.of(row.clinic), Doctor.of(row.doctor))

    @classmethod
    def many(cls, rows: list[models.slot.Slot], viewer: UUID | None) -> list[Self]:
        """A long list: each clinic and doctor is made once, however many slots it has."""
        clinics = {row.clinic.id: row.clinic for row in rows}
        doctors = {row.doctor.id: row.doctor for row in rows}
        places = {id_: Clinic.of(clinic) for id_, clinic in clinics.items()}
        people = {id_: Doctor.of(doctor) for id_, doctor in doctors.items()}
        return [cls._with(row, viewer, places[row.clinic.id], people[row.doctor.id]) for row in rows]

    @classmethod
    def _with(cls, row: models.slot.Slot, viewer: UUID | None, clinic: Clinic, doctor: Doctor) -> Self:
        return cls(
            id=public_id("Slot", row.id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            is_free=row.is_free_for(viewer),
            clinic=clinic,
            doctor=doctor,
        )


@strawberry.type(description="A slot kept for you alone, for a moment: book it before it lapses.")
class SlotHold:
    slot: Slot = strawberry.field(description="What is held.")
    expires_at: datetime = strawberry.field(description="When it is free for everybody again.")


@strawberry.type(description="A local day on which something is free.")
class FreeDay:
    date: day = strawberry.field(description="The local day.")
    free_slots: int = strawberry.field(description="How many slots can be booked.")
    first_starts_at: datetime = strawberry.field(description="When the first of them begins.")


@strawberry.enum(description="A day of the week.")
class Weekday(Enum):
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@strawberry.input(description="Which free slots; all conditions hold together.")
class FreeSlotsFilter:
    clinic_id: strawberry.ID = strawberry.field(description="In this clinic.")
    doctor_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="With one of these doctors.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Beginning at or after.")
    until: datetime | None = strawberry.field(default=None, description="Beginning before.")
    earliest: time | None = strawberry.field(default=None, description="Not earlier in the day, local time.")
    latest: time | None = strawberry.field(default=None, description="Not beginning later in the day, local time.")
    weekdays: list[Weekday] | None = strawberry.field(default=None, description="On these days of the week.")
    beyond_rules: bool = strawberry.field(
        default=False,
        description="Reception only: also slots that the clinic's notice or days ahead keep from being booked online.",
    )

    def wanted(self) -> vacancy.Wanted:
        doctors = None if self.doctor_ids is None else [private_id("Doctor", id_) for id_ in self.doctor_ids]
        return vacancy.Wanted(
            clinic_id=private_id("Clinic", self.clinic_id),
            doctor_ids=doctors,
            from_=self.from_,
            until=self.until,
            earliest=self.earliest,
            latest=self.latest,
            weekdays=None if self.weekdays is None else [day.value for day in self.weekdays],
            beyond_rules=self.beyond_rules,
        )


@strawberry.input(description="Which slot to hold.")
class HoldSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")


@strawberry.input(description="Which hold to end.")
class ReleaseSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="The slot that you hold.")
