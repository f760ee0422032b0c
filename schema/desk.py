"""The desk: what reception looks for, and what it does with visits in other people's names."""

from datetime import date, datetime

import strawberry

from models.account import Account
from models.call_list import Call, Why
from models.diary import Sought
from models.errand import Errand
from models.visit_status import Channel, Status
from schema.fault import BadInput
from schema.message import Message
from schema.offer import Offer
from schema.scalars import private_id
from schema.text import words
from schema.visit import Visit

strawberry.enum(
    Why,
    name="CallReason",
    description="NO_EMAIL: the patient has no address. NO_MESSAGE: none was written about this visit."
    " MESSAGE_FAILED: the newest one did not arrive. Of a visit whose doctor will be absent: NO_TERM: no other term"
    " could be found. DECLINED: the offered one is not wanted. NOT_ANSWERED: its time is over, or the visit is near.",
)


@strawberry.input(description="Which visits; all conditions hold together. Times are those of the beginnings.")
class VisitsFilter:
    day: date | None = strawberry.field(default=None, description="On this local day.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="At or after.")
    until: datetime | None = strawberry.field(default=None, description="Before.")
    clinic_id: strawberry.ID | None = strawberry.field(default=None, description="In this clinic.")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="With this doctor.")
    status: list[Status] | None = strawberry.field(default=None, description="In one of these states.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this patient: opens their record, which they will see."
    )

    def sought(self) -> Sought:
        return Sought(
            day=self.day,
            from_=self.from_,
            until=self.until,
            clinic_id=private_id("Clinic", self.clinic_id) if self.clinic_id is not None else None,
            doctor_id=private_id("Doctor", self.doctor_id) if self.doctor_id is not None else None,
            statuses=self.status,
            patient_id=private_id("Patient", self.patient_id) if self.patient_id is not None else None,
        )


@strawberry.type(description="Somebody to telephone about a visit.")
class CallListEntry:
    visit: Visit = strawberry.field(description="The visit; whose it is: `visit.patient`.")
    reason: Why = strawberry.field(description="Why they must be called.")
    phone: str | None = strawberry.field(description="Their number; null when none is known.")
    message: Message | None = strawberry.field(description="The message that failed, with its reason.")
    offer: Offer | None = strawberry.field(description="Whose doctor will be absent: the term offered instead.")

    @classmethod
    def of(cls, call: Call) -> "CallListEntry":
        message = Message.of(call.message) if call.message else None
        offer, phone = Offer.of(call.offer) if call.offer else None, call.visit.patient.phone
        return cls(visit=Visit.of(call.visit), reason=call.why, phone=phone, message=message, offer=offer)


@strawberry.input(description="Leave to pass over a rule of the clinic; never over a promise of the database.")
class OverrideInput:
    reason: str = strawberry.field(
        description="Why, at most 500 characters; kept for ever in history and audit trail, so without a PESEL."
    )


CHANNEL = "PHONE or RECEPTION: how the patient asked."
KEY = "As in BookVisitInput."
LEAVE = "Passes over notice, days ahead, planned visits and cancel-until; a past or taken slot stays refused."


def errand(by: Account, channel: Channel, override: OverrideInput | None) -> Errand:
    if channel not in (Channel.PHONE, Channel.RECEPTION):
        raise BadInput("`channel` must be PHONE or RECEPTION.")
    return Errand(by, channel, words("override.reason", override.reason) if override else None)


@strawberry.input(description="Book a free slot for a patient.")
class BookForInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")
    patient_id: strawberry.ID = strawberry.field(description="For whom.")
    reason: str | None = strawberry.field(default=None, description="Why, for the doctor; at most 500 characters.")
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=LEAVE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Move a patient's visit to another slot.")
class RescheduleForInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit.")
    slot_id: strawberry.ID = strawberry.field(description="The free slot to move to.")
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=LEAVE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Cancel a patient's visit.")
class CancelForInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit.")
    reason: str | None = strawberry.field(default=None, description="Why, if it was said; at most 500 characters.")
    channel: Channel = strawberry.field(default=Channel.PHONE, description=CHANNEL)
    override: OverrideInput | None = strawberry.field(default=None, description=LEAVE)
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whose patient has come.")
class MarkArrivedInput:
    visit_id: strawberry.ID = strawberry.field(description="BOOKED, or NO_SHOW who came after all; from its day on.")


@strawberry.input(description="Which visit was held.")
class MarkFulfilledInput:
    visit_id: strawberry.ID = strawberry.field(description="ARRIVED.")


@strawberry.input(description="Whose patient has not come.")
class MarkNoShowInput:
    visit_id: strawberry.ID = strawberry.field(description="BOOKED, or ARRIVED by mistake; once it has begun.")


@strawberry.input(description="Whom you have told by telephone.")
class MarkCalledInput:
    visit_id: strawberry.ID = strawberry.field(description="What it was about.")
    note: str | None = strawberry.field(default=None, description="What was said; in the visit's history.")
