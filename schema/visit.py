"""Visit: a patient's booked term, its history and its calendar entry."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import models.visit
from models import aftermath, calendar
from models.account import Role
from models.visit_status import Channel, Status
from schema.clinic import Clinic
from schema.context import STAFF, Info
from schema.directives import Requires
from schema.doctor import Doctor
from schema.limits import Cost, at_most
from schema.node import Node
from schema.scalars import public_id

if TYPE_CHECKING:
    from schema.patient import Patient

strawberry.enum(Status, name="VisitStatus", description="BOOKED until the patient comes, or not.")
strawberry.enum(Channel, name="Channel", description="How a visit was booked.")


@strawberry.type(description="One thing that happened to a visit.")
class VisitChange:
    at: datetime = strawberry.field(description="When it happened.")
    kind: str = strawberry.field(description="BOOKED, MOVED, CANCELLED, ARRIVED, FULFILLED, NO_SHOW or CALLED.")
    from_starts_at: datetime | None = strawberry.field(description="When the visit would have begun before.")
    to_starts_at: datetime | None = strawberry.field(description="When it begins since.")
    by: str = strawberry.field(description="patient or reception.")
    reason: str | None = strawberry.field(description="As it was given, if any.")
    channel: Channel | None = strawberry.field(description="How it was asked for; null in entries of old.")
    override_reason: str | None = strawberry.field(description="Why reception passed over a rule of the clinic.")


@strawberry.type(description="A visit (wizyta) that a patient has booked.")
class Visit(Node):
    reference: str = strawberry.field(description="Short, speakable, unguessable: what a patient reads out, K7MP-3TQX.")
    status: Status = strawberry.field(description="What has become of it.")
    starts_at: datetime = strawberry.field(description="Begin.")
    ends_at: datetime = strawberry.field(description="End, excluded.")
    clinic: Clinic = strawberry.field(description="Where.")
    doctor: Doctor = strawberry.field(description="With whom.")
    reason: str | None = strawberry.field(description="Why, in the patient's words, if given.")
    booked_at: datetime = strawberry.field(description="When it was booked first.")
    channel: Channel = strawberry.field(description="How it was booked.")
    cancellable_until: datetime = strawberry.field(description="Until when it can be moved or cancelled online.")
    cancelled_at: datetime | None = strawberry.field(description="When it was cancelled, if it was.")
    doctor_is_absent: bool = strawberry.field(
        description="It cannot take place: the doctor will not be there. Take a term of `Patient.offers`, or move or"
        " cancel it; until then it stays booked."
    )
    row: strawberry.Private[models.visit.Visit]

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, *STAFF)], description="Whose visit it is: for reception, and for oneself."
    )
    def patient(self) -> Annotated["Patient", strawberry.lazy("schema.patient")]:
        from schema.patient import Patient

        return Patient.shown(self.row.patient)

    @strawberry.field(
        directives=[at_most(10), Cost(weight="3")],
        description="Every change, oldest first; the visit's id stays the same through all of them.",
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
            )
            for change in await self.row.changes.all().order_by("at", "id")
        ]

    @strawberry.field(
        directives=[Cost(weight="2")],
        description="RFC 5545 text for a calendar program: a stable UID, a SEQUENCE that grows with each change,"
        " METHOD:CANCEL once it is cancelled.",
    )
    def calendar(self, info: Info) -> str:
        account = self.row.patient.account
        return calendar.text(aftermath.snapshot(self.row), info.context.language, account.email if account else None)

    @classmethod
    def of(cls, row: models.visit.Visit) -> Self:
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
            doctor_is_absent=row.doctor_is_absent,
            row=row,
        )


@strawberry.input(description="Book a free slot.")
class BookVisitInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot, held by you or by nobody.")
    reason: str | None = strawberry.field(default=None, description="Why, for the doctor; at most 500 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Yours, at most 128 characters. The same key with the same input gets the first answer again,"
        " with another input KeyReused. Kept 24 h, per account.",
    )


@strawberry.input(description="Move a visit to another slot.")
class RescheduleVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="Your visit.")
    slot_id: strawberry.ID = strawberry.field(description="The free slot to move to.")
    idempotency_key: str | None = strawberry.field(default=None, description="As in BookVisitInput.")


@strawberry.input(description="Cancel a visit.")
class CancelVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="Your visit.")
    reason: str | None = strawberry.field(default=None, description="Why, if you like; at most 500 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description="As in BookVisitInput.")
