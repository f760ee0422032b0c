"""Waiting: joining and leaving the waiting list, and answering what is offered."""

import strawberry

import tasks.letters
import tasks.waiting
from models import reply
from models.account import Role
from models.patient import Patient
from models.visit_status import Channel
from models.waiting_list import WaitingListEntry as EntryRow
from resolvers.telling import freed
from schema.context import STAFF, Context, Info
from schema.directives import PatientsServiceHours, Requires, ServiceHours
from schema.offer import AcceptOfferInput, DeclineOfferInput
from schema.scalars import private_id
from schema.schedule_result import AcceptOfferResult, JoinWaitingListResult
from schema.waiting_list import JoinWaitingListInput, LeaveWaitingListInput, WaitingListEntry
from tasks.broker import nudge


def _whose(context: Context) -> Patient | None:
    """A patient answers for themselves, reception for anybody."""
    return None if context.is_staff else context.patient


@strawberry.type
class Waiting:
    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Wait for a slot that comes free: it is offered to one person at a time, in order of joining, as a"
        " hold for them alone. The same wish said twice is one entry.",
    )
    async def join_waiting_list(self, info: Info, input: JoinWaitingListInput) -> JoinWaitingListResult:
        row = await EntryRow.join(
            patient=info.context.patient,
            by=info.context.me,
            clinic_id=private_id("Clinic", input.clinic_id),
            doctor_id=None if input.doctor_id is None else private_id("Doctor", input.doctor_id),
            first_day=input.from_,
            last_day=input.until,
            earliest=input.earliest,
            latest=input.latest,
        )
        return WaitingListEntry.of(row)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Wait no longer; what was kept for you goes to the next. False: you did not wait.",
    )
    async def leave_waiting_list(self, info: Info, input: LeaveWaitingListInput) -> bool:
        entry_id = private_id("WaitingListEntry", input.entry_id)
        left = await EntryRow.leave(entry_id, patient=info.context.patient, by=info.context.me)
        await nudge(tasks.waiting.offer_terms)
        return left

    @strawberry.mutation(
        extensions=[PatientsServiceHours(), Requires(Role.PATIENT, *STAFF)],
        description="Take an offered slot: the visit is moved there, or booked. A patient their own; reception"
        " anybody's, at any hour. Repeated: the same visit again.",
    )
    async def accept_offer(self, info: Info, input: AcceptOfferInput) -> AcceptOfferResult:
        whose = _whose(info.context)
        channel = input.channel if whose is None else Channel.ONLINE
        row = await reply.accept(
            private_id("Offer", input.offer_id), patient=whose, by=info.context.me, channel=channel
        )  # fmt: skip
        return await freed(row)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT, *STAFF)],
        description="Leave an offered slot to the next person. A visit stays as it is: choose another term, or"
        " reception will telephone. False: there was no such offer, or it was over.",
    )
    async def decline_offer(self, info: Info, input: DeclineOfferInput) -> bool:
        offer_id = private_id("Offer", input.offer_id)
        declined = await reply.decline(offer_id, patient=_whose(info.context), by=info.context.me)
        await nudge(tasks.waiting.offer_terms)
        return declined
