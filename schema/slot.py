"""Slot: a bookable time with a doctor. Lists are long, so everything that the public sees is a plain attribute."""

from collections.abc import Sequence
from datetime import date as local_day
from datetime import datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

import models.slots.slot
from models.slots import availability
from models.slots.availability import FreeSlot
from models.slots.slot_search import MAX_PERIOD, SlotSearch, SlotState
from schema import wall_clock
from schema.access_rules import for_staff
from schema.clinic import Clinic
from schema.context import Info
from schema.doctor import Doctor
from schema.execution.errors import BadUserInput
from schema.node import Node
from schema.scalars import optional_ids, private_id, public_id, public_ids

if TYPE_CHECKING:
    from schema.absence import Absence
    from schema.offer import Offer
    from schema.visit import Visit


@strawberry.type(description="A slot (termin): a time with a doctor at a clinic, for one visit.")
class Slot(Node):
    starts_at: datetime = strawberry.field(description="When the slot starts.")
    ends_at: datetime = strawberry.field(description="When the slot ends, exclusive.")
    is_free: bool = strawberry.field(
        description="Whether the slot is free for you: it is not booked, withdrawn, held for somebody else or kept for"
        " the waiting list. It may still be in the past, or start too soon or too far ahead to be booked online."
    )
    clinic: Clinic = strawberry.field(description="The clinic.")
    doctor: Doctor = strawberry.field(description="The doctor.")
    row: strawberry.Private[models.slots.slot.Slot | FreeSlot]

    @strawberry.field(extensions=[for_staff()], description="The state of the slot.")
    async def state(self, info: Info) -> SlotState:
        return (await info.context.slot_situations.load(self.row.id)).state

    @strawberry.field(extensions=[for_staff()], description="The visit on the slot; null if it is not booked.")
    async def visit(self, info: Info) -> Annotated["Visit", strawberry.lazy("schema.visit")] | None:
        from schema.visit import Visit

        visit_id = None if isinstance(self.row, FreeSlot) else self.row.visit_id
        row = await info.context.visits.load(visit_id) if visit_id else None
        return Visit.of(row) if row else None

    @strawberry.field(
        extensions=[for_staff()], description="Until when the slot is HELD or OFFERED; null if it is neither."
    )
    def held_until(self) -> datetime | None:
        return self.row.held_until if not isinstance(self.row, FreeSlot) and self.row.is_held else None

    @strawberry.field(
        extensions=[for_staff()], description="The offer of the slot that can still be accepted; null if there is none."
    )
    async def offer(self, info: Info) -> Annotated["Offer", strawberry.lazy("schema.offer")] | None:
        from schema.offer import Offer

        row = await info.context.offer_of_slot.load(self.row.id)
        return Offer.of(row) if row else None

    @strawberry.field(
        extensions=[for_staff()],
        description="The doctor's absence that covers the slot, even if the slot is booked; null if there is none.",
    )
    async def absence(self, info: Info) -> Annotated["Absence", strawberry.lazy("schema.absence")] | None:
        from schema.absence import Absence

        absence_id = (await info.context.slot_situations.load(self.row.id)).absence_id
        row = await info.context.absences.load(absence_id) if absence_id else None
        return Absence.of(row) if row else None

    @strawberry.field(
        extensions=[for_staff()], description="Why the slot is BLOCKED, for colleagues; null if it is not."
    )
    def block_reason(self) -> str | None:
        return None if isinstance(self.row, FreeSlot) else self.row.closed_reason

    @classmethod
    def of(cls, row: models.slots.slot.Slot | FreeSlot, viewer: UUID | None) -> Self:
        return cls._with(public_id("Slot", row.id), row, viewer, Clinic.of(row.clinic), Doctor.of(row.doctor))

    @classmethod
    def many(cls, rows: Sequence[models.slots.slot.Slot | FreeSlot], viewer: UUID | None) -> list[Self]:
        """Convert a long list of rows, each clinic and doctor only once."""
        clinics = {row.clinic.id: row.clinic for row in rows}
        doctors = {row.doctor.id: row.doctor for row in rows}
        places = {id_: Clinic.of(clinic) for id_, clinic in clinics.items()}
        people = {id_: Doctor.of(doctor) for id_, doctor in doctors.items()}
        return [
            cls._with(id_, row, viewer, places[row.clinic.id], people[row.doctor.id])
            for id_, row in zip(public_ids("Slot", [row.id for row in rows]), rows, strict=True)
        ]

    @classmethod
    def _with(
        cls,
        id_: strawberry.ID,
        row: models.slots.slot.Slot | FreeSlot,
        viewer: UUID | None,
        clinic: Clinic,
        doctor: Doctor,
    ) -> Self:
        return cls(
            id=id_,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            is_free=row.is_free_for(viewer),
            clinic=clinic,
            doctor=doctor,
            row=row,
        )


