"""The desk: reception books, moves, cancels and marks visits for patients who telephone or come in person."""

import strawberry

import tasks.letters
import tasks.texts
from models.accounts import patient_record
from models.values.actor import Actor
from models.values.visit_status import Channel, Status
from models.visits import attendance, message_search, walk_in
from models.visits.visit import Visit as VisitRow
from resolvers.after_visit import after_booking, after_freeing
from schema.access_rules import for_staff
from schema.context import Info
from schema.desk import (
    BookForInput,
    BookForResult,
    CancelForInput,
    CancelForResult,
    MarkArrivedInput,
    MarkArrivedResult,
    MarkCalledInput,
    MarkCalledResult,
    MarkFulfilledInput,
    MarkFulfilledResult,
    MarkNoShowInput,
    MarkNoShowResult,
    RecordVisitInput,
    RecordVisitResult,
    RescheduleForInput,
    RescheduleForResult,
    UndoStatusInput,
    UndoStatusResult,
    actor,
)
from schema.message import Message, ResendMessageInput, ResendMessageResult
from schema.scalars import private_id
from schema.visit import Visit
from tasks.broker import nudge

AT_ANY_HOUR = " Possible at any hour: service hours do not apply to reception."


async def _mark(info: Info, status: Status, input: MarkArrivedInput | MarkFulfilledInput | MarkNoShowInput) -> Visit:
    visit = input.to_model()
    patient = await VisitRow.find_patient(visit["visit_id"])
    here = Actor(info.context.me, Channel.RECEPTION)
    return Visit.of(await attendance.mark(**visit, wanted=status, patient=patient, actor=here))


@strawberry.type
class DeskMutations:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Book a free slot for a patient, under the rules that apply online. If the identity of an account's"
        " owner is not confirmed, the visit is entered in the person's record at reception, which that account cannot"
        " see." + AT_ANY_HOUR,
    )
    async def book_for(self, info: Info, input: BookForInput) -> BookForResult:
        row = await VisitRow.book(
            **input.to_model(),
            patient=await patient_record.get_as_named(private_id("Patient", input.patient_id)),
            by=actor(info.context.me, input.channel, input.override),
        )
        return await after_booking(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Move a patient's visit to another free slot. The current slot is given up only if the new one"
        " could be booked." + AT_ANY_HOUR,
    )
    async def reschedule_for(self, info: Info, input: RescheduleForInput) -> RescheduleForResult:
        change = input.to_model()
        row = await VisitRow.reschedule(
            **change,
            patient=await VisitRow.find_patient(change["visit_id"]),
            by=actor(info.context.me, input.channel, input.override),
        )
        return await after_freeing(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Cancel a patient's visit. Its slot becomes free at once: first for the waiting list, then for"
        " others." + AT_ANY_HOUR,
    )
    async def cancel_for(self, info: Info, input: CancelForInput) -> CancelForResult:
        change = input.to_model()
        row = await VisitRow.cancel(
            **change,
            patient=await VisitRow.find_patient(change["visit_id"]),
            by=actor(info.context.me, input.channel, input.override),
        )
        return await after_freeing(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Mark that the patient has arrived, and confirm their identity if you have seen a document."
        " Refused with StatusNotChangeable before the local day of the visit.",
    )
    async def mark_arrived(self, info: Info, input: MarkArrivedInput) -> MarkArrivedResult:
        visit = await _mark(info, Status.ARRIVED, input)
        await nudge(tasks.letters.send_letters)
        return visit

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Mark that the visit took place. Refused with StatusNotChangeable unless the patient has arrived"
        " and the visit has started.",
    )
    async def mark_fulfilled(self, info: Info, input: MarkFulfilledInput) -> MarkFulfilledResult:
        return await _mark(info, Status.FULFILLED, input)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Mark that the patient did not come. Refused with StatusNotChangeable before the start of the"
        " visit.",
    )
    async def mark_no_show(self, info: Info, input: MarkNoShowInput) -> MarkNoShowResult:
        return await _mark(info, Status.NO_SHOW, input)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Record a call to the patient. Once the patient has been REACHED, the visit is not on `callList`"
        " until something new happens to it.",
    )
    async def mark_called(self, info: Info, input: MarkCalledInput) -> MarkCalledResult:
        visit_id = private_id("Visit", input.visit_id)
        patient = await VisitRow.find_patient(visit_id)
        by_phone = Actor(info.context.me, Channel.PHONE)
        return Visit.of(await attendance.record_call(visit_id, input.to_model(), patient=patient, actor=by_phone))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Undo the last mark, if it was made by mistake. This is possible only on the day of the visit."
        " ARRIVED becomes BOOKED, FULFILLED becomes ARRIVED, and NO_SHOW becomes what it was before.",
    )
    async def undo_status(self, info: Info, input: UndoStatusInput) -> UndoStatusResult:
        mark = input.to_model()
        patient = await VisitRow.find_patient(mark["visit_id"])
        here = Actor(info.context.me, Channel.RECEPTION)
        return Visit.of(await attendance.undo(**mark, patient=patient, actor=here))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Record a visit that took place without having been booked: it becomes FULFILLED, and no message is"
        " sent." + AT_ANY_HOUR,
    )
    async def record_visit(self, info: Info, input: RecordVisitInput) -> RecordVisitResult:
        patient = await patient_record.get(private_id("Patient", input.patient_id))
        return Visit.of(await walk_in.record(input.to_model(), patient=patient, by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Send a message again, to the person's current address or number. A message that contained a"
        " one-time password gets a new one. The result is the new message.",
    )
    async def resend_message(self, info: Info, input: ResendMessageInput) -> ResendMessageResult:
        row = await message_search.resend(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        await nudge(tasks.texts.send_texts)
        return Message.of(row)
