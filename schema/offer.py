"""Offer: a slot that the centre holds for one patient, who may take it or not."""

from datetime import datetime
from enum import Enum
from typing import Self

import strawberry

import models.offer
import schema.visit  # noqa: F401 - where Channel becomes an enum of the schema
from models.visit_status import Channel
from schema.node import Node
from schema.scalars import public_id
from schema.slot import Slot, SlotHold


@strawberry.enum(description="Why a slot is offered.")
class OfferReason(Enum):
    DOCTOR_ABSENT = "DOCTOR_ABSENT"
    WAITING_LIST = "WAITING_LIST"


strawberry.enum(
    models.offer.Answer,
    name="OfferAnswer",
    description="What was answered. LAPSED: nothing in time. CLOSED: overtaken, such as by a cancelled visit.",
)


@strawberry.type(description="A slot held for one patient alone. Nobody is moved unless they accept it.")
class Offer(Node):
    reason: OfferReason = strawberry.field(description="Why it is offered.")
    slot: Slot | None = strawberry.field(description="What is offered; null: no other term could be found.")
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
    answer: models.offer.Answer = strawberry.field(description="OPEN until it is answered or its time is over.")
    visit_id: strawberry.ID | None = strawberry.field(description="The visit that it would move, if it is for one.")

    @classmethod
    def of(cls, row: models.offer.Offer) -> Self:
        return cls(
            id=public_id("Offer", row.id),
            reason=OfferReason.DOCTOR_ABSENT if row.visit_id else OfferReason.WAITING_LIST,
            slot=Slot.of(row.slot, row.patient_id) if row.slot else None,
            expires_at=row.expires_at,
            answer=row.answer_now,
            visit_id=public_id("Visit", row.visit_id) if row.visit_id else None,
        )


def hold_of(row: models.offer.Offer) -> SlotHold | None:
    return SlotHold(slot=Slot.of(row.slot, row.patient_id), expires_at=row.expires_at) if row.slot else None


@strawberry.input(description="Take what is offered.")
class AcceptOfferInput:
    offer_id: strawberry.ID = strawberry.field(description="The offer.")
    channel: Channel = strawberry.field(
        default=Channel.PHONE, description="Reception: how the patient said so. A patient's own answer is ONLINE."
    )


@strawberry.input(description="Leave what is offered to somebody else.")
class DeclineOfferInput:
    offer_id: strawberry.ID = strawberry.field(description="The offer.")
