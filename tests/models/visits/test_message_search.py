"""Messages: listed for reception without their content, and sent again on request when that makes sense."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from models.accounts import staff
from models.accounts.account import Role
from models.admin import own_account
from models.audit import AuditEntry
from models.outbox import Medium, Message, MessageKind, MessageState
from models.refusals.desk import MessageNotFound, MessageNotResendable
from models.visits import message_search, offer_response
from models.visits.message_search import MessageFilter
from models.visits.visit import Visit
from models.waiting import freed_slots
from models.waiting.offer import Offer
from tests import cast
from tests.support.identity import change_address
from tests.support.racing import race, tally
from tests.support.schedules import join_waiting_list, report_absence, the_offer
from tests.support.visits import book, book_for, cancel, patient_of
from tests.tasks.letters import text_sent


async def settle(message: Message, state: MessageState = MessageState.FAILED) -> Message:
    await Message.filter(id=message.id).update(state=state, settled_at=clock.now())
    return await Message.get(id=message.id)


async def reasons(message: Message, by: Any) -> str:
    with pytest.raises(MessageNotResendable) as refused:
        await message_search.resend(message.id, by=by)
    return str(refused.value.details["reason"])


async def test_messages_are_found_by_visit_patient_state_medium_and_time_latest_first() -> None:
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    one, two, three = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    first = await book(anna, one)
    clock.advance(timedelta(minutes=1))
    await book(anna, two)
    await book(borys, three)
    letter = await settle(await Message.get(visit_id=first.id))

    async def found(**sought: Any) -> list[str]:
        return [str(m.visit_id) for m in await MessageFilter(**sought).find(rita, None, 50)]

    assert len(await found()) == 3
    assert await found(visit_id=first.id) == await found(states=[MessageState.FAILED]) == [str(first.id)]
    assert (await found(patient_id=anna.patient_id))[-1] == str(first.id)
    assert len(await found(patient_id=anna.patient_id)) == 2
    assert len(await found(from_=clock.now())) == 2
    assert await found(until=clock.now()) == [str(first.id)]
    assert await found(medium=Medium.SMS) == []
    [newest, *_] = await MessageFilter().find(rita, None, 50)
    assert [m.id for m in await MessageFilter().find(rita, (newest.created_at, newest.id), 50)][-1] == letter.id


async def test_a_text_to_somebody_without_an_account_is_among_their_messages() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    dorota = await cast.dorota(rita, phone="501 234 567", sms_reminders=True)
    visit = await book_for(rita, dorota, slot)
    await Message.create(
        kind=MessageKind.VISIT_REMINDER,
        medium=Medium.SMS,
        to="+48501234567",
        language="PL",
        visit_id=visit.id,
        details={},
        request_id="",
        created_at=clock.now(),
        due_at=clock.now(),
        state=MessageState.FAILED,
    )
    [text] = await MessageFilter(patient_id=dorota.id).find(rita, None, 5)
    again = await message_search.resend(text.id, by=rita)
    assert (again.to, again.medium, again.state) == ("+48501234567", Medium.SMS, MessageState.DUE)


async def test_letters_to_colleagues_are_seen_by_administrators_only() -> None:
    rita, adam = await cast.rita(), await cast.adam()
    await staff.invite("nowa@diamed.example", "Nowa", Role.RECEPTIONIST, by=adam)
    letter = await settle(await Message.get())
    assert await MessageFilter().find(rita, None, 5) == []
    assert [m.id for m in await MessageFilter().find(adam, None, 5)] == [letter.id]
    with pytest.raises(MessageNotFound):
        await message_search.resend(letter.id, by=rita)
    assert (await message_search.resend(letter.id, by=adam)).to == "nowa@diamed.example"


@pytest.mark.parametrize(
    "state", [MessageState.FAILED, MessageState.SENT, MessageState.DELIVERED, MessageState.DROPPED]
)
async def test_a_message_is_written_once_more_to_where_the_person_is_reached_now(state: MessageState) -> None:
    rita, anna = await cast.rita(), await cast.anna()
    visit = await book(anna, await cast.slot())
    old = await settle(await Message.get(), state)
    await change_address(anna, "anna@example.com")
    new = await message_search.resend(old.id, by=rita)
    assert (new.kind, new.to, new.state, new.details) == (old.kind, "anna@example.com", MessageState.DUE, old.details)
    assert new.id != old.id
    assert new.visit_id == visit.id
    assert (await Message.get(id=old.id)).state == state
    entry = await AuditEntry.get(action="resend_message")
    assert (entry.account_id, entry.patient_id, entry.subject_id) == (rita.id, anna.patient_id, new.id)


async def test_of_two_colleagues_who_send_again_at_once_one_does() -> None:
    rita, roman, anna = await cast.rita(), await cast.roman(), await cast.anna()
    await book(anna, await cast.slot())
    old = await settle(await Message.get())
    outcomes = await race(message_search.resend(old.id, by=rita), message_search.resend(old.id, by=roman))
    assert tally(outcomes) == {"Message": 1, "MessageNotResendable": 1}
    assert await Message.all().count() == 2


async def test_what_is_on_its_way_outdated_or_without_an_address_is_not_sent_again() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, one)
    letter = await Message.get()
    assert await reasons(letter, rita) == "ON_ITS_WAY"
    await settle(letter)
    await Visit.reschedule(visit.id, two.id, patient=patient_of(anna), by=anna)
    assert await reasons(letter, rita) == "OUTDATED"
    moved = await settle(await Message.get(kind=MessageKind.VISIT_MOVED))
    await own_account.close_account(anna, patient_of(anna))
    assert await reasons(moved, rita) == "NO_ADDRESS"
    with pytest.raises(MessageNotFound):
        await message_search.resend(uuid4(), by=rita)


async def test_an_offer_that_is_over_or_whose_visit_has_moved_is_not_sent_again() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    one, *_ = await cast.morning(cast.warsaw(24, 8).date(), 1, at=clinic, by=doctor)
    _, there = await cast.morning(cast.warsaw(26, 8).date(), 2, at=clinic, by=doctor)
    visit = await book(anna, one)
    await report_absence(rita, doctor, 24)
    letter = await settle(await Message.get(kind=MessageKind.DOCTOR_ABSENT, medium=Medium.EMAIL))
    text = await settle(await Message.get(kind=MessageKind.DOCTOR_ABSENT, medium=Medium.SMS))
    again = await message_search.resend(letter.id, by=rita)
    await settle(again)
    offer = await Offer.get()
    with clock.pinned(offer.expires_at):
        assert await reasons(letter, rita) == "OUTDATED"
    await Visit.reschedule(visit.id, there.id, patient=patient_of(anna), by=anna)
    assert await reasons(letter, rita) == await reasons(text, rita) == await reasons(again, rita) == "OUTDATED"


async def test_an_offer_to_one_who_waits_is_sent_again_while_it_stands() -> None:
    rita, anna, borys, slot = await cast.rita(), await cast.anna(), await cast.borys(), await cast.slot()
    visit = await book(borys, slot)
    await join_waiting_list(anna, await slot.clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    letter = await settle(await Message.get(kind=MessageKind.TERM_OFFERED, medium=Medium.EMAIL))
    await settle(await message_search.resend(letter.id, by=rita))
    await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    assert await reasons(letter, rita) == "OUTDATED"


async def test_the_letter_that_no_slot_was_found_can_be_resent_until_the_visit_is_moved() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    visit = await book(anna, await cast.slot(at=clinic, by=doctor))
    await report_absence(rita, doctor, 24)
    letter = await settle(await Message.get(kind=MessageKind.DOCTOR_ABSENT, medium=Medium.EMAIL))
    await settle(await message_search.resend(letter.id, by=rita))
    await cancel(anna, visit)
    assert await reasons(letter, rita) == "OUTDATED"


async def test_a_gateway_reports_by_its_id_or_by_ours_where_it_gave_none() -> None:
    one, two = await text_sent(), await text_sent(gateway_id=None)
    assert await Message.record_delivery("G1", None, None)
    assert await Message.record_delivery("G2", two.id.hex, "SMSAPI: expired")
    told = [await Message.get(id=message.id) for message in (one, two)]
    assert [(message.state, message.reason) for message in told] == [
        (MessageState.DELIVERED, None),
        (MessageState.FAILED, "SMSAPI: expired"),
    ]
    assert {message.settled_at for message in told} == {clock.now()}


async def test_a_report_that_is_not_about_a_text_that_was_handed_over_changes_nothing() -> None:
    texts = [
        await text_sent(state, f"G-{state}")
        for state in MessageState
        if state not in (MessageState.SENDING, MessageState.SENT)
    ]
    for message in texts:
        assert not await Message.record_delivery(f"G-{message.state}", None, None)
        assert (await Message.get(id=message.id)).settled_at is None
    other = await text_sent(gateway_id="G1")
    assert not await Message.record_delivery("G9", other.id.hex, "SMSAPI: expired")
    assert not await Message.record_delivery("G9", "no id", "SMSAPI: expired")


async def test_a_report_that_overtakes_the_answer_to_the_sending_is_kept() -> None:
    text = await text_sent(MessageState.SENDING, None)
    assert await Message.record_delivery("G1", text.id.hex, None)
    await text.mark_sent("G1")
    assert (await Message.get(id=text.id)).state == MessageState.DELIVERED
