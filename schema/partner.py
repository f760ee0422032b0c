"""Partner: a system of others with a key; what an administrator sees of it and may do."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

import models.partner
from models.clinic import Clinic as ClinicRow
from schema.clinic import Clinic
from schema.node import Node
from schema.problem import InvalidInput, PartnerNotFound
from schema.scalars import public_id


@strawberry.type(description="A system of others that follows events with a key.")
class Partner(Node):
    name: str = strawberry.field(description="Whose system it is.")
    shows_references: bool = strawberry.field(
        description="Its events tell visits' references; else `visitReference` is an empty string."
    )
    created_at: datetime = strawberry.field(description="Since when.")
    removed_at: datetime | None = strawberry.field(description="When it was removed, if it was.")
    row: strawberry.Private[models.partner.Partner]

    @strawberry.field(description="Whose events it sees.")
    async def clinics(self) -> list[Clinic]:
        return [Clinic.of(row) for row in await ClinicRow.filter(id__in=self.row.clinic_ids).order_by("search_name")]

    @classmethod
    def of(cls, row: models.partner.Partner) -> Self:
        return cls(
            id=public_id("Partner", row.id),
            name=row.name,
            shows_references=row.shows_references,
            created_at=row.created_at,
            removed_at=row.removed_at,
            row=row,
        )


@strawberry.type(description="A new key of a partner. It is shown this once: only a hash of it is kept.")
class PartnerKey:
    partner: Partner = strawberry.field(description="Whose key.")
    key: str = strawberry.field(description="For `Authorization: Bearer`; begins with erp_.")
    others_end_at: datetime | None = strawberry.field(description="Until when earlier keys stay good; null: none.")


@strawberry.input(description="Who may follow which events.")
class AddPartnerInput:
    name: str = strawberry.field(description="Whose system it is.")
    clinic_ids: list[strawberry.ID] = strawberry.field(description="Whose events it sees: one clinic at least.")
    shows_references: bool = strawberry.field(
        default=False, description="Whether its events tell visits' references. Only if the partner needs them."
    )


@strawberry.input(description="Whose key to renew.")
class RotatePartnerKeyInput:
    partner_id: strawberry.ID = strawberry.field(description="The partner.")


@strawberry.input(description="Which partner to remove.")
class RemovePartnerInput:
    partner_id: strawberry.ID = strawberry.field(description="The partner.")


AddPartnerResult = Annotated[PartnerKey | InvalidInput, strawberry.union("AddPartnerResult")]
RotatePartnerKeyResult = Annotated[PartnerKey | PartnerNotFound, strawberry.union("RotatePartnerKeyResult")]
RemovePartnerResult = Annotated[Partner | PartnerNotFound, strawberry.union("RemovePartnerResult")]
