"""Refusals of requests to sign in, book, move and cancel."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

import settings
from infra.text import Text
from models.refusals import booking as refusals
from models.refusals import partner
from models.refusals import refusal as base
from models.refusals.refusal import Refusal
from models.slots import availability
from models.values.visit_status import Status
from models.visits.visit import Visit as VisitRow
from schema.context import Context, Info
from schema.execution.limits import at_most
from schema.problems.field_problem import FieldProblem
from schema.problems.problem import Problem, shows
from schema.slot import Slot
from schema.visit import Visit


@shows(base.InvalidInput)
class InvalidInput(Problem):
    fields: list[FieldProblem] = strawberry.field(description="The fields to correct.")

    @classmethod
    def field_values(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        if not isinstance(refusal, base.InvalidInput):
            return {"fields": []}
        found = [(flaw, refusal.find_allowed(flaw)) for flaw in refusal.flaws]
        told = [
            FieldProblem.of(flaw, context.language, allowed, is_for_staff=context.is_staff) for flaw, allowed in found
        ]
        return {"fields": told}


@shows(refusals.OutsideServiceHours)
class OutsideServiceHours(Problem):
    opens_at: datetime = strawberry.field(description="When e-registration opens next.")


@shows(refusals.WrongCredentials)
class WrongCredentials(Problem):
    pass


@shows(refusals.TooManyAttempts)
class TooManyAttempts(Problem):
    retry_at: datetime = strawberry.field(
        description="When to try again. `requestNewPassword` can be called without waiting."
    )


WEAKNESSES = {
    "TOO_SHORT": Text(pl="Potrzeba co najmniej {minimum} znaków.", en="At least {minimum} characters are needed."),
    "TOO_LONG": Text(pl="Hasło może mieć najwyżej 128 znaków.", en="At most 128 characters are possible."),
    "MALFORMED": Text(
        pl="Zawiera znak, którego nie da się wpisać.", en="It contains a character that cannot be typed."
    ),
    "COMMON": Text(pl="Należy do haseł, które łatwo odgadnąć.", en="It is among the passwords that are tried first."),
    "PERSONAL": Text(
        pl="Składa się głównie z własnych danych lub naszej nazwy.",
        en="It consists of your own data or our name and little else.",
    ),
}


@shows(refusals.WeakPassword)
class WeakPassword(Problem):
    reasons: list[str] = strawberry.field(
        description="What is wrong with the password: sentences to show, in the caller's language."
    )

    @classmethod
    def field_values(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        texts = [WEAKNESSES[reason].in_(context.language) for reason in refusal.details["reasons"]]
        return {"reasons": [text.format(minimum=settings.PASSWORD_MIN_LENGTH) for text in texts]}


@shows(refusals.SlotNotFound)
class SlotNotFound(Problem):
    pass


@shows(refusals.VisitNotFound)
class VisitNotFound(Problem):
    pass


@shows(refusals.SlotTaken)
class SlotTaken(Problem):
    @strawberry.field(
        directives=[at_most(3)],
        description="Up to three other free slots: of the same doctor first, then of the same clinic.",
    )
    async def alternatives(self, info: Info) -> list[Slot]:
        taken = UUID(self.refusal.details["slot_id"])
        return Slot.many(await availability.find_alternatives(taken, info.context.viewer), info.context.viewer)


@strawberry.enum(description="Why a slot cannot be booked online.")
class NotBookableReason(Enum):
    IN_THE_PAST = strawberry.enum_value("IN_THE_PAST", description="The slot has already started.")
    NOTICE_TOO_SHORT = strawberry.enum_value(
        "NOTICE_TOO_SHORT", description="The slot starts too soon (BookingRules.minimumNoticeMinutes)."
    )
    TOO_FAR_AHEAD = strawberry.enum_value(
        "TOO_FAR_AHEAD", description="The slot is too far ahead (BookingRules.daysAhead)."
    )
    WITHDRAWN = strawberry.enum_value("WITHDRAWN", description="The slot was withdrawn.")
    CLOSED = strawberry.enum_value(
        "CLOSED", description="The clinic will be closed or the doctor will have retired by then."
    )


@shows(refusals.SlotNotBookable)
class SlotNotBookable(Problem):
    reason: NotBookableReason = strawberry.field(description="Why the slot cannot be booked.")


@shows(refusals.VisitsOverlap)
class VisitsOverlap(Problem):
    @strawberry.field(description="The patient's other visit.")
    async def visit(self, info: Info) -> Visit:
        visit_id = UUID(self.refusal.details["visit_id"])
        if info.context.is_staff:
            return Visit.of(await VisitRow.get_with_details(visit_id))
        row = await VisitRow.find_for_patient(visit_id, info.context.patient)
        if row is None:
            raise LookupError("The overlapping visit is gone.")
        return Visit.of(row)


@shows(refusals.TooManyVisits)
class TooManyVisits(Problem):
    limit: int = strawberry.field(
        description="How many planned visits the clinic allows; before the patient's identity is confirmed, how many"
        " are allowed in all clinics together."
    )


@shows(refusals.VisitNotChangeable)
class VisitNotChangeable(Problem):
    status: Status = strawberry.field(description="The current state of the visit.")
    cancellable_until: datetime = strawberry.field(description="Until when it could be moved or cancelled online.")


@shows(refusals.LinkNotValid)
class LinkNotValid(Problem):
    pass


@shows(refusals.KeyReused)
class KeyReused(Problem):
    pass


@shows(partner.PartnerNotFound)
class PartnerNotFound(Problem):
    pass
