"""An outdated message is dropped or states the current facts: every kind of message, every later change."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from tortoise.transactions import in_transaction

from infra import clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.admin import own_account
from models.outbox import Medium, Message, MessageKind, MessageState, NoLongerWanted, TooEarly
from models.schedules import absence_ending, closing, single_slots
from models.schedules.closing import CLINIC, DOCTOR
from models.slots.absence import Absence
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.identity_document import SeenDocument
from models.visits import identity_confirmation, message_check, offer_response, reminder
from models.visits.visit import Visit
from models.waiting import freed_slots
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.invariants import check_invariants
from tests.support.schedules import TUESDAY, join_waiting_list, report_absence, the_offer
from tests.support.visits import book, cancel, move, patient_of

K = MessageKind
DAY = timedelta(days=1)


@dataclass
class World:
    """Anna, her visit, and two doctors of one clinic with free slots on Tuesday and on Wednesday."""

    anna: Account
    rita: Account
    clinic: Clinic
    doctor: Doctor
    slots: list[Slot]
    visits: list[Visit] = field(default_factory=list)

    @classmethod
    async def make(cls) -> "World":
        clinic = await cast.clinic()
        doctor = await cast.doctor(clinic)
        slots = [slot for day in (0, 1, 2) for slot in await cast.morning(TUESDAY + day * DAY, 2, at=clinic, by=doctor)]
        return cls(await cast.anna(), await cast.rita(), clinic, doctor, slots)

    async def book(self) -> None:
        self.visits = [await book(self.anna, self.slots[0])]


async def newest(kind: MessageKind, medium: Medium = Medium.EMAIL) -> Message:
    found = await Message.filter(kind=kind, medium=medium).order_by("-created_at").select_related("account").first()
    assert found
    return found


async def letter(world: World, kind: MessageKind) -> Message:
    """A letter of this kind, produced by its usual cause and waiting in the outbox."""
    await CAUSES.get(kind, _post(kind))(world)
    return await newest(kind, Medium.SMS if kind is K.VISIT_REMINDER else Medium.EMAIL)


def _post(kind: MessageKind) -> Callable[[World], Awaitable[None]]:
    async def post(world: World) -> None:
        async with in_transaction():
            await Message.post(kind, world.anna)

    return post


async def _book(world: World) -> None:
    await world.book()


async def _move(world: World) -> None:
    await world.book()
    await move(world.anna, world.visits[0], world.slots[1])


async def _cancel(world: World) -> None:
    await world.book()
    await cancel(world.anna, world.visits[0])


async def _remind(world: World) -> None:
    await world.book()
    clock.advance(cast.warsaw(23, 12) - clock.now())
    await reminder.write_due_reminders()


async def _report_absence(world: World) -> None:
    await world.book()
    await report_absence(world.rita, world.doctor, 24)


async def _end_absence(world: World) -> None:
    await _report_absence(world)
    await doctor_back(world)


async def _offer(world: World) -> None:
    borys = await cast.borys()
    visit = await book(borys, world.slots[0])
    await join_waiting_list(world.anna, world.clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()


async def _withdraw_offer(world: World) -> None:
    await _offer(world)
    await report_absence(world.rita, world.doctor, 24)


async def _close(world: World) -> None:
    await world.book()
    await own_account.close_account(world.anna, patient_of(world.anna))


CAUSES = {
    K.VISIT_BOOKED: _book,
    K.VISIT_MOVED: _move,
    K.VISIT_CANCELLED: _cancel,
    K.VISIT_REMINDER: _remind,
    K.VISIT_TAKES_PLACE: _end_absence,
    K.DOCTOR_ABSENT: _report_absence,
    K.TERM_OFFERED: _offer,
    K.TERM_WITHDRAWN: _withdraw_offer,
    K.ACCOUNT_CLOSED: _close,
}


async def nothing(_: World) -> None:
    """Nothing happens before the letter is sent."""


async def visit_moved(world: World) -> None:
    for visit in await Visit.filter(patient_id=world.anna.patient_id, status="BOOKED"):
        await move(world.anna, visit, world.slots[4])


async def visit_moved_and_back(world: World) -> None:
    for visit in await Visit.filter(patient_id=world.anna.patient_id, status="BOOKED", slot_id=world.slots[0].id):
        if (await Slot.get(id=visit.slot_id)).absence_id is None:
            await move(world.anna, visit, world.slots[4])
            await move(world.anna, visit, world.slots[0])


async def visit_cancelled(world: World) -> None:
    for visit in await Visit.filter(patient_id=world.anna.patient_id, status="BOOKED"):
        await cancel(world.anna, visit)


async def doctor_absent(world: World) -> None:
    await report_absence(world.rita, world.doctor, 24)


async def doctor_back(world: World) -> None:
    for absence in await Absence.filter(ended_at=None):
        await absence_ending.end(absence.id, by=world.rita)


async def visit_begun(world: World) -> None:
    clock.advance(world.slots[0].starts_at - clock.now())


async def offer_lapsed(_: World) -> None:
    for offer in await Offer.find_standing():
        await Offer.filter(id=offer.id).update(expires_at=clock.now())


async def offer_declined(world: World) -> None:
    for offer in await Offer.find_standing(patient_id=world.anna.patient_id):
        await offer_response.decline(offer.id, patient=None, by=world.rita)


async def waiting_left(world: World) -> None:
    await WaitingListEntry.leave_all(patient_of(world.anna), by=world.anna)


async def slot_withdrawn(world: World) -> None:
    free = [slot for slot in world.slots if (await Slot.get(id=slot.id)).is_free_for(None)]
    await single_slots.withdraw([slot.id for slot in free], by=world.rita)


async def texts_unwanted(world: World) -> None:
    await Patient.filter(id=world.anna.patient_id).update(sms_reminders=False)


async def account_closed(world: World) -> None:
    if await Account.filter(id=world.anna.id, closed_at=None).exists():
        await own_account.close_account(world.anna, patient_of(world.anna))


async def clinic_closed(world: World) -> None:
    await closing.close(CLINIC, world.clinic.id, TUESDAY, by=world.rita)


async def doctor_retired(world: World) -> None:
    await closing.close(DOCTOR, world.doctor.id, TUESDAY, by=world.rita)


async def address_replaced(world: World) -> None:
    await Account.filter(id=world.anna.id, closed_at=None).update(email="nowa@example.pl", email_key="nowa@example.pl")


CHANGES = (
    *(
        clinic_closed,
        doctor_retired,
        address_replaced,
        nothing,
        visit_moved,
        visit_moved_and_back,
        visit_cancelled,
        doctor_absent,
        doctor_back,
        visit_begun,
    ),
    *(offer_lapsed, offer_declined, waiting_left, slot_withdrawn, texts_unwanted, account_closed),
)
LOST = (doctor_absent, clinic_closed, doctor_retired)  # events after which the visit cannot take place
# The changes after which a message is dropped; after all others it is sent with the facts current at that time.
DROPPED: dict[K, set[Callable[[World], Awaitable[None]]]] = {
    K.VISIT_BOOKED: {visit_moved, visit_moved_and_back, visit_cancelled, visit_begun, account_closed, *LOST},
    K.VISIT_MOVED: {visit_moved, visit_cancelled, account_closed, *LOST},
    K.VISIT_CANCELLED: {account_closed},
    K.VISIT_REMINDER: {visit_moved, visit_cancelled, visit_begun, texts_unwanted, account_closed, *LOST},
    K.VISIT_TAKES_PLACE: {visit_moved, visit_moved_and_back, visit_cancelled, visit_begun, account_closed, *LOST},
    K.DOCTOR_ABSENT: {visit_moved, visit_cancelled, doctor_back, visit_begun, offer_declined, account_closed},
    K.TERM_OFFERED: {visit_begun, offer_lapsed, offer_declined, waiting_left, account_closed, *LOST},
    K.TERM_WITHDRAWN: {waiting_left, account_closed},
    K.ACCOUNT_OPENED: {account_closed, address_replaced},
    K.NEW_PASSWORD: {account_closed, address_replaced},
    K.STAFF_INVITED: {account_closed, address_replaced},
    K.ADDRESS_TRIED: {account_closed, address_replaced},
    K.PASSWORD_CHANGED: {account_closed},
    K.CONTACT_CHANGED: {account_closed},
    K.SECOND_FACTOR_CHANGED: {account_closed},
    K.EMAIL_REQUESTED: {account_closed, address_replaced},
    K.EMAIL_CONFIRMATION: {account_closed},
    K.IDENTITY_CONFIRMED: {account_closed},
    K.LOGIN_ENDED: {account_closed},
    K.ACCOUNT_CLOSED: set(),
}


async def prepare(message: Message) -> bool:
    """Whether the message may be sent now."""
    again = await Message.get_or_none(id=message.id).select_related("account__patient")
    if again is None:  # deleted together with a person who never had a visit
        return False
    try:
        await message_check.bring_up_to_date(again)
    except NoLongerWanted:
        return False
    except TooEarly:
        return True
    return True


def test_every_kind_of_message_is_checked() -> None:
    assert set(message_check.CHECKS) == set(DROPPED) == set(MessageKind)


async def is_sent_after(change: Callable[[World], Awaitable[None]], world: World, message: Message) -> bool:
    """Whether the message is still sent after the change; the change is undone, so that the next one can be tried."""
    async with in_transaction() as transaction:
        with clock.pinned(clock.now() + timedelta(minutes=1)):
            await change(deepcopy(world))
            is_sent = await prepare(message)
        await database.fetch("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would check
        await check_invariants()
        await transaction.rollback()
    return is_sent


@pytest.mark.parametrize("kind", MessageKind)
async def test_an_overtaken_message_is_dropped_and_no_other(kind: MessageKind) -> None:
    world = await World.make()
    message = await letter(world, kind)
    dropped = {change for change in CHANGES if not await is_sent_after(change, world, message)}
    assert dropped == DROPPED[kind]


async def test_the_last_letter_of_somebody_who_is_removed_goes_out() -> None:
    anna = await cast.anna()
    await own_account.close_account(anna, patient_of(anna))
    [farewell] = await Message.filter(kind=K.ACCOUNT_CLOSED)
    assert await prepare(farewell)


@pytest.mark.parametrize("kind", [K.VISIT_BOOKED, K.VISIT_MOVED, K.VISIT_CANCELLED, K.VISIT_TAKES_PLACE])
async def test_a_letter_about_a_visit_states_the_present_address(kind: MessageKind) -> None:
    world = await World.make()
    message = await letter(world, kind)
    await Clinic.filter(id=world.clinic.id).update(address="ul. Nowa 7")
    assert await prepare(message)
    assert (await Message.get(id=message.id)).details["visit"]["address"] == "ul. Nowa 7"


async def test_a_reminder_of_a_visit_moved_away_and_back_states_the_present_place() -> None:
    world = await World.make()
    message = await letter(world, K.VISIT_REMINDER)
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    await Clinic.filter(id=elsewhere.id).update(address="ul. Krótka 2")
    slot = await cast.slot(world.slots[0].starts_at, at=elsewhere, by=await cast.doctor(elsewhere))
    await move(world.anna, world.visits[0], slot)
    assert await prepare(message)
    assert (await Message.get(id=message.id)).details["visit"]["address"] == "ul. Krótka 2"


async def test_the_letter_about_an_absence_no_longer_offers_what_has_lapsed() -> None:
    world = await World.make()
    message = await letter(world, K.DOCTOR_ABSENT)
    assert message.details["offered"]
    await offer_lapsed(world)
    assert await prepare(message)
    assert (await Message.get(id=message.id)).details["offered"] is None


async def test_the_last_letter_of_an_account_lists_the_visits_that_are_still_booked() -> None:
    world = await World.make()
    message = await letter(world, K.ACCOUNT_CLOSED)
    assert len(message.details["visits"]) == 1
    await visit_cancelled(world)
    assert await prepare(message)
    assert (await Message.get(id=message.id)).details["visits"] == []


@pytest.mark.parametrize("lose", LOST)
async def test_the_last_letter_of_an_account_says_which_visits_cannot_take_place(
    lose: Callable[[World], Awaitable[None]],
) -> None:
    world = await World.make()
    message = await letter(world, K.ACCOUNT_CLOSED)
    await lose(world)
    assert await prepare(message)
    details = (await Message.get(id=message.id)).details
    assert (len(details["visits"]), len(details["lost"])) == (0, 1)


@pytest.mark.parametrize("lose", LOST)
async def test_no_reminder_is_written_of_a_visit_that_cannot_take_place(
    lose: Callable[[World], Awaitable[None]],
) -> None:
    world = await World.make()
    await world.book()
    await lose(world)
    clock.advance(cast.warsaw(23, 12) - clock.now())
    await reminder.write_due_reminders()
    assert not await Message.filter(kind=K.VISIT_REMINDER).exists()


async def test_a_letter_about_a_visit_follows_it_to_the_account_that_has_the_person_now() -> None:
    """Anna had two accounts; at reception the second one turned out to be hers, and the first one's login ended."""
    world = await World.make()
    booked = await letter(world, K.VISIT_BOOKED)
    second = await cast.patient_account("druga@example.pl", cast.ANNA_PESEL, "Anna", "Żółć", is_confirmed=False)
    await identity_confirmation.confirm(patient_of(second).id, SeenDocument.PASSPORT, by=world.rita)
    assert await prepare(booked)
    assert (await Message.get(id=booked.id)).to == "druga@example.pl"


