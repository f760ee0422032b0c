"""Clinic: a place with doctors, and what it allows online."""

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

import models.clinic
from models.doctor import Doctor as DoctorRow
from schema.context import Info
from schema.limits import PAGED, Cost
from schema.node import Node
from schema.page import Connection, Page
from schema.scalars import public_id

if TYPE_CHECKING:
    from schema.doctor import Doctor
    from schema.slot import Slot


@strawberry.type(description="What a clinic allows online. Reception may override with a reason.")
class BookingRules:
    days_ahead: int = strawberry.field(description="How many days ahead, by local date, a slot can be booked.")
    minimum_notice_minutes: int = strawberry.field(description="How long before its start a slot can still be booked.")
    cancel_until_minutes: int = strawberry.field(
        description="How long before its start a visit can still be moved or cancelled; 0: until it starts."
    )
    planned_visits_per_patient: int = strawberry.field(description="How many planned visits one patient may have here.")


@strawberry.type(description="A clinic (poradnia) of the centre.")
class Clinic(Node):
    name: str = strawberry.field(description="Poradnia kardiologiczna.")
    description: str = strawberry.field(description="What it treats, for whom; may be empty.")
    address: str = strawberry.field(description="Street, number, postal code and town, in one line.")
    phone: str = strawberry.field(description="Reception's telephone.")
    rules: BookingRules = strawberry.field(description="What can be done online.")
    key: strawberry.Private[UUID]

    @strawberry.field(
        directives=[PAGED, Cost(weight="5")], description="Who sees patients here, by surname. `first` is at most 100."
    )
    async def doctors(
        self, first: int = 50, after: str | None = None
    ) -> Connection[Annotated["Doctor", strawberry.lazy("schema.doctor")]]:
        from schema.doctor import Doctor

        page = Page("doctors", first, after)
        rows = await DoctorRow.listed(self.key, None, page.after, page.limit)
        return Connection.of(rows, page, "search_name", Doctor.of)

    @strawberry.field(
        directives=[Cost(weight="3")], description="The soonest slot that can be booked now; null when none is free."
    )
    async def next_free_slot(self, info: Info) -> Annotated["Slot", strawberry.lazy("schema.slot")] | None:
        from schema.slot import Slot

        row = await info.context.next_free_slot.load(("clinic_id", self.key, None))
        return Slot.of(row, info.context.viewer) if row else None

    @classmethod
    def of(cls, row: models.clinic.Clinic) -> Self:
        rules = BookingRules(
            days_ahead=row.days_ahead,
            minimum_notice_minutes=row.minimum_notice_minutes,
            cancel_until_minutes=row.cancel_until_minutes,
            planned_visits_per_patient=row.planned_visits_per_patient,
        )
        return cls(
            id=public_id("Clinic", row.id),
            name=row.name,
            description=row.description,
            address=row.address,
            phone=row.phone,
            rules=rules,
            key=row.id,
        )
