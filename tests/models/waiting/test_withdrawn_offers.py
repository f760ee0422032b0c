"""An offered slot is withdrawn: the patient who counted on it is notified, and nobody else is."""

from typing import NamedTuple

import pytest

from models.accounts.account import Account
from models.admin import own_account
from models.outbox import Message, MessageKind, MessageState
from models.refusals.desk import MessageNotResendable
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.visits import message_search, offer_response
from models.waiting import freed_slots
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.racing import race
from tests.support.schedules import TUESDAY, join_waiting_list, line, publish, report_absence, the_offer
from tests.support.visits import book, cancel, patient_of, release


class Offered(NamedTuple):
    """Anna is on the waiting list, and this slot is held for her."""

    anna: Account
    rita: Account
    doctor: Doctor
    slot: Slot


async def offered() -> Offered:
    clinic, rita, anna = await cast.clinic(), await cast.rita(), await cast.anna()
    doctor = await cast.doctor(clinic)
    _, plan = await publish(rita, doctor, clinic, line(2, 8, 9), valid_until=TUESDAY)
    borys = await cast.borys()
    visit = await book(borys, plan.fresh[0])
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    return Offered(anna, rita, doctor, plan.fresh[0])


async def letters() -> list[Message]:
    return await Message.filter(kind=MessageKind.TERM_WITHDRAWN).order_by("created_at", "id")


async def test_a_waiting_patient_is_notified_once_whether_an_absence_or_a_template_takes_the_slot() -> None:
    anna, rita, doctor, slot = await offered()
    clinic = await slot.clinic
    for _ in range(2):
        await publish(rita, doctor, clinic, line(2, 12, 13), schedule_id=slot.schedule_id, valid_until=TUESDAY)
        await report_absence(rita, doctor, 24)
    [letter] = await letters()
    assert (letter.to, letter.details["waits"]) == (anna.email, True)
    assert (await Offer.get()).answer is OfferAnswer.CLOSED
    assert await WaitingListEntry.filter(ended_at=None).count() == 1, "the place is kept"


@pytest.mark.parametrize("how", ["released", "declined", "left", "lapsed", "closed"])
async def test_a_patient_who_no_longer_counts_on_it_is_not_notified(how: str) -> None:
    anna, rita, doctor, slot = await offered()
    if how == "released":
        assert await release(anna, slot)
    elif how == "declined":
        await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    elif how == "left":
        await WaitingListEntry.leave_all(patient_of(anna), by=anna)
    elif how == "lapsed":
        await Offer.all().update(expires_at=cast.MONDAY)
    else:
        await own_account.close_account(anna, patient_of(anna))
    await report_absence(rita, doctor, 24)
    assert await letters() == []


async def test_leaving_the_list_or_closing_the_account_meanwhile_never_deadlocks() -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    rivals = await cast.rivals(6)
    for rival in rivals:
        await join_waiting_list(rival, clinic)
    await publish(rita, doctor, clinic, line(2, 8, 11), valid_until=TUESDAY)
    assert await freed_slots.allocate() == 6
    leaving = [own_account.close_account(rival, patient_of(rival)) for rival in rivals[:3]]
    leaving += [WaitingListEntry.leave_all(patient_of(rival), by=rival) for rival in rivals[3:]]
    outcomes = await race(report_absence(rita, doctor, 24), *leaving)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert await Offer.filter(answer=OfferAnswer.OPEN).count() == 0
    assert len({letter.account_id for letter in await letters()}) == len(await letters())


async def test_reception_sends_it_again_as_long_as_the_patient_waits() -> None:
    anna, rita, doctor, _ = await offered()
    await report_absence(rita, doctor, 24)
    await Message.all().update(state=MessageState.FAILED)
    [letter] = await letters()
    again = await message_search.resend(letter.id, by=rita)
    await Message.filter(id=again.id).update(state=MessageState.SENT)
    await WaitingListEntry.leave_all(patient_of(anna), by=anna)
    with pytest.raises(MessageNotResendable) as refused:
        await message_search.resend(letter.id, by=rita)
    assert refused.value.details["reason"] == "OUTDATED"


async def test_letters_about_two_slots_are_each_sent_again() -> None:
    anna, rita, doctor, _ = await offered()
    other_clinic = await cast.clinic("Poradnia druga")
    other = await cast.doctor(other_clinic, last_name="Inna")
    await join_waiting_list(anna, other_clinic)
    await publish(rita, other, other_clinic, line(3, 8, 9))
    await freed_slots.allocate()
    await report_absence(rita, doctor, 24)
    await report_absence(rita, other, 25)
    await Message.all().update(state=MessageState.FAILED)
    one, two = await letters()
    for letter in (one, two):
        assert (await message_search.resend(letter.id, by=rita)).details == letter.details
    with pytest.raises(MessageNotResendable):
        await message_search.resend(one.id, by=rita)
