"""A term that was offered and is taken out of the schedule: who counted on it is told, and nobody else."""

from typing import NamedTuple

import pytest

from models import correspondence, ownership, reply, turn
from models.account import Account
from models.doctor import Doctor
from models.message import Kind, Message, State
from models.offer import Answer, Offer
from models.slot import Slot
from models.staff_refusal import MessageNotResendable
from models.waiting_list import WaitingListEntry
from tests import cast
from tests.models.promises import book, cancel, person, race, release
from tests.rota import TUESDAY, absent, line, publish, the_offer, wait


class Offered(NamedTuple):
    """Anna waits, and this slot is held for her."""

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
    await wait(anna, clinic)
    await cancel(borys, visit)
    await turn.sweep()
    return Offered(anna, rita, doctor, plan.fresh[0])


async def letters() -> list[Message]:
    return await Message.filter(kind=Kind.TERM_WITHDRAWN).order_by("created_at", "id")


async def test_who_waits_is_told_once_whether_an_absence_or_a_template_takes_the_term() -> None:
    anna, rita, doctor, slot = await offered()
    clinic = await slot.clinic
    for _ in range(2):
        await publish(rita, doctor, clinic, line(2, 12, 13), schedule_id=slot.schedule_id, valid_until=TUESDAY)
        await absent(rita, doctor, 24)
    [letter] = await letters()
    assert (letter.to, letter.details["waits"]) == (anna.email, True)
    assert (await Offer.get()).answer is Answer.CLOSED
    assert await WaitingListEntry.filter(ended_at=None).count() == 1, "the place is kept"


@pytest.mark.parametrize("how", ["released", "declined", "left", "lapsed", "closed"])
async def test_who_no_longer_counts_on_it_is_not_told(how: str) -> None:
    anna, rita, doctor, slot = await offered()
    if how == "released":
        assert await release(anna, slot)
    elif how == "declined":
        await reply.decline((await the_offer(anna)).id, patient=person(anna), by=anna)
    elif how == "left":
        await WaitingListEntry.leave_all(person(anna), by=anna)
    elif how == "lapsed":
        await Offer.all().update(expires_at=cast.MONDAY)
    else:
        await ownership.close(anna, person(anna))
    await absent(rita, doctor, 24)
    assert await letters() == []


async def test_who_leaves_or_closes_the_account_meanwhile_never_meets_a_deadlock() -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    rivals = await cast.rivals(6)
    for rival in rivals:
        await wait(rival, clinic)
    await publish(rita, doctor, clinic, line(2, 8, 11), valid_until=TUESDAY)
    assert await turn.sweep() == 6
    leaving = [ownership.close(rival, person(rival)) for rival in rivals[:3]]
    leaving += [WaitingListEntry.leave_all(person(rival), by=rival) for rival in rivals[3:]]
    outcomes = await race(absent(rita, doctor, 24), *leaving)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert await Offer.filter(answer=Answer.OPEN).count() == 0
    assert len({letter.account_id for letter in await letters()}) == len(await letters())


async def test_reception_sends_it_again_as_long_as_the_patient_waits() -> None:
    anna, rita, doctor, _ = await offered()
    await absent(rita, doctor, 24)
    await Message.all().update(state=State.FAILED)
    [letter] = await letters()
    again = await correspondence.resend(letter.id, by=rita)
    await Message.filter(id=again.id).update(state=State.SENT)
    await WaitingListEntry.leave_all(person(anna), by=anna)
    with pytest.raises(MessageNotResendable) as refused:
        await correspondence.resend(letter.id, by=rita)
    assert refused.value.details["reason"] == "OUTDATED"


async def test_letters_about_two_terms_are_each_sent_again() -> None:
    anna, rita, doctor, _ = await offered()
    other_clinic = await cast.clinic("Poradnia druga")
    other = await cast.doctor(other_clinic, last_name="Inna")
    await wait(anna, other_clinic)
    await publish(rita, other, other_clinic, line(3, 8, 9))
    await turn.sweep()
    await absent(rita, doctor, 24)
    await absent(rita, other, 25)
    await Message.all().update(state=State.FAILED)
    one, two = await letters()
    for letter in (one, two):
        assert (await correspondence.resend(letter.id, by=rita)).details == letter.details
    with pytest.raises(MessageNotResendable):
        await correspondence.resend(one.id, by=rita)
