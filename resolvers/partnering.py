"""Partnering: administrators give systems of others a key, renew it and take it away."""

import strawberry

from models.account import Role
from models.clinic import Clinic as ClinicRow
from models.intake import NAME_LENGTH, Form
from models.partner import Partner as PartnerRow
from schema.context import Info
from schema.directives import Requires
from schema.partner import (
    AddPartnerInput,
    AddPartnerResult,
    Partner,
    PartnerKey,
    RemovePartnerInput,
    RemovePartnerResult,
    RotatePartnerKeyInput,
    RotatePartnerKeyResult,
)
from schema.scalars import private_id


@strawberry.type
class Partners:
    @strawberry.field(extensions=[Requires(Role.ADMINISTRATOR)], description="Partners that were not removed, by name.")
    async def partners(self) -> list[Partner]:
        return [Partner.of(row) for row in await PartnerRow.listed()]


@strawberry.type
class Partnering:
    @strawberry.mutation(
        extensions=[Requires(Role.ADMINISTRATOR)],
        description="Let a system of others follow events of some clinics. The answer holds its key, this once.",
    )
    async def add_partner(self, info: Info, input: AddPartnerInput) -> AddPartnerResult:
        form = Form()
        name = form.text("name", input.name, NAME_LENGTH)
        wanted = {private_id("Clinic", id_) for id_ in input.clinic_ids}
        if not wanted or await ClinicRow.filter(id__in=wanted).count() < len(wanted):
            form.wrong("clinicIds", "MALFORMED" if wanted else "REQUIRED")
        form.check()
        row, key = await PartnerRow.add(
            name or "", wanted, shows_references=input.shows_references, by=info.context.me
        )  # fmt: skip
        return PartnerKey(partner=Partner.of(row), key=key, others_end_at=None)

    @strawberry.mutation(
        extensions=[Requires(Role.ADMINISTRATOR)],
        description="A new key, shown this once. Earlier keys stay good for an overlap (24 hours by default).",
    )
    async def rotate_partner_key(self, info: Info, input: RotatePartnerKeyInput) -> RotatePartnerKeyResult:
        id_ = private_id("Partner", input.partner_id)
        row, key, others_end_at = await PartnerRow.rotate_key(id_, by=info.context.me)
        return PartnerKey(partner=Partner.of(row), key=key, others_end_at=others_end_at)

    @strawberry.mutation(
        extensions=[Requires(Role.ADMINISTRATOR)],
        description="End all keys of a partner now; its open subscriptions end within seconds.",
    )
    async def remove_partner(self, info: Info, input: RemovePartnerInput) -> RemovePartnerResult:
        return Partner.of(await PartnerRow.remove(private_id("Partner", input.partner_id), by=info.context.me))
