"""Visit links: what the personal link from an e-mail lets its holder see of the visit and do with it."""

from datetime import datetime
from typing import Annotated, Any, Self

import strawberry

from models.values.visit_status import Status
from models.visits.visit import Visit as VisitRow
from schema.input_text import optional_text
from schema.problems.booking import LinkNotValid, OutsideServiceHours, VisitNotChangeable, VisitNotFound
from schema.scalars import private_id
from schema.visit import Visit

OF_LINK = "The token from the link in the e-mail: the part of its address after the `#`."


@strawberry.type(description="The part of a visit that the holder of its personal link may see.")
class LinkedVisit:
    starts_at: datetime = strawberry.field(description="When the visit starts.")
    ends_at: datetime = strawberry.field(description="When the visit ends, exclusive.")
    address: str = strawberry.field(description="Street, number, postal code and town, in one line.")
    phone: str = strawberry.field(description="The telephone number of reception.")
    status: Status = strawberry.field(description="BOOKED, ARRIVED or CANCELLED.")
    confirmed_at: datetime | None = strawberry.field(
        description="When the patient confirmed that they will come; null if they have not."
    )
    cancellable_until: datetime = strawberry.field(
        description="Until when the visit can be cancelled online, exclusive."
    )

    @classmethod
    def of(cls, row: VisitRow) -> Self:
        return cls(
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            address=row.clinic.address,
            phone=row.clinic.phone,
            status=row.status,
            confirmed_at=row.confirmed_at,
            cancellable_until=row.cancellable_until,
        )


@strawberry.input(description="The visit that you confirm.")
class ConfirmVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="Your visit.")

    def to_model(self) -> dict[str, Any]:
        return {"visit_id": private_id("Visit", self.visit_id)}


@strawberry.input(description="The link of the visit that you confirm.")
class ConfirmLinkedVisitInput:
    token: str = strawberry.field(description=OF_LINK)

    def to_model(self) -> dict[str, Any]:
        return {"token": self.token}


@strawberry.input(description="The link of the visit to cancel.")
class CancelLinkedVisitInput:
    token: str = strawberry.field(description=OF_LINK)
    reason: str | None = strawberry.field(
        default=None, description="Your reason for cancelling, if you wish to give one: at most 500 characters."
    )

    def to_model(self) -> dict[str, Any]:
        return {"token": self.token, "reason": optional_text("reason", self.reason)}


ConfirmVisitResult = Annotated[Visit | VisitNotFound | VisitNotChangeable, strawberry.union("ConfirmVisitResult")]
ConfirmLinkedVisitResult = Annotated[
    LinkedVisit | LinkNotValid | VisitNotChangeable, strawberry.union("ConfirmLinkedVisitResult")
]
CancelLinkedVisitResult = Annotated[
    LinkedVisit | LinkNotValid | VisitNotChangeable | OutsideServiceHours, strawberry.union("CancelLinkedVisitResult")
]
