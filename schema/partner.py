"""Partner: another system that follows events with a key, as administrators see and manage it."""

from datetime import datetime
from typing import Annotated, Any, Self

import strawberry

import models.events.partner
from models.slots.clinic import Clinic as ClinicRow
from schema.clinic import Clinic
from schema.node import Node
from schema.problems.booking import InvalidInput, PartnerNotFound
from schema.scalars import private_id, private_ids, public_id


@strawberry.type(description="Another system that reads free slots and follows events with a key.")
class Partner(Node):
    name: str = strawberry.field(description="The name of the system or of its owner.")
    shows_references: bool = strawberry.field(
        description="Whether its events contain the references of visits; if not, `visitReference` is an empty string."
    )
    created_at: datetime = strawberry.field(description="When the partner was added.")
    removed_at: datetime | None = strawberry.field(
        description="When the partner was removed; null if it has not been removed."
    )
    row: strawberry.Private[models.events.partner.Partner]

    @strawberry.field(description="The clinics whose events the partner sees, ordered by name.")
    async def clinics(self) -> list[Clinic]:
        return [Clinic.of(row) for row in await ClinicRow.filter(id__in=self.row.clinic_ids).order_by("search_name")]

    @classmethod
    def of(cls, row: models.events.partner.Partner) -> Self:
        return cls(
            id=public_id("Partner", row.id),
            name=row.name,
            shows_references=row.shows_references,
            created_at=row.created_at,
            removed_at=row.removed_at,
            row=row,
        )


@strawberry.type(description="A partner's new key. It is shown only once: the service stores only its hash.")
class PartnerKey:
    partner: Partner = strawberry.field(description="The partner to whom the key belongs.")
    key: str = strawberry.field(description="The key for the header `Authorization: Bearer`; it starts with `erp_`.")
    others_end_at: datetime | None = strawberry.field(
        description="Until when the earlier keys still work; null for the partner's first key."
    )


@strawberry.input(description="A new partner, and the clinics whose events it sees.")
class AddPartnerInput:
    name: str = strawberry.field(description="The name of the system or of its owner: 1 to 100 characters.")
    clinic_ids: list[strawberry.ID] = strawberry.field(
        description="The clinics whose events the partner sees: at least one."
    )
    shows_references: bool = strawberry.field(
        default=False,
        description="Whether its events contain the references of visits. Grant it only to a partner that needs them.",
    )

    def to_model(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "clinic_ids": private_ids("Clinic", self.clinic_ids),
            "shows_references": self.shows_references,
        }


@strawberry.input(description="The partner that gets a new key.")
class RotatePartnerKeyInput:
    partner_id: strawberry.ID = strawberry.field(description="A partner that has not been removed.")
    end_others_now: bool = strawberry.field(
        default=False,
        description="Whether the earlier keys become invalid at once, for example because one has leaked.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"partner_id": private_id("Partner", self.partner_id), "end_others_now": self.end_others_now}


@strawberry.input(description="The partner to remove.")
class RemovePartnerInput:
    partner_id: strawberry.ID = strawberry.field(description="A partner that has not been removed yet.")

    def to_model(self) -> dict[str, Any]:
        return {"partner_id": private_id("Partner", self.partner_id)}


AddPartnerResult = Annotated[PartnerKey | InvalidInput, strawberry.union("AddPartnerResult")]
RotatePartnerKeyResult = Annotated[PartnerKey | PartnerNotFound, strawberry.union("RotatePartnerKeyResult")]
RemovePartnerResult = Annotated[Partner | PartnerNotFound, strawberry.union("RemovePartnerResult")]
