"""Offer: a slot that the centre holds for one patient, who may accept or decline it."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

import models.waiting.offer
from models.accounts.account import Role
from models.values.visit_status import Channel
from schema.access_rules import Requires
from schema.context import STAFF, Info
from schema.node import Node
from schema.problems.booking import (
    OutsideServiceHours,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitsOverlap,
)
from schema.problems.schedule import ClinicNotYours, OfferNotFound, OfferOver
from schema.reading_audit import Shown
from schema.scalars import private_id, public_id
from schema.slot import Slot, SlotHold
from schema.visit import Visit

if TYPE_CHECKING:
    from schema.patient import Patient


@strawberry.enum(description="Why a slot is offered.")
class OfferReason(Enum):
    DOCTOR_ABSENT = strawberry.enum_value("DOCTOR_ABSENT", description="The doctor of a booked visit will be absent.")
    WAITING_LIST = strawberry.enum_value("WAITING_LIST", description="The patient is on the waiting list.")


@strawberry.type(
    description="A slot that is held for one patient until they accept or decline it. No visit is moved unless the"
    " offer is accepted."
)
class Offer(Node):
    reason: OfferReason = strawberry.field(description="Why the slot is offered.")
    slot: Slot | None = strawberry.field(description="The offered slot; null if no other slot could be found.")
    expires_at: datetime = strawberry.field(description="Until when the offer can be answered.")
    answer: models.waiting.offer.OfferAnswer = strawberry.field(description="The state of the offer.")
    visit_id: strawberry.ID | None = strawberry.field(
        description="The visit that is moved if the offer is accepted; null for an offer from the waiting list."
    )

    row: strawberry.Private[models.waiting.offer.Offer]

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, *STAFF)], description="The patient to whom the slot is offered."
    )
    async def patient(self, info: Info) -> Annotated["Patient", strawberry.lazy("schema.patient")]:
        from schema.patient import Patient

        row = await info.context.patients.load(self.row.patient_id)
        if row is None:
            raise LookupError("The offer's patient is gone.")
        return Patient.with_account(row)

    def shown(self) -> Shown:
        return "Offer", self.row.id, self.row.patient_id

    @classmethod
    def of(cls, row: models.waiting.offer.Offer) -> Self:
        return cls(
            id=public_id("Offer", row.id),
            reason=OfferReason.DOCTOR_ABSENT if row.visit_id else OfferReason.WAITING_LIST,
            slot=Slot.of(row.slot, row.patient_id) if row.slot else None,
            expires_at=row.expires_at,
            answer=row.current_answer,
            visit_id=public_id("Visit", row.visit_id) if row.visit_id else None,
            row=row,
        )


def hold_of(row: models.waiting.offer.Offer) -> SlotHold | None:
    return SlotHold(slot=Slot.of(row.slot, row.patient_id), expires_at=row.expires_at) if row.slot else None


@strawberry.input(description="The offer to accept.")
class AcceptOfferInput:
    offer_id: strawberry.ID = strawberry.field(description="An open offer.")
    channel: Channel = strawberry.field(
        default=Channel.PHONE,
        description="For reception: how the patient answered. Ignored for patients, whose answer is always ONLINE.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"offer_id": private_id("Offer", self.offer_id), "channel": self.channel}


@strawberry.input(description="The offer to decline.")
class DeclineOfferInput:
    offer_id: strawberry.ID = strawberry.field(description="An open offer.")

    def to_model(self) -> dict[str, Any]:
        return {"offer_id": private_id("Offer", self.offer_id)}


AcceptOfferResult = Annotated[
    Visit
    | OfferNotFound
    | OfferOver
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | VisitNotChangeable
    | OutsideServiceHours
    | ClinicNotYours,
    strawberry.union("AcceptOfferResult"),
]
