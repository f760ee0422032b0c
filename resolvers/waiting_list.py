"""Waiting list: patients join and leave it; patients and reception answer offers."""

from dataclasses import replace

import strawberry

import tasks.freed_slots
import tasks.letters
from models.accounts import patient_record
from models.accounts.account import Role
from models.accounts.patient import Patient
from models.values.visit_status import Channel
from models.visits import offer_response
from models.waiting.offer import Offer as OfferRow
from models.waiting.waiting_list import WaitingListEntry as EntryRow
from resolvers.after_visit import after_freeing
from schema.access_rules import Requires, ServiceHours, ServiceHoursForPatients, for_staff
from schema.context import STAFF, Context, Info
from schema.execution.limits import PAGED, at_most
from schema.offer import AcceptOfferInput, AcceptOfferResult, DeclineOfferInput, Offer
from schema.page import After, Connection, First, InClinic, Page
from schema.scalars import optional_id, private_id
from schema.waiting_list import (
    JoinWaitingListForInput,
    JoinWaitingListForResult,
    JoinWaitingListInput,
    JoinWaitingListResult,
    LeaveWaitingListForInput,
    LeaveWaitingListForResult,
    LeaveWaitingListInput,
    WaitingListEntry,
    WaitingListFilter,
)
from tasks.broker import nudge


def _owner(context: Context) -> Patient | None:
    """The signed-in patient, who may answer only their own offers; None for reception, who may answer all."""
    return None if context.is_staff else context.patient


@strawberry.type
class WaitingListQueries:
    @strawberry.field(
        extensions=[for_staff()],
        directives=[PAGED],
        description="The open entries of patients who are waiting for a slot to become free, oldest first.",
    )
    async def waiting_list(
        self, info: Info, filter: WaitingListFilter, first: First = 50, after: After = None
    ) -> Connection[WaitingListEntry]:
        page = Page("allWaiting", first, after)
        wanted = replace(filter.to_model(), allowed_clinics=info.context.allowed_clinics)
        info.context.open_record(wanted.patient_id)
        rows = await wanted.find(page.after, page.limit)
        return Connection.of(rows, page, "joined_at", WaitingListEntry.of)

    @strawberry.field(
        extensions=[for_staff()],
        directives=[at_most(20)],
        description="The open offers from the waiting list about which no message can reach the patient, oldest first:"
        " telephone the patient, then call `acceptOffer` or `declineOffer`.",
    )
    async def offers_to_tell(self, info: Info, clinic_id: InClinic = None) -> list[Offer]:
        rows = await OfferRow.find_untold(optional_id("Clinic", clinic_id))
        return [Offer.of(row) for row in rows if row.slot and info.context.may_work_in(row.slot.clinic_id)]


@strawberry.type
class WaitingListMutations:
    @strawberry.mutation(
        extensions=[ServiceHours(), Requires(Role.PATIENT)],
        description="Join the waiting list. A slot that becomes free is offered to one person at a time, and held for"
        " them, in the order in which they joined. Repeating the call with the same input returns the same entry."
        " Refused with TooManyVisits if you already have as many visits or entries in the clinic as its rules allow.",
    )
    async def join_waiting_list(self, info: Info, input: JoinWaitingListInput) -> JoinWaitingListResult:
        row = await EntryRow.join(input.to_model(), patient=info.context.patient, by=info.context.me)
        return WaitingListEntry.of(row)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Leave the waiting list. A slot that was offered to you for this entry goes to the next person."
        " The result is true if the entry was yours and open, otherwise false.",
    )
    async def leave_waiting_list(self, info: Info, input: LeaveWaitingListInput) -> bool:
        left = await EntryRow.leave(**input.to_model(), patient=info.context.patient, by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return left

    @strawberry.mutation(
        extensions=[ServiceHoursForPatients(), Requires(Role.PATIENT, *STAFF)],
        description="Accept an offered slot: the visit is moved there, or a new visit is booked. Patients can accept"
        " their own offers during service hours; reception can accept the offers of all patients at any hour. Repeating"
        " the call returns the same visit.",
    )
    async def accept_offer(self, info: Info, input: AcceptOfferInput) -> AcceptOfferResult:
        owner, answer = _owner(info.context), input.to_model()
        if owner:
            answer["channel"] = Channel.ONLINE
        row = await offer_response.accept(**answer, patient=owner, by=info.context.me)
        return await after_freeing(row)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT, *STAFF)],
        description="Decline an offered slot: it goes to the next person. A visit that the offer would have moved stays"
        " booked; choose another slot, or reception will telephone. The result is true if the offer was open, otherwise"
        " false.",
    )
    async def decline_offer(self, info: Info, input: DeclineOfferInput) -> bool:
        declined = await offer_response.decline(**input.to_model(), patient=_owner(info.context), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return declined

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Put a patient on the waiting list, whether or not they have an account; offers to a patient"
        " without an account appear in `offersToTell`. Also possible outside service hours. Repeating the call with the"
        " same input returns the same entry.",
    )
    async def join_waiting_list_for(self, info: Info, input: JoinWaitingListForInput) -> JoinWaitingListForResult:
        patient = await patient_record.get(private_id("Patient", input.patient_id))
        return WaitingListEntry.of(await EntryRow.join(input.to_model(), patient=patient, by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Take a patient off the waiting list. A slot that was offered to them goes to the next person on"
        " the list.",
    )
    async def leave_waiting_list_for(self, info: Info, input: LeaveWaitingListForInput) -> LeaveWaitingListForResult:
        row = await EntryRow.leave_for(**input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return WaitingListEntry.of(row)
