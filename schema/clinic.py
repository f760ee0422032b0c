"""Clinic: a place with doctors, and its rules for online booking."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

import models.slots.clinic
from models.slots.doctor import Doctor as DoctorRow
from schema.context import Info
from schema.execution.limits import PAGED, Cost
from schema.node import Node
from schema.page import After, Connection, First, Page
from schema.scalars import public_id

if TYPE_CHECKING:
    from schema.doctor import Doctor
    from schema.slot import Slot


@strawberry.type(
    description="A clinic's rules for online booking. Reception can override them with a reason (OverrideInput)."
)
class BookingRules:
    days_ahead: int = strawberry.field(
        description="How many days ahead, by local date, a slot can be booked: 1 to 365."
    )
    minimum_notice_minutes: int = strawberry.field(
        description="The latest time to book a slot, in minutes before it starts: 0 to 20160 (14 days)."
    )
    cancel_until_minutes: int = strawberry.field(
        description="The latest time to move or cancel a visit, in minutes before it starts: 0 (until it starts) to"
        " 43200 (30 days)."
    )
    planned_visits_per_patient: int = strawberry.field(
        description="How many planned visits a patient can have in this clinic at the same time: 1 to 50."
    )


@strawberry.type(description="A clinic (poradnia) of the centre.")
class Clinic(Node):
    name: str = strawberry.field(description="The name in Polish, such as `Poradnia kardiologiczna`.")
    description: str = strawberry.field(
        description="What the clinic treats, and for whom; an empty string if nothing was entered."
    )
    address: str = strawberry.field(description="Street, number, postal code and town, in one line.")
    phone: str = strawberry.field(description="The telephone number of reception, as it was entered.")
    rules: BookingRules = strawberry.field(description="The rules for online booking.")
    closed_from: date | None = strawberry.field(
        description="The first local day on which the clinic is closed; null if it is open and is not going to close."
    )
    key: strawberry.Private[UUID]

    @strawberry.field(
        directives=[PAGED, Cost(weight="5")],
        description="The doctors who see patients here, ordered by surname.",
    )
    async def doctors(
        self, info: Info, first: First = 50, after: After = None
    ) -> Connection[Annotated["Doctor", strawberry.lazy("schema.doctor")]]:
        from schema.doctor import Doctor

        page = Page("doctors", first, after)
        is_staff = info.context.is_staff
        rows = await DoctorRow.list_page(self.key, None, page.after, page.limit, with_retired=is_staff)
        return Connection.of(rows, page, "search_name", Doctor.of)

    @strawberry.field(
        directives=[Cost(weight="3")],
        description="The first slot that can be booked online now; null if there is none.",
    )
    async def next_free_slot(self, info: Info) -> Annotated["Slot", strawberry.lazy("schema.slot")] | None:
        from schema.slot import Slot

        row = await info.context.next_free_slot.load(("clinic_id", self.key, None))
        return Slot.of(row, info.context.viewer) if row else None

    @classmethod
    async def limiting(cls, ids: list[UUID] | None) -> list[Self] | None:
        """The clinics to which somebody's work is limited, ordered by name; None if it is not limited."""
        if ids is None:
            return None
        rows = await models.slots.clinic.Clinic.filter(id__in=ids).order_by("search_name", "id")
        return [cls.of(row) for row in rows]

    @classmethod
    def of(cls, row: models.slots.clinic.Clinic) -> Self:
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
            closed_from=row.closed_from,
            key=row.id,
        )
