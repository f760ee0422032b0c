"""Booking: the inputs and results of a patient's own holds and visits.

They are not in slot.py and visit.py, because their refusals contain slots and visits: imports would be circular.
"""

from typing import Annotated, Any

import strawberry

from schema.input_text import idempotency_key, optional_text
from schema.problems.booking import (
    KeyReused,
    OutsideServiceHours,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitNotFound,
    VisitsOverlap,
)
from schema.scalars import optional_id, private_id
from schema.slot import SlotHold
from schema.visit import Visit


@strawberry.input(description="The slot to hold.")
class HoldSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")
    visit_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Your visit, if you want to move it to the slot: the booking rules then do not count it. If"
        " omitted, the hold is for a new visit.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"slot_id": private_id("Slot", self.slot_id), "moved_id": optional_id("Visit", self.visit_id)}


@strawberry.input(description="The hold to end.")
class ReleaseSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="The slot that is held for you.")

    def to_model(self) -> dict[str, Any]:
        return {"slot_id": private_id("Slot", self.slot_id)}


@strawberry.input(description="The slot to book.")
class BookVisitInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot, or the one that is held for you.")
    reason: str | None = strawberry.field(
        default=None, description="The reason for the visit, for the doctor: at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="A key of your choice, at most 128 characters, that makes a retry safe. A request with the same key"
        " and input gets the first result again; with other input it is refused with KeyReused. Keys are kept for 24"
        " hours per account.",
    )

    def to_model(self) -> dict[str, Any]:
        return {
            "slot_id": private_id("Slot", self.slot_id),
            "reason": optional_text("reason", self.reason),
            "key": idempotency_key(self.idempotency_key),
        }


@strawberry.input(description="The visit to move, and the slot to move it to.")
class RescheduleVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="Your visit.")
    slot_id: strawberry.ID = strawberry.field(description="The free slot to move to.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="A key that makes a retry safe: see BookVisitInput."
    )

    def to_model(self) -> dict[str, Any]:
        return {
            "visit_id": private_id("Visit", self.visit_id),
            "slot_id": private_id("Slot", self.slot_id),
            "key": idempotency_key(self.idempotency_key),
        }


@strawberry.input(description="The visit to cancel.")
class CancelVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="Your visit.")
    reason: str | None = strawberry.field(
        default=None, description="Your reason for cancelling, if you wish to give one: at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="A key that makes a retry safe: see BookVisitInput."
    )

    def to_model(self) -> dict[str, Any]:
        return {
            "visit_id": private_id("Visit", self.visit_id),
            "reason": optional_text("reason", self.reason),
            "key": idempotency_key(self.idempotency_key),
        }


HoldSlotResult = Annotated[
    SlotHold | SlotNotFound | SlotTaken | SlotNotBookable | VisitsOverlap | TooManyVisits | OutsideServiceHours,
    strawberry.union("HoldSlotResult"),
]
BookVisitResult = Annotated[
    Visit
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | OutsideServiceHours,
    strawberry.union("BookVisitResult"),
]
RescheduleVisitResult = Annotated[
    Visit
    | VisitNotFound
    | VisitNotChangeable
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | OutsideServiceHours,
    strawberry.union("RescheduleVisitResult"),
]
CancelVisitResult = Annotated[
    Visit | VisitNotFound | VisitNotChangeable | KeyReused | OutsideServiceHours, strawberry.union("CancelVisitResult")
]
