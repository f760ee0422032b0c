"""Booking: holding, booking, moving and cancelling one's own visits."""

import strawberry

import tasks.waiting
from models.account import Role
from models.slot import Slot as SlotRow
from models.visit import Visit as VisitRow
from resolvers.telling import booked, freed
from schema.context import Info
from schema.directives import Requires, ServiceHours
from schema.result import BookVisitResult, CancelVisitResult, HoldSlotResult, RescheduleVisitResult
from schema.scalars import private_id
from schema.slot import HoldSlotInput, ReleaseSlotInput, Slot, SlotHold
from schema.text import key, text
from schema.visit import BookVisitInput, CancelVisitInput, RescheduleVisitInput
from tasks.broker import nudge


@strawberry.type
class Booking:
    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Keep a free slot for yourself for 5 minutes while you decide. One hold a patient: an earlier one"
        " ends. Nobody else sees the slot as free; it lapses by itself.",
    )
    async def hold_slot(self, info: Info, input: HoldSlotInput) -> HoldSlotResult:
        slot_id = private_id("Slot", input.slot_id)
        row = await SlotRow.hold(slot_id, patient=info.context.patient, by=info.context.me)
        return SlotHold(slot=Slot.of(row, info.context.viewer), expires_at=row.lapses_at)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)], description="End your hold of a slot; false when you held it not."
    )
    async def release_slot(self, info: Info, input: ReleaseSlotInput) -> bool:
        slot_id = private_id("Slot", input.slot_id)
        released = await SlotRow.release(slot_id, patient=info.context.patient, by=info.context.me)
        await nudge(tasks.waiting.offer_terms)
        return released

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Book a free slot. Of any number of rivals exactly one gets it. A mail confirms the visit.",
    )
    async def book_visit(self, info: Info, input: BookVisitInput) -> BookVisitResult:
        row = await VisitRow.book(
            private_id("Slot", input.slot_id),
            patient=info.context.patient,
            by=info.context.me,
            reason=text("reason", input.reason),
            key=key(input.idempotency_key),
        )
        return await booked(row)

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Move a visit to another free slot: the old one is given up only when the new one is won; the visit"
        " keeps its id and reference.",
    )
    async def reschedule_visit(self, info: Info, input: RescheduleVisitInput) -> RescheduleVisitResult:
        row = await VisitRow.reschedule(
            private_id("Visit", input.visit_id),
            private_id("Slot", input.slot_id),
            patient=info.context.patient,
            by=info.context.me,
            key=key(input.idempotency_key),
        )
        return await freed(row)

    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Cancel a visit; its slot is free for others at once.",
    )
    async def cancel_visit(self, info: Info, input: CancelVisitInput) -> CancelVisitResult:
        row = await VisitRow.cancel(
            private_id("Visit", input.visit_id),
            patient=info.context.patient,
            by=info.context.me,
            reason=text("reason", input.reason),
            key=key(input.idempotency_key),
        )
        return await freed(row)
