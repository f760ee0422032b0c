"""Lists for the desk: the visits that reception searches for, and the patients whom it should call."""

from datetime import date, datetime
from typing import Self

import strawberry

from models.values.visit_status import Status
from models.visits.call_list import Call as CallEntry
from models.visits.call_list import CallReason
from models.visits.visit_search import VisitFilter
from schema.execution.limits import at_most
from schema.message import Message
from schema.offer import Offer
from schema.phone_call import Call
from schema.reading_audit import Shown
from schema.scalars import optional_id
from schema.visit import Visit


@strawberry.input(
    description="Selects the visits that meet all conditions. Conditions on times apply to the start of the visit."
)
class VisitsFilter:
    day: date | None = strawberry.field(default=None, description="Starting on this local day.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Starting at or after this time.")
    until: datetime | None = strawberry.field(default=None, description="Starting before this time.")
    clinic_id: strawberry.ID | None = strawberry.field(default=None, description="In this clinic.")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="With this doctor.")
    status: list[Status] | None = strawberry.field(default=None, description="In one of these states.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Of this patient. This counts as opening the patient's record, and the patient can see it in their"
        " `accessLog`.",
    )

    def to_model(self) -> VisitFilter:
        return VisitFilter(
            day=self.day,
            from_=self.from_,
            until=self.until,
            clinic_id=optional_id("Clinic", self.clinic_id),
            doctor_id=optional_id("Doctor", self.doctor_id),
            statuses=self.status,
            patient_id=optional_id("Patient", self.patient_id),
        )


@strawberry.type(description="A patient to telephone about a visit.")
class CallListEntry:
    visit: Visit = strawberry.field(description="The visit; its patient is `visit.patient`.")
    reason: CallReason = strawberry.field(description="Why the patient must be telephoned.")
    phone: str | None = strawberry.field(
        description="The patient's telephone number in E.164 form, such as `+48501234567`; null if unknown."
    )
    message: Message | None = strawberry.field(
        description="The message that could not be delivered, with its reason; null if no message failed."
    )
    offer: Offer | None = strawberry.field(
        description="The latest offer of another slot, if the doctor will be absent; otherwise null."
    )
    calls: list[Call] = strawberry.field(
        directives=[at_most(3)],
        description="The unsuccessful calls since the patient was last reached, latest first: at most ten.",
    )

    def shown(self) -> Shown:
        """An entry shows the patient's telephone number, so it counts as reading their data even without `visit`."""
        return self.visit.shown()

    @classmethod
    def of(cls, call: CallEntry) -> Self:
        return cls(
            visit=Visit.of(call.visit),
            reason=call.reason,
            phone=call.visit.patient.phone,
            message=Message.of(call.message) if call.message else None,
            offer=Offer.of(call.offer) if call.offer else None,
            calls=[Call.of(row) for row in call.tries],
        )
