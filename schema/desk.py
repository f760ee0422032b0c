"""The desk: the inputs and results of reception's work with patients' visits."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from models.accounts.account import Account
from models.values.actor import Actor
from models.values.identity_document import SeenDocument
from models.values.visit_status import Channel, Status
from models.visits.attendance import CallReport
from models.visits.phone_call import CallOutcome
from models.visits.walk_in import WalkIn
from schema import wall_clock
from schema.execution.errors import BadUserInput
from schema.input_text import idempotency_key, lasting_reason, optional_text
from schema.problems.booking import (
    InvalidInput,
    KeyReused,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitNotFound,
    VisitsOverlap,
)
from schema.problems.desk import (
    IdentityNotConfirmed,
    PatientIncomplete,
    PatientIsDouble,
    PatientNotFound,
    RecordsOverlap,
    StatusNotChangeable,
)
from schema.problems.schedule import ClinicClosed, ClinicNotYours, DoctorRetired, SlotsOverlap
from schema.scalars import optional_id, private_id
from schema.visit import Visit

CHANNEL = "How the patient asked: PHONE or RECEPTION. Other values are refused with the error BAD_USER_INPUT."
KEY = "A key that makes a retry safe: see BookVisitInput."
OVERRIDE = (
    "Overrides the clinic's rules on notice, days ahead, planned visits and late changes. A past or taken slot is still"
    " refused."
)


@strawberry.input(description="An override of the clinic's rules. Nothing else can be overridden.")
class OverrideInput:
    reason: str = strawberry.field(
        description="Why the rule is overridden: 1 to 500 characters, without a PESEL (no eleven digits in a row). It"
        " is kept in the visit's history and the audit trail, and cannot be changed."
    )

    def to_model(self) -> str:
        return lasting_reason("override.reason", self.reason)


def actor(by: Account, channel: Channel, override: OverrideInput | None) -> Actor:
    """The actor when reception acts for a patient who has asked through this channel."""
    if channel not in (Channel.PHONE, Channel.RECEPTION):
        raise BadUserInput(
            pl="`channel` musi mieć wartość PHONE albo RECEPTION.", en="`channel` must be PHONE or RECEPTION."
        )
    return Actor(by, channel, override.to_model() if override else None)


@strawberry.input(description="The slot to book, and the patient to book it for.")
class BookForInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")
    patient_id: strawberry.ID = strawberry.field(description="The patient who will come.")
    reason: str | None = strawberry.field(
        default=None, description="The reason for the visit, for the doctor: at most 500 characters."
    )
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=OVERRIDE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def to_model(self) -> dict[str, Any]:
        return {
            "slot_id": private_id("Slot", self.slot_id),
            "reason": optional_text("reason", self.reason),
            "key": idempotency_key(self.idempotency_key),
        }


@strawberry.input(description="The visit to move, and the slot to move it to.")
class RescheduleForInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit to move.")
    slot_id: strawberry.ID = strawberry.field(description="The free slot to move to.")
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=OVERRIDE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def to_model(self) -> dict[str, Any]:
        return {
            "visit_id": private_id("Visit", self.visit_id),
            "slot_id": private_id("Slot", self.slot_id),
            "key": idempotency_key(self.idempotency_key),
        }


@strawberry.input(description="The visit to cancel on the patient's behalf.")
class CancelForInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit to cancel.")
    reason: str | None = strawberry.field(
        default=None, description="The patient's reason for cancelling, if they gave one: at most 500 characters."
    )
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=OVERRIDE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def to_model(self) -> dict[str, Any]:
        return {
            "visit_id": private_id("Visit", self.visit_id),
            "reason": optional_text("reason", self.reason),
            "key": idempotency_key(self.idempotency_key),
        }


@strawberry.input(description="The visit whose patient has arrived.")
class MarkArrivedInput:
    visit_id: strawberry.ID = strawberry.field(
        description="A visit that is BOOKED, or NO_SHOW if the patient came after all; not before its local day."
    )
    identity_seen: SeenDocument | None = strawberry.field(
        default=None,
        description="The document that you have just seen: confirms the patient's identity as `confirmIdentity` does.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"visit_id": private_id("Visit", self.visit_id), "seen": self.identity_seen}


@strawberry.input(description="The visit that has taken place.")
class MarkFulfilledInput:
    visit_id: strawberry.ID = strawberry.field(description="A visit that is ARRIVED and has begun.")

    def to_model(self) -> dict[str, Any]:
        return {"visit_id": private_id("Visit", self.visit_id)}


@strawberry.input(description="The visit whose patient did not come.")
class MarkNoShowInput:
    visit_id: strawberry.ID = strawberry.field(
        description="A visit that has begun and is BOOKED, or was marked ARRIVED by mistake."
    )

    def to_model(self) -> dict[str, Any]:
        return {"visit_id": private_id("Visit", self.visit_id)}


@strawberry.input(description="The visit about which the patient was telephoned.")
class MarkCalledInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit that the call was about.")
    note: str | None = strawberry.field(
        default=None, description="What was said, at most 500 characters; it is kept in the visit's history."
    )
    outcome: CallOutcome = strawberry.field(default=CallOutcome.REACHED, description="The outcome of the call.")
    again_at: datetime | None = strawberry.field(
        default=None,
        description="When to try again, if the patient was not REACHED: in the future, and before the visit starts.",
    )

    def to_model(self) -> CallReport:
        moments = wall_clock.resolve(again_at=self.again_at)
        return CallReport(outcome=self.outcome, again_at=moments["again_at"], note=optional_text("note", self.note))


@strawberry.input(description="The visit whose last mark was a mistake.")
class UndoStatusInput:
    visit_id: strawberry.ID = strawberry.field(description="A visit that is ARRIVED, FULFILLED or NO_SHOW.")
    reason: str | None = strawberry.field(
        default=None, description="The reason, if there is one to give: at most 500 characters."
    )
    status: Status | None = strawberry.field(
        default=None, description="The mark to undo. If given, repeating the request undoes nothing else."
    )

    def to_model(self) -> dict[str, Any]:
        return {"visit_id": private_id("Visit", self.visit_id), "reason": self.reason, "marked": self.status}


@strawberry.input(
    description="The patient who was seen without a booking. If `slotId` is given (a slot that has begun and that"
    " nobody booked), the doctor, clinic and times are those of the slot; otherwise `doctorId`, `clinicId`, `startsAt`"
    " and `minutes` are all required."
)
class RecordVisitInput:
    patient_id: strawberry.ID = strawberry.field(description="The patient who was seen.")
    slot_id: strawberry.ID | None = strawberry.field(
        default=None, description="A slot that has begun and that nobody booked."
    )
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="The doctor, if there is no `slotId`.")
    clinic_id: strawberry.ID | None = strawberry.field(default=None, description="The clinic, if there is no `slotId`.")
    starts_at: datetime | None = strawberry.field(
        default=None, description="When the visit began, if there is no `slotId`; at most seven days ago."
    )
    minutes: int | None = strawberry.field(
        default=None, description="The length in minutes, if there is no `slotId`: 5 to 240."
    )
    override_reason: str = strawberry.field(
        description="Why the visit was not booked: 1 to 500 characters, without a PESEL (no eleven digits in a row). It"
        " is kept in the visit's history and the audit trail, and cannot be changed."
    )
    reason: str | None = strawberry.field(
        default=None, description="The reason for the visit, for the doctor: at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)

    def to_model(self) -> WalkIn:
        return WalkIn(
            override_reason=lasting_reason("overrideReason", self.override_reason),
            slot_id=optional_id("Slot", self.slot_id),
            doctor_id=optional_id("Doctor", self.doctor_id),
            clinic_id=optional_id("Clinic", self.clinic_id),
            starts_at=wall_clock.resolve(starts_at=self.starts_at)["starts_at"],
            minutes=self.minutes,
            reason=optional_text("reason", self.reason),
            key=idempotency_key(self.idempotency_key),
        )


RecordVisitResult = Annotated[
    Visit
    | InvalidInput
    | PatientNotFound
    | IdentityNotConfirmed
    | SlotNotFound
    | SlotTaken
    | SlotsOverlap
    | VisitsOverlap
    | ClinicClosed
    | DoctorRetired
    | KeyReused
    | ClinicNotYours,
    strawberry.union("RecordVisitResult"),
]
BookForResult = Annotated[
    Visit
    | PatientNotFound
    | PatientIsDouble
    | IdentityNotConfirmed
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | ClinicNotYours,
    strawberry.union("BookForResult"),
]
RescheduleForResult = Annotated[
    Visit
    | VisitNotFound
    | VisitNotChangeable
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | ClinicNotYours,
    strawberry.union("RescheduleForResult"),
]
CancelForResult = Annotated[
    Visit | VisitNotFound | VisitNotChangeable | KeyReused | ClinicNotYours, strawberry.union("CancelForResult")
]
MarkArrivedResult = Annotated[
    Visit | VisitNotFound | StatusNotChangeable | VisitsOverlap | RecordsOverlap | PatientIncomplete | ClinicNotYours,
    strawberry.union("MarkArrivedResult"),
]
MarkFulfilledResult = Annotated[
    Visit | VisitNotFound | StatusNotChangeable | ClinicNotYours, strawberry.union("MarkFulfilledResult")
]
MarkNoShowResult = Annotated[
    Visit | VisitNotFound | StatusNotChangeable | ClinicNotYours, strawberry.union("MarkNoShowResult")
]
MarkCalledResult = Annotated[
    Visit | VisitNotFound | InvalidInput | ClinicNotYours, strawberry.union("MarkCalledResult")
]
UndoStatusResult = Annotated[
    Visit | VisitNotFound | StatusNotChangeable | InvalidInput | ClinicNotYours, strawberry.union("UndoStatusResult")
]
