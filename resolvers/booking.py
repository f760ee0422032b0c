"""Booking: patients hold slots, and book, move and cancel their own visits."""

import strawberry

import tasks.freed_slots
from models.accounts.account import Role
from models.slots.slot import Slot as SlotRow
from models.visits.visit import Visit as VisitRow
from resolvers.after_visit import after_booking, after_freeing
from schema.access_rules import Requires, ServiceHours
from schema.booking import (
    BookVisitInput,
    BookVisitResult,
    CancelVisitInput,
    CancelVisitResult,
    HoldSlotInput,
    HoldSlotResult,
    ReleaseSlotInput,
    RescheduleVisitInput,
    RescheduleVisitResult,
)
from schema.context import Info
from schema.slot import Slot, SlotHold
from tasks.broker import nudge


@strawberry.type
class BookingMutations:
    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Hold a free slot that you could book, while you decide. The hold expires by itself at `expiresAt`;"
        " until then, others see the slot as taken. A patient can have only one hold: a new one ends the earlier one."
        " Repeating the call does not extend the hold.",
    )
    async def hold_slot(self, info: Info, input: HoldSlotInput) -> HoldSlotResult:
        row = await SlotRow.hold(**input.to_model(), patient=info.context.patient, by=info.context.me)
        return SlotHold(slot=Slot.of(row, info.context.viewer), expires_at=row.hold_expires_at)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="End your hold on a slot, or decline its offer. The result is true if the slot was held for you,"
        " otherwise false.",
    )
    async def release_slot(self, info: Info, input: ReleaseSlotInput) -> bool:
        released = await SlotRow.release(**input.to_model(), patient=info.context.patient, by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return released

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Book a free slot. Of any number of simultaneous requests for a slot, exactly one succeeds. An"
        " e-mail confirms the visit.",
    )
    async def book_visit(self, info: Info, input: BookVisitInput) -> BookVisitResult:
        row = await VisitRow.book(**input.to_model(), patient=info.context.patient, by=info.context.me)
        return await after_booking(row)

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Move a visit to another free slot. The current slot is given up only if the new one could be"
        " booked. The visit keeps its id and reference.",
    )
    async def reschedule_visit(self, info: Info, input: RescheduleVisitInput) -> RescheduleVisitResult:
        row = await VisitRow.reschedule(**input.to_model(), patient=info.context.patient, by=info.context.me)
        return await after_freeing(row)

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Cancel a visit. Its slot becomes free at once: first for the waiting list, then for others.",
    )
    async def cancel_visit(self, info: Info, input: CancelVisitInput) -> CancelVisitResult:
        row = await VisitRow.cancel(**input.to_model(), patient=info.context.patient, by=info.context.me)
        return await after_freeing(row)
