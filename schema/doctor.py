"""Doctor: a person who sees patients."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

import models.slots.doctor
from schema.clinic import Clinic
from schema.context import Info
from schema.execution.limits import Cost, at_most
from schema.node import Node
from schema.page import InClinic
from schema.scalars import optional_id, public_id

if TYPE_CHECKING:
    from schema.slot import Slot


@strawberry.type(description="A doctor (lekarz) of the centre.")
class Doctor(Node):
    title: str = strawberry.field(description="The title, such as `dr n. med.`; an empty string if there is none.")
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    full_name: str = strawberry.field(description="Title, given name and surname, in this order.")
    specialties: list[str] = strawberry.field(description="Specialties in Polish, such as `kardiolog`.")
    retired_from: date | None = strawberry.field(
        description="The first local day on which the doctor no longer sees patients; null if the doctor is not going"
        " to retire."
    )
    key: strawberry.Private[UUID]

    @strawberry.field(
        directives=[at_most(5)], description="The clinics in which the doctor sees patients, ordered by name."
    )
    async def clinics(self, info: Info) -> list[Clinic]:
        return [Clinic.of(row) for row in await info.context.clinics_of_doctor.load(self.key)]

    @strawberry.field(
        directives=[Cost(weight="3")],
        description="The doctor's first slot that can be booked online now; null if there is none.",
    )
    async def next_free_slot(
        self, info: Info, clinic_id: InClinic = None
    ) -> Annotated["Slot", strawberry.lazy("schema.slot")] | None:
        from schema.slot import Slot

        key = ("doctor_id", self.key, optional_id("Clinic", clinic_id))
        row = await info.context.next_free_slot.load(key)
        return Slot.of(row, info.context.viewer) if row else None

    @classmethod
    def of(cls, row: models.slots.doctor.Doctor) -> Self:
        return cls(
            id=public_id("Doctor", row.id),
            title=row.title,
            first_name=row.first_name,
            last_name=row.last_name,
            full_name=row.full_name,
            specialties=row.specialties,
            retired_from=row.retired_from,
            key=row.id,
        )
