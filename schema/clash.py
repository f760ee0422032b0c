"""Refusals of schedules and offers, beside those of bookings."""

from uuid import UUID

import strawberry

import models.clash  # noqa: F401 - where these refusals are named
from models.refusal import Refusal
from models.slot import Slot as SlotRow
from schema.context import Info
from schema.problem import Naming, Problem
from schema.slot import Slot


async def _slots(refusal: Refusal) -> list[Slot]:
    ids = [UUID(id_) for id_ in refusal.details["slot_ids"]]
    rows = await SlotRow.filter(id__in=ids).order_by("starts_at", "id").select_related("clinic", "doctor")
    return Slot.many(rows, None)


@strawberry.type(description="The doctor already has slots at this time, here or in another clinic. Nothing changed.")
class SlotsOverlap(Problem):
    @strawberry.field(description="The slots that are in the way, the first ten of them, with their clinics.")
    async def slots(self, info: Info) -> list[Slot]:
        return await _slots(self.refusal)


@strawberry.type(description="Some slots are not free: booked, held for somebody, or kept for the waiting list.")
class SlotsNotFree(Problem):
    @strawberry.field(description="Those that are not free. None was changed.")
    async def slots(self, info: Info) -> list[Slot]:
        return await _slots(self.refusal)


@strawberry.type(description="There is no such offer of yours.")
class OfferNotFound(Problem):
    pass


@strawberry.type(description="The offer was answered, or its time has run out.")
class OfferOver(Problem):
    pass


CLASHES = (SlotsOverlap, SlotsNotFree, OfferNotFound, OfferOver)
CLASH_HANDLERS = [Naming(Refusal.kinds[problem.__name__], problem) for problem in CLASHES]
