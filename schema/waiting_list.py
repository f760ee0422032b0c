"""Waiting list: patients who are waiting for a slot to become free."""

from datetime import date as local_day
from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

import models.waiting.waiting_list
from models.accounts.account import Role
from models.values import hours
from models.waiting.waiting_list import WaitingListFilter as FilterRow
from models.waiting.waiting_list import Wish
from schema.access_rules import Requires
from schema.clinic import Clinic
from schema.context import STAFF, Info
from schema.doctor import Doctor
from schema.node import Node
from schema.offer import hold_of
from schema.problems.booking import InvalidInput, OutsideServiceHours, TooManyVisits
from schema.problems.desk import IdentityNotConfirmed, PatientNotFound, WaitingListEntryNotFound
from schema.problems.schedule import ClinicClosed, ClinicNotYours, DoctorRetired
from schema.reading_audit import Shown
from schema.scalars import optional_id, private_id, public_id
from schema.slot import SlotHold, Weekday

if TYPE_CHECKING:
    from schema.patient import Patient


def _wall_time(minutes: int | None) -> time | None:
    return None if minutes is None else hours.to_wall_time(minutes)


@strawberry.type(
    description="An entry on the waiting list: a patient is waiting for a slot on certain days at a clinic to become"
    " free."
)
class WaitingListEntry(Node):
    clinic: Clinic = strawberry.field(description="The clinic.")
    doctor: Doctor | None = strawberry.field(description="The doctor; null if any doctor will do.")
    from_: local_day = strawberry.field(name="from", description="The first day on which a slot is wanted.")
    until: local_day = strawberry.field(description="The last day on which a slot is wanted, inclusive.")
    earliest: time | None = strawberry.field(
        description="The earliest time of day at which the slot may start; null if there is no limit."
    )
    latest: time | None = strawberry.field(
        description="The latest time of day at which the slot may start; null if there is no limit."
    )
    weekdays: list[Weekday] | None = strawberry.field(
        description="The days of the week on which a slot is wanted; null if any day will do."
    )
    joined_at: datetime = strawberry.field(
        description="When the patient joined the list, which is ordered by this time."
    )
    key: strawberry.Private[UUID]
    patient_id: strawberry.Private[UUID]

    @strawberry.field(extensions=[Requires(Role.PATIENT, *STAFF)], description="The patient who is waiting.")
    async def patient(self, info: Info) -> Annotated["Patient", strawberry.lazy("schema.patient")]:
        from schema.patient import Patient

        row = await info.context.patients.load(self.patient_id)
        if row is None:
            raise LookupError("The waiting list entry's patient is gone.")
        return Patient.with_account(row)

    @strawberry.field(
        description="The slot that has become free and is held for the patient: accept or decline its offer (see"
        " `Patient.offers`), or book or release the slot. Null if there is none yet."
    )
    async def offer(self, info: Info) -> SlotHold | None:
        row = await info.context.offer_of_entry.load(self.key)
        return hold_of(row) if row else None

    def shown(self) -> Shown:
        return "WaitingListEntry", self.key, self.patient_id

    @classmethod
    def of(cls, row: models.waiting.waiting_list.WaitingListEntry) -> Self:
        return cls(
            id=public_id("WaitingListEntry", row.id),
            clinic=Clinic.of(row.clinic),
            doctor=Doctor.of(row.doctor) if row.doctor else None,
            from_=row.first_day,
            until=row.last_day,
            earliest=_wall_time(row.from_minute),
            latest=_wall_time(row.until_minute),
            weekdays=[Weekday(day) for day in row.weekdays] if row.weekdays else None,
            joined_at=row.joined_at,
            key=row.id,
            patient_id=row.patient_id,
        )


@strawberry.input(description="The kind of slot that you are waiting for.")
class JoinWaitingListInput:
    clinic_id: strawberry.ID = strawberry.field(description="The clinic.")
    doctor_id: strawberry.ID | None = strawberry.field(
        default=None, description="The doctor: one of the clinic's. If omitted, any doctor will do."
    )
    from_: local_day = strawberry.field(
        name="from", description="The first day on which a slot is wanted: at most 366 days ahead."
    )
    until: local_day = strawberry.field(
        description="The last day on which a slot is wanted, inclusive: not before today or `from`, and at most 366"
        " days ahead."
    )
    earliest: time | None = strawberry.field(
        default=None, description="The earliest time of day at which the slot may start. If omitted, any."
    )
    latest: time | None = strawberry.field(
        default=None,
        description="The latest time of day at which the slot may start, not before `earliest`. If omitted, any.",
    )
    weekdays: list[Weekday] | None = strawberry.field(
        default=None, description="The days of the week on which a slot is wanted: at least one. If omitted, any."
    )

    def to_model(self) -> Wish:
        return Wish(
            clinic_id=private_id("Clinic", self.clinic_id),
            doctor_id=optional_id("Doctor", self.doctor_id),
            first_day=self.from_,
            last_day=self.until,
            earliest=self.earliest,
            latest=self.latest,
            weekdays=None if self.weekdays is None else [day.value for day in self.weekdays],
        )


@strawberry.input(description="The entry to remove from the waiting list.")
class LeaveWaitingListInput:
    entry_id: strawberry.ID = strawberry.field(description="Your entry.")

    def to_model(self) -> dict[str, Any]:
        return {"entry_id": private_id("WaitingListEntry", self.entry_id)}


@strawberry.input(description="Selects the entries that meet all conditions.")
class WaitingListFilter:
    clinic_id: strawberry.ID | None = strawberry.field(default=None, description="For this clinic.")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="For this doctor or for any doctor.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Of this patient. This counts as opening the patient's record, and the patient can see it in their"
        " `accessLog`.",
    )
    day: local_day | None = strawberry.field(default=None, description="For days that include this one.")

    def to_model(self) -> FilterRow:
        return FilterRow(
            clinic_id=optional_id("Clinic", self.clinic_id),
            doctor_id=optional_id("Doctor", self.doctor_id),
            patient_id=optional_id("Patient", self.patient_id),
            day=self.day,
        )


@strawberry.input(description="The patient, and the kind of slot that they are waiting for.")
class JoinWaitingListForInput(JoinWaitingListInput):
    patient_id: strawberry.ID = strawberry.field(description="The patient, with or without an account.")

    def to_model(self) -> Wish:
        return super().to_model()


@strawberry.input(description="The entry to remove from the waiting list on the patient's behalf.")
class LeaveWaitingListForInput:
    entry_id: strawberry.ID = strawberry.field(description="An open entry.")
    reason: str = strawberry.field(description="The reason, for colleagues: 1 to 500 characters.")

    def to_model(self) -> dict[str, Any]:
        return {"entry_id": private_id("WaitingListEntry", self.entry_id), "reason": self.reason}


JoinWaitingListForResult = Annotated[
    WaitingListEntry
    | InvalidInput
    | PatientNotFound
    | TooManyVisits
    | IdentityNotConfirmed
    | ClinicClosed
    | DoctorRetired
    | ClinicNotYours,
    strawberry.union("JoinWaitingListForResult"),
]
LeaveWaitingListForResult = Annotated[
    WaitingListEntry | WaitingListEntryNotFound | InvalidInput | ClinicNotYours,
    strawberry.union("LeaveWaitingListForResult"),
]
JoinWaitingListResult = Annotated[
    WaitingListEntry | InvalidInput | TooManyVisits | OutsideServiceHours | ClinicClosed | DoctorRetired,
    strawberry.union("JoinWaitingListResult"),
]