async def test_a_letter_goes_to_the_present_address_and_a_notice_to_the_one_it_concerns() -> None:
    world = await World.make()
    booked, notice = [await letter(world, kind) for kind in (K.VISIT_BOOKED, K.CONTACT_CHANGED)]
    password = await letter(world, K.NEW_PASSWORD)
    await Account.filter(id=world.anna.id).update(email="nowa@example.pl", email_key="nowa@example.pl")
    assert [await prepare(message) for message in (booked, notice, password)] == [True, True, False]
    assert (await Message.get(id=booked.id)).to == "nowa@example.pl"
    assert (await Message.get(id=notice.id)).to == "anna@example.pl"


async def test_the_letter_of_a_first_offer_is_dropped_when_a_second_one_was_written() -> None:
    """A second absence withdraws the slot that she was offered; the second letter states the new offer."""
    world = await World.make()
    first = await letter(world, K.DOCTOR_ABSENT)
    clock.advance(timedelta(minutes=1))
    await report_absence(world.rita, world.doctor, 25)
    second = await newest(K.DOCTOR_ABSENT)
    assert second.id != first.id
    assert not await prepare(first)
    assert await prepare(second)


async def test_a_withdrawal_is_not_reported_after_the_next_offer() -> None:
    world = await World.make()
    withdrawal = await letter(world, K.TERM_WITHDRAWN)
    clock.advance(timedelta(minutes=1))
    borys = await Account.get(email="borys@example.pl").select_related("patient")
    await cancel(borys, await book(borys, world.slots[2]))
    await freed_slots.allocate()
    assert (await the_offer(world.anna)).slot_id == world.slots[2].id
    assert not await prepare(withdrawal)


async def test_what_was_overtaken_cannot_be_sent_again_by_hand() -> None:
    world = await World.make()
    message = await letter(world, K.VISIT_BOOKED)
    await Message.filter(id=message.id).update(state=MessageState.SENT)
    await visit_cancelled(world)
    assert await message_check.is_overtaken(await Message.get(id=message.id).select_related("account"))
