"""Doctor: who sees patients."""

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

import models.doctor
from schema.clinic import Clinic
from schema.context import Info
from schema.limits import Cost, at_most
from schema.node import Node
from schema.scalars import private_id, public_id

if TYPE_CHECKING:
    from schema.slot import Slot


@strawberry.type(description="A doctor (lekarz) of the centre.")
class Doctor(Node):
    title: str = strawberry.field(description="dr n. med.")
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    full_name: str = strawberry.field(description="Title and names, as on the door.")
    specialties: list[str] = strawberry.field(description="In Polish, such as kardiolog.")
    key: strawberry.Private[UUID]

    @strawberry.field(directives=[at_most(5)], description="Where this doctor sees patients, by name.")
    async def clinics(self, info: Info) -> list[Clinic]:
        return [Clinic.of(row) for row in await info.context.clinics_of_doctor.load(self.key)]

    @strawberry.field(
        directives=[Cost(weight="3")],
        description="The soonest slot that can be booked now, in any clinic or this one; null: none.",
    )
    async def next_free_slot(
        self, info: Info, clinic_id: strawberry.ID | None = None
    ) -> Annotated["Slot", strawberry.lazy("schema.slot")] | None:
        from schema.slot import Slot

        place = private_id("Clinic", clinic_id) if clinic_id is not None else None
        row = await info.context.next_free_slot.load(("doctor_id", self.key, place))
        return Slot.of(row, info.context.viewer) if row else None

    @classmethod
    def of(cls, row: models.doctor.Doctor) -> Self:
        return cls(
            id=public_id("Doctor", row.id),
            title=row.title,
            first_name=row.first_name,
            last_name=row.last_name,
            full_name=row.full_name,
            specialties=row.specialties,
            key=row.id,
        )
