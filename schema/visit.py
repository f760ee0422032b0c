"""Visit: a patient's booked slot, its history and its calendar entry."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

import models.visits.visit
from models.accounts.account import Role
from models.values.visit_status import Channel, Status
from models.visits import icalendar, side_effects
from schema.access_rules import Requires
from schema.clinic import Clinic
from schema.context import STAFF, Info
from schema.doctor import Doctor
from schema.execution.limits import Cost, at_most
from schema.node import Node
from schema.reading_audit import Shown
from schema.scalars import public_id

if TYPE_CHECKING:
    from schema.patient import Patient


@strawberry.type(description="One change to a visit, or one telephone call about it.")
class VisitChange:
    at: datetime = strawberry.field(description="When the change was made.")
    kind: str = strawberry.field(
        description="What happened: BOOKED, CONFIRMED (the patient said that they will come), MOVED, CANCELLED,"
        " ARRIVED, FULFILLED, NO_SHOW, UNDONE (the last mark was undone), RECORDED (the visit took place without a"
        " booking), or CALLED (the patient was telephoned)."
    )
    from_starts_at: datetime | None = strawberry.field(
        description="The start time before the change, for MOVED and CANCELLED; otherwise null."
    )
    to_starts_at: datetime | None = strawberry.field(
        description="The start time after the change, for BOOKED and MOVED; otherwise null."
    )
    by: str = strawberry.field(description="Who made the change: `patient` or `reception`.")
    reason: str | None = strawberry.field(
        description="The reason for a cancellation, or the note on a telephone call; null if none was given."
    )
    channel: Channel | None = strawberry.field(
        description="How the patient asked for the change; null in old entries, made before this was recorded."
    )
    override_reason: str | None = strawberry.field(
        description="Why reception overrode a rule of the clinic; null if it overrode none."
    )
    account_id: strawberry.Private[UUID | None]

    @strawberry.field(
        extensions=[Requires(*STAFF)],
        description="The colleague who made the change; null if the patient made it, or if it was made before this was"
        " recorded.",
    )
    async def staff_name(self, info: Info) -> str | None:
        return await info.context.staff_names.load(self.account_id) if self.account_id else None


@strawberry.type(description="A patient's visit (wizyta).")
class Visit(Node):
    reference: str = strawberry.field(
        description="The reference that a patient can read out on the telephone, such as `K7MP-3TQX`. It cannot be"
        " guessed."
    )
    status: Status = strawberry.field(description="The state of the visit.")
    starts_at: datetime = strawberry.field(description="When the visit starts.")
    ends_at: datetime = strawberry.field(description="When the visit ends, exclusive.")
    clinic: Clinic = strawberry.field(description="The clinic.")
    doctor: Doctor = strawberry.field(description="The doctor.")
    reason: str | None = strawberry.field(
        description="The reason for the visit, as given when it was booked; null if none was given."
    )
    booked_at: datetime = strawberry.field(description="When the visit was booked; moving it does not change this.")
    channel: Channel = strawberry.field(description="How the patient asked for the visit when it was booked.")
    cancellable_until: datetime = strawberry.field(
        description="Until when the patient can move or cancel the visit online, exclusive."
    )
    cancelled_at: datetime | None = strawberry.field(
        description="When the visit was cancelled; null if it has not been cancelled."
    )
    confirmed_at: datetime | None = strawberry.field(
        description="When the patient confirmed that they will come; null if they have not. A visit that is moved has"
        " to be confirmed again."
    )
    doctor_is_absent: bool = strawberry.field(
        description="Whether the visit cannot take place because the doctor is absent. It stays booked until the"
        " patient accepts one of `Patient.offers`, or moves or cancels the visit."
    )
    row: strawberry.Private[models.visits.visit.Visit]

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, *STAFF)],
        description="The patient of the visit.",
    )
    def patient(self) -> Annotated["Patient", strawberry.lazy("schema.patient")]:
        from schema.patient import Patient

        return Patient.with_account(self.row.patient)

    @strawberry.field(
        directives=[at_most(10), Cost(weight="3")],
        description="All changes to the visit, oldest first. The visit keeps its id and reference through all of them.",
    )
    async def history(self) -> list[VisitChange]:
        return [
            VisitChange(
                at=change.at,
                kind=change.kind,
                from_starts_at=change.from_starts_at,
                to_starts_at=change.to_starts_at,
                by=change.by,
                reason=change.reason,
                channel=change.channel,
                override_reason=change.override_reason,
                account_id=change.account_id,
            )
            for change in await self.row.changes.all().order_by("at", "id")
        ]

    @strawberry.field(
        directives=[Cost(weight="2")],
        description="The visit as an iCalendar file (RFC 5545). Its UID stays the same, its SEQUENCE increases with"
        " every change, and its METHOD is CANCEL once the visit is cancelled.",
    )
    def calendar(self, info: Info) -> str:
        account = self.row.patient.account
        return icalendar.render(
            side_effects.snapshot(self.row), info.context.language, account.email if account else None
        )

    def shown(self) -> Shown:
        return "Visit", self.row.id, self.row.patient_id

    @classmethod
    def of(cls, row: models.visits.visit.Visit) -> Self:
        return cls(
            id=public_id("Visit", row.id),
            reference=row.reference,
            status=row.status,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            clinic=Clinic.of(row.clinic),
            doctor=Doctor.of(row.doctor),
            reason=row.reason,
            booked_at=row.booked_at,
            channel=row.channel,
            cancellable_until=row.cancellable_until,
            cancelled_at=row.cancelled_at,
            confirmed_at=row.confirmed_at,
            doctor_is_absent=row.doctor_is_absent,
            row=row,
        )
