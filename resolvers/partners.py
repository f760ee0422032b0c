"""Partners: administrators add other systems, give them keys and remove them."""

import strawberry

from models.events.partner import Partner as PartnerRow
from models.slots.clinic import Clinic as ClinicRow
from models.values.form import NAME_LENGTH, Form
from schema.access_rules import for_administrators
from schema.context import Info
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


@strawberry.type
class PartnerQueries:
    @strawberry.field(
        extensions=[for_administrators()], description="The partners that have not been removed, ordered by name."
    )
    async def partners(self) -> list[Partner]:
        return [Partner.of(row) for row in await PartnerRow.list_all()]


@strawberry.type
class PartnerMutations:
    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Let another system follow the events of some clinics. The result contains its key, which is shown"
        " only once.",
    )
    async def add_partner(self, info: Info, input: AddPartnerInput) -> AddPartnerResult:
        form, partner = Form(), input.to_model()
        partner["name"] = form.text("name", partner["name"], NAME_LENGTH) or ""
        wanted = partner["clinic_ids"] = set(partner["clinic_ids"])
        if not wanted or await ClinicRow.filter(id__in=wanted).count() < len(wanted):
            form.add_flaw("clinicIds", "MALFORMED" if wanted else "REQUIRED")
        form.raise_if_flawed()
        row, key = await PartnerRow.add(**partner, by=info.context.me)
        return PartnerKey(partner=Partner.of(row), key=key, others_end_at=None)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Give a partner a new key, which is shown only once. Its earlier keys still work for 24 hours"
        " (setting PARTNER_KEY_OVERLAP_HOURS).",
    )
    async def rotate_partner_key(self, info: Info, input: RotatePartnerKeyInput) -> RotatePartnerKeyResult:
        row, key, others_end_at = await PartnerRow.rotate_key(**input.to_model(), by=info.context.me)
        return PartnerKey(partner=Partner.of(row), key=key, others_end_at=others_end_at)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Remove a partner: its keys become invalid at once, and its open subscriptions end within seconds.",
    )
    async def remove_partner(self, info: Info, input: RemovePartnerInput) -> RemovePartnerResult:
        return Partner.of(await PartnerRow.remove(**input.to_model(), by=info.context.me))