@strawberry.type(description="A slot that is held for you alone until you book it or the hold expires.")
class SlotHold:
    slot: Slot = strawberry.field(description="The held slot.")
    expires_at: datetime = strawberry.field(
        description="When the hold expires; until then you can book the slot. A hold of your own lasts 5 minutes"
        " (setting HOLD_MINUTES), or less if the clinic's minimum notice is reached or e-registration closes. The hold"
        " of an offer lasts until `Offer.expiresAt`."
    )


@strawberry.type(description="A local day on which at least one slot is free.")
class FreeDay:
    date: local_day = strawberry.field(description="The day.")
    free_slots: int = strawberry.field(description="The number of slots that can be booked online now.")
    first_starts_at: datetime = strawberry.field(description="When the first of them starts.")


@strawberry.enum(description="A day of the week.")
class Weekday(Enum):
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@strawberry.input(
    description="Selects the free slots that meet all conditions. Times of day are in the clinic's time zone."
)
class FreeSlotsFilter:
    clinic_id: strawberry.ID = strawberry.field(description="In this clinic.")
    doctor_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="With one of these doctors.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Starting at or after this time.")
    until: datetime | None = strawberry.field(default=None, description="Starting before this time.")
    earliest: time | None = strawberry.field(default=None, description="Starting at or after this time of day.")
    latest: time | None = strawberry.field(default=None, description="Starting at or before this time of day.")
    weekdays: list[Weekday] | None = strawberry.field(default=None, description="On these days of the week.")
    day: local_day | None = strawberry.field(default=None, description="On this local day.")
    beyond_rules: bool = strawberry.field(
        default=False,
        description="Include slots that cannot be booked online because of the clinic's rules on notice or days ahead."
        " Only for reception; others get the error UNAUTHENTICATED or FORBIDDEN.",
    )

    def to_model(self) -> availability.SlotFilter:
        return availability.SlotFilter(
            clinic_id=private_id("Clinic", self.clinic_id),
            doctor_ids=optional_ids("Doctor", self.doctor_ids),
            from_=self.from_,
            until=self.until,
            day=self.day,
            earliest=self.earliest,
            latest=self.latest,
            weekdays=None if self.weekdays is None else [day.value for day in self.weekdays],
            beyond_rules=self.beyond_rules,
        )


@strawberry.input(
    description="Selects the slots that meet all conditions. Either `day`, or `from` and `until`, is required."
)
class SlotsFilter:
    day: local_day | None = strawberry.field(default=None, description="On this local day.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Starting at or after this time.")
    until: datetime | None = strawberry.field(
        default=None, description="Starting before this time: at most 31 days after `from`."
    )
    clinic_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="In one of these clinics.")
    doctor_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="With one of these doctors.")
    states: list[SlotState] | None = strawberry.field(
        default=None, description="In one of these states. If omitted, in any but WITHDRAWN."
    )

    def to_model(self, language: str) -> SlotSearch:
        wall_clock.resolve_filter(from_=self.from_, until=self.until)
        conditions: dict[str, Any] = {
            "clinic_ids": optional_ids("Clinic", self.clinic_ids),
            "doctor_ids": optional_ids("Doctor", self.doctor_ids),
            "states": self.states,
        }
        if self.day and self.from_ is None and self.until is None:
            return SlotSearch.on(self.day, **conditions)
        if self.day or self.from_ is None or self.until is None or self.until - self.from_ > MAX_PERIOD:
            raise BadUserInput(
                pl="Trzeba podać `day` albo `from` i `until`, odległe najwyżej o 31 dni.",
                en="Give `day`, or `from` and `until` at most 31 days apart.",
            )
        return SlotSearch(self.from_, self.until, **conditions)
