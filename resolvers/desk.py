"""The desk: visits booked, moved, cancelled and marked for patients who telephone or stand at reception."""

import strawberry

import tasks.letters
import tasks.texts
from models import attendance, correspondence, enrolment
from models.errand import Errand
from models.visit import Visit as VisitRow
from models.visit_status import Channel, Status
from resolvers.telling import booked, freed
from schema.context import Info
from schema.desk import (
    BookForInput,
    CancelForInput,
    MarkArrivedInput,
    MarkCalledInput,
    MarkFulfilledInput,
    MarkNoShowInput,
    RescheduleForInput,
    errand,
)
from schema.directives import for_staff
from schema.message import Message, ResendMessageInput
from schema.scalars import private_id
from schema.staff_result import (
    BookForResult,
    CancelForResult,
    MarkArrivedResult,
    MarkCalledResult,
    MarkFulfilledResult,
    MarkNoShowResult,
    RescheduleForResult,
    ResendMessageResult,
)
from schema.text import key, text
from schema.visit import Visit
from tasks.broker import nudge

AT_ANY_HOUR = " At any hour: reception is not e-registration."


async def _mark(info: Info, public_id: str, status: Status) -> Visit:
    visit_id = private_id("Visit", public_id)
    patient = await VisitRow.patient_of(visit_id)
    here = Errand(info.context.me, Channel.RECEPTION)
    return Visit.of(await attendance.mark(visit_id, status, patient=patient, errand=here))


@strawberry.type
class Desk:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Book a free slot for a patient, by the same rules as online." + AT_ANY_HOUR,
    )
    async def book_for(self, info: Info, input: BookForInput) -> BookForResult:
        row = await VisitRow.book(
            private_id("Slot", input.slot_id),
            patient=await enrolment.of(private_id("Patient", input.patient_id)),
            by=errand(info.context.me, input.channel, input.override),
            reason=text("reason", input.reason),
            key=key(input.idempotency_key),
        )
        return await booked(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Move a patient's visit: the old slot is given up only when the new one is won." + AT_ANY_HOUR,
    )
    async def reschedule_for(self, info: Info, input: RescheduleForInput) -> RescheduleForResult:
        visit_id = private_id("Visit", input.visit_id)
        row = await VisitRow.reschedule(
            visit_id,
            private_id("Slot", input.slot_id),
            patient=await VisitRow.patient_of(visit_id),
            by=errand(info.context.me, input.channel, input.override),
            key=key(input.idempotency_key),
        )
        return await freed(row)

    @strawberry.mutation(
        extensions=[for_staff()], description="Cancel a patient's visit; its slot is free at once." + AT_ANY_HOUR
    )
    async def cancel_for(self, info: Info, input: CancelForInput) -> CancelForResult:
        visit_id = private_id("Visit", input.visit_id)
        row = await VisitRow.cancel(
            visit_id,
            patient=await VisitRow.patient_of(visit_id),
            by=errand(info.context.me, input.channel, input.override),
            reason=text("reason", input.reason),
            key=key(input.idempotency_key),
        )
        return await freed(row)

    @strawberry.mutation(extensions=[for_staff()], description="The patient is here: from the day of the visit on.")
    async def mark_arrived(self, info: Info, input: MarkArrivedInput) -> MarkArrivedResult:
        return await _mark(info, input.visit_id, Status.ARRIVED)

    @strawberry.mutation(extensions=[for_staff()], description="The visit was held: after the patient has arrived.")
    async def mark_fulfilled(self, info: Info, input: MarkFulfilledInput) -> MarkFulfilledResult:
        return await _mark(info, input.visit_id, Status.FULFILLED)

    @strawberry.mutation(extensions=[for_staff()], description="Nobody came: once the visit has begun.")
    async def mark_no_show(self, info: Info, input: MarkNoShowInput) -> MarkNoShowResult:
        return await _mark(info, input.visit_id, Status.NO_SHOW)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="The patient was told by telephone: the visit leaves callList until something more happens to it.",
    )
    async def mark_called(self, info: Info, input: MarkCalledInput) -> MarkCalledResult:
        visit_id = private_id("Visit", input.visit_id)
        patient = await VisitRow.patient_of(visit_id)
        phone, words = Errand(info.context.me, Channel.PHONE), text("note", input.note)
        return Visit.of(await attendance.called(visit_id, patient=patient, errand=phone, words=words))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Write a message once more, to where the person is reached now; where it brought a one-time"
        " password, it brings a new one.",
    )
    async def resend_message(self, info: Info, input: ResendMessageInput) -> ResendMessageResult:
        row = await correspondence.resend(private_id("Message", input.message_id), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        await nudge(tasks.texts.send_texts)
        return Message.of(row)
