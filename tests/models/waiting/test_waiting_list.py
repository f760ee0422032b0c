"""The waiting list: one patient at a time, first come first served, before anybody else, despite races and crashes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from models.accounts.account import Account
from models.outbox import Medium, Message, MessageKind
from models.refusals.booking import SlotTaken, TooManyVisits
from models.refusals.refusal import InvalidInput
from models.schedules import single_slots
from models.slots import availability
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.visit_status import Channel
from models.visits import offer_response
from models.visits.visit import Visit
from models.waiting import freed_slots
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry, WaitingOutcome, Wish
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import TUESDAY, holder_of, join_waiting_list, line, pass_minutes, publish, the_offer, wall
from tests.support.visits import book, cancel, hold, is_free, move, patient_of, release

HOUR = timedelta(hours=1)


async def taken(count: int = 1) -> tuple[Clinic, Doctor, list[Slot], Account, list[Visit]]:
    """A clinic where Zofia has booked all of tomorrow's slots and will give some up."""
    clinic = await cast.clinic(planned_visits_per_patient=50)
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(TUESDAY, count, at=clinic, by=doctor)
    zofia = await cast.patient_account("zofia@example.pl", None, "Zofia", "Zajęta")
    return clinic, doctor, slots, zofia, [await book(zofia, slot) for slot in slots]


async def queue(clinic: Clinic, *accounts: Account) -> None:
    """Put the patients on the waiting list one after another."""
    for account in accounts:
        await join_waiting_list(account, clinic)
        clock.advance(timedelta(seconds=1))


async def test_a_slot_that_is_cancelled_is_kept_for_the_first_who_waits() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys, celina = await cast.anna(), await cast.borys(), await cast.celina()
    await queue(clinic, anna, borys)
    await cancel(zofia, visit)
    for passer_by in (celina, borys, anna):  # until the freed slot is offered, nobody can book it
        with pytest.raises(SlotTaken):
            await book(passer_by, slot)
    await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id
    for passer_by in (celina, borys):
        with pytest.raises(SlotTaken):
            await book(passer_by, slot)
    assert (await book(anna, slot)).slot_id == slot.id


async def test_nobody_sees_a_kept_slot_as_free_but_the_one_it_is_kept_for() -> None:
    clinic, doctor, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna)
    await cancel(zofia, visit)

    async def seen(account: Account | None) -> list[bool]:
        viewer = account.patient_id if account else None
        listed = await availability.find_free_slots(availability.SlotFilter(clinic.id), viewer, None, 10)
        days = await availability.count_free_days(availability.SlotFilter(clinic.id), viewer)
        soonest = await availability.find_next_free("doctor_id", [doctor.id], availability.SlotFilter(), viewer)
        return [bool(listed), bool(days), bool(soonest), (await Slot.get(id=slot.id)).is_free_for(viewer)]

    for account in (anna, borys, None):
        assert not any(await seen(account))
    await freed_slots.allocate()
    assert all(await seen(anna))
    assert not any(await seen(borys) + await seen(None))
    clock.advance(HOUR)
    assert not any(await seen(anna) + await seen(borys)), "lapsed, and not yet passed on"
    await freed_slots.allocate()
    assert all(await seen(None))


async def test_not_taken_it_goes_to_the_next_and_then_to_everybody() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    people = [await cast.anna(), await cast.borys(), await cast.celina()]
    await queue(clinic, *people)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    for person_ in people:
        assert await holder_of(slot) == person_.patient_id
        await pass_minutes(59)
        assert await holder_of(slot) == person_.patient_id
        await pass_minutes(1)
    assert await holder_of(slot) is None
    assert await is_free(slot)
    asked = await Offer.all().order_by("made_at").values_list("patient_id", flat=True)
    assert asked == [person_.patient_id for person_ in people], "each once, in order of joining"
    assert await WaitingListEntry.filter(ended_at=None).count() == 3, "they keep their places"


async def test_an_offer_is_sent_by_mail_and_where_wanted_by_text() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys(sms_reminders=False)
    await queue(clinic, anna, borys)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    await pass_minutes(60)
    told = await Message.filter(kind=MessageKind.TERM_OFFERED).order_by("created_at", "medium")
    assert [(one.to, one.medium) for one in told] == [
        ("anna@example.pl", Medium.EMAIL),
        ("+48501234567", Medium.SMS),
        ("borys@example.pl", Medium.EMAIL),
    ]
    assert told[0].details["term"]["starts_at"] == slot.starts_at.isoformat()


async def test_accepting_an_offer_ends_the_wait_and_others_keep_waiting() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna, borys)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    booked = await offer_response.accept(
        (await the_offer(anna)).id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE
    )
    assert (booked.slot_id, booked.channel) == (slot.id, Channel.ONLINE)
    entries = {entry.patient_id: entry.outcome for entry in await WaitingListEntry.all()}
    assert entries == {anna.patient_id: WaitingOutcome.SERVED, borys.patient_id: None}
    assert (await Offer.get()).answer is OfferAnswer.ACCEPTED


async def test_booking_what_was_wished_for_ends_the_waiting_too() -> None:
    clinic, doctor, _, _, _ = await taken()
    anna = await cast.anna()
    await join_waiting_list(anna, clinic, last_day=TUESDAY)
    await book(anna, await cast.slot(cast.warsaw(26, 9), at=clinic, by=doctor))
    assert (await WaitingListEntry.get()).outcome is None, "not on a day that she can"
    await book(anna, await cast.slot(cast.warsaw(24, 18), at=clinic, by=doctor))
    assert (await WaitingListEntry.get()).outcome is WaitingOutcome.SERVED


async def test_a_patient_with_a_visit_can_move_it_to_what_is_offered() -> None:
    clinic, doctor, [slot], zofia, [visit] = await taken()
    anna = await cast.anna()
    hers = await book(anna, await cast.slot(cast.warsaw(27, 9), at=clinic, by=doctor))
    await join_waiting_list(anna, clinic, last_day=TUESDAY)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    assert (await move(anna, hers, slot)).slot_id == slot.id
    assert (await WaitingListEntry.get()).outcome is WaitingOutcome.SERVED


@pytest.mark.parametrize(
    ("how", "answer"),
    [("decline", OfferAnswer.DECLINED), ("release", OfferAnswer.DECLINED), ("leave", OfferAnswer.CLOSED)],
)
async def test_a_declined_offer_goes_to_the_next_at_once(how: str, answer: OfferAnswer) -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna, borys)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    entry = await WaitingListEntry.get(patient_id=anna.patient_id)
    if how == "decline":
        assert await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    elif how == "release":
        assert await release(anna, slot)
    else:
        assert await WaitingListEntry.leave(entry.id, patient=patient_of(anna), by=anna)
        assert not await WaitingListEntry.leave(entry.id, patient=patient_of(anna), by=anna)
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id
    assert (await Offer.get(patient_id=anna.patient_id)).answer == answer
    await entry.refresh_from_db()
    assert (entry.ended_at is not None) == (how == "leave")


async def test_a_lapsed_or_released_online_hold_is_offered_to_the_waiting_list() -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    one, two, three = await cast.morning(TUESDAY, 3, at=clinic, by=doctor)
    anna, borys, celina, zofia = await cast.anna(), await cast.borys(), await cast.celina(), (await cast.rivals(1))[0]
    await hold(zofia, one)
    await queue(clinic, anna, borys)  # they join while the first slot is held
    await hold(celina, two)  # the second slot is held while they are waiting
    clock.advance(timedelta(minutes=5))
    for slot in (one, two):
        with pytest.raises(SlotTaken):
            await book(zofia, slot)
    assert await is_free(three), "it was free before they came, and is nobody's"
    await freed_slots.allocate()
    assert (await holder_of(one), await holder_of(two)) == (anna.patient_id, borys.patient_id)


async def test_a_hold_that_ends_in_a_booking_never_reaches_the_list() -> None:
    clinic = await cast.clinic()
    slot = await cast.slot(at=clinic)
    anna, zofia = await cast.anna(), (await cast.rivals(1))[0]
    await join_waiting_list(anna, clinic)
    await hold(zofia, slot)
    await book(zofia, slot)
    await freed_slots.allocate()
    assert await Offer.all().count() == 0


async def test_a_slot_that_is_moved_away_from_is_offered() -> None:
    clinic, doctor, [slot], zofia, [visit] = await taken()
    anna = await cast.anna()
    free = await cast.slot(cast.warsaw(26, 9), at=clinic, by=doctor)
    await join_waiting_list(anna, clinic)
    await move(zofia, visit, free)
    await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id


async def test_published_slots_go_to_those_who_wait_one_each_and_the_rest_to_everybody() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna, borys)
    _, plan = await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    assert await Slot.filter(queued_at=None).count() == 0
    await freed_slots.allocate()
    assert [await holder_of(slot) for slot in plan.fresh] == [anna.patient_id, borys.patient_id, None, None]
    assert [await is_free(slot) for slot in plan.fresh] == [False, False, True, True]


async def test_only_patients_whose_wish_the_slot_meets_are_asked() -> None:
    clinic, doctor, [slot], zofia, [visit] = await taken()
    other = await cast.doctor(clinic, last_name="Inna")
    wishes: list[dict[str, Any]] = [
        {"doctor": other},
        {"last_day": clock.today()},
        {"first_day": TUESDAY + timedelta(days=1)},
        {"earliest": wall(8, 1)},
        {"latest": wall(7, 59)},
        {"weekdays": [1, 3, 4, 5, 6, 7]},
    ]
    for rival, wish in zip(await cast.rivals(6), wishes, strict=True):
        await join_waiting_list(rival, clinic, **wish)
    await join_waiting_list(
        (await cast.patient_account("inny@example.pl", None, "Inny", "Inny")), await cast.clinic("Inna")
    )
    anna = await cast.anna()
    exactly = {"first_day": TUESDAY, "last_day": TUESDAY, "weekdays": [2], "earliest": wall(8), "latest": wall(8)}
    await join_waiting_list(anna, clinic, doctor, **exactly)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id
    await pass_minutes(60)
    assert await is_free(slot)


async def test_a_wish_for_other_weekdays_keeps_no_slot_and_is_not_served_by_one() -> None:
    clinic, _, slots, zofia, visits = await taken(5)
    anna, borys = await cast.anna(), await cast.borys()
    entry = await join_waiting_list(anna, clinic, weekdays=[1])
    await cancel(zofia, visits[0])
    assert await is_free(slots[0])
    leaving = await join_waiting_list(borys, clinic)
    for visit in visits[1:]:
        await cancel(zofia, visit)
    assert not any([await is_free(slot) for slot in slots[1:]])
    await WaitingListEntry.leave(leaving.id, patient=patient_of(borys), by=borys)
    await freed_slots.allocate()
    assert all([await is_free(slot) for slot in slots])
    await book(anna, slots[0])
    assert (await WaitingListEntry.get(id=entry.id)).outcome is None


async def test_the_same_weekdays_are_the_same_wish_and_all_of_them_are_no_condition() -> None:
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=9)
    some = [await join_waiting_list(anna, clinic, weekdays=weekdays) for weekdays in ([5, 2], [2, 5], [2, 5, 5])]
    assert {entry.id for entry in some} == {some[0].id}
    assert some[0].weekdays == [2, 5]
    every = await join_waiting_list(anna, clinic, weekdays=range(1, 8))
    assert (every.id, every.weekdays) == ((await join_waiting_list(anna, clinic)).id, None)


async def test_a_patient_who_is_busy_then_or_has_just_given_it_up_is_not_asked() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    await book(anna, await cast.slot(cast.warsaw(24, 8, 10), at=await cast.clinic("Poradnia okulistyczna")))
    await queue(clinic, zofia, anna, borys)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id


async def test_outside_service_hours_it_is_kept_until_the_opening() -> None:
    clinic, _, _, zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    slot_ = await cast.slot(cast.warsaw(27, 9), at=clinic, by=await cast.doctor(clinic, last_name="Inna"))
    visit = await book(zofia, slot_)
    await queue(clinic, anna)
    with clock.pinned(cast.warsaw(23, 22, 30)):
        await cancel(zofia, visit)
        await freed_slots.allocate()
        assert await holder_of(slot_) is None
        with pytest.raises(SlotTaken):
            await book(borys, slot_)
    with clock.pinned(cast.warsaw(24, 7)):
        await freed_slots.allocate()
        assert await holder_of(slot_) == anna.patient_id
        assert (await Offer.get()).expires_at == cast.warsaw(24, 8)


async def test_thinking_time_rests_at_night_and_ends_when_it_could_not_be_booked_any_more() -> None:
    clinic, _, _, zofia, [visit] = await taken()
    anna = await cast.anna()
    await queue(clinic, anna)
    with clock.pinned(cast.warsaw(23, 21, 30)):
        await cancel(zofia, visit)
        await freed_slots.allocate()
        assert (await Offer.get()).expires_at == cast.warsaw(24, 7), "an hour before it begins, not half past seven"


async def test_a_slot_too_near_to_be_booked_is_offered_to_nobody() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    await queue(clinic, await cast.anna())
    with clock.pinned(cast.warsaw(24, 7, 30)):
        await cancel(zofia, visit)
        await freed_slots.allocate()
        assert await Offer.all().count() == 0
        assert (await Slot.get(id=slot.id)).queued_at is None


async def test_a_slot_too_far_ahead_waits_until_it_can_be_booked() -> None:
    clinic = await cast.clinic(days_ahead=2)
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    await join_waiting_list(anna, clinic)
    slot = await single_slots.add(doctor.id, clinic.id, cast.warsaw(27, 9), 20, by=rita)
    await freed_slots.allocate()
    assert await holder_of(slot) is None
    with clock.pinned(cast.warsaw(25, 9)):
        await freed_slots.allocate()
        assert await holder_of(slot) == anna.patient_id


async def test_a_wish_said_twice_or_at_once_is_one_entry_in_its_first_place() -> None:
    clinic, _, _, _, _ = await taken()
    anna = await cast.anna()
    first = await join_waiting_list(anna, clinic)
    clock.advance(HOUR)
    again = await race(*(join_waiting_list(anna, clinic) for _ in range(3)))
    assert {entry.id for entry in again} == {first.id}
    assert (await WaitingListEntry.get()).joined_at == first.joined_at


async def test_as_many_wishes_as_visits_and_none_where_no_visit_could_be_booked() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=1)
    doctor, anna, borys = await cast.doctor(clinic), await cast.anna(), await cast.borys()
    await join_waiting_list(anna, clinic)
    with pytest.raises(TooManyVisits):
        await join_waiting_list(anna, clinic, doctor)
    await book(borys, await cast.slot(at=clinic, by=doctor))
    with pytest.raises(TooManyVisits) as refused:
        await join_waiting_list(borys, clinic)
    assert refused.value.details["limit"] == 1


async def test_what_is_wrong_with_a_wish_is_named_at_once() -> None:
    anna, stranger = await cast.anna(), await cast.doctor(await cast.clinic("Inna"))
    wish = Wish(
        clinic_id=uuid4(),
        doctor_id=stranger.id,
        first_day=clock.today() + timedelta(days=400),
        last_day=clock.today() - timedelta(days=1),
        earliest=wall(10),
        latest=wall(9),
        weekdays=[],
    )
    with pytest.raises(InvalidInput) as refused:
        await WaitingListEntry.join(wish, patient=patient_of(anna), by=anna)
    paths = [flaw.path for flaw in refused.value.flaws]
    assert paths == [("clinicId",), ("doctorId",), ("from",), ("until",), ("weekdays",), ("latest",)]


async def test_wishes_end_with_their_last_day_and_only_their_owner_ends_them_sooner() -> None:
    clinic, _, _, _, _ = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    entry = await join_waiting_list(anna, clinic, last_day=TUESDAY)
    assert not await WaitingListEntry.leave(entry.id, patient=patient_of(borys), by=borys)
    with clock.pinned(cast.warsaw(24, 23)):
        await freed_slots.allocate()
        assert (await WaitingListEntry.get()).outcome is None
    with clock.pinned(cast.warsaw(25, 0)):
        await freed_slots.allocate()
        assert (await WaitingListEntry.get()).outcome is WaitingOutcome.EXPIRED


async def test_many_sweeps_at_once_ask_each_person_once_and_in_order() -> None:
    clinic, _, slots, zofia, visits = await taken(4)
    people = await cast.rivals(6)
    await queue(clinic, *people)
    for visit in visits:
        await cancel(zofia, visit)
    outcomes = await race(*(freed_slots.allocate() for _ in range(6)))
    assert sum(outcomes) == 4
    assert [await holder_of(slot) for slot in slots] == [one.patient_id for one in people[:4]]
    assert await Offer.all().count() == 4


async def test_bookers_who_race_a_cancellation_and_the_sweep_never_jump_the_queue() -> None:
    clinic, _, slots, zofia, visits = await taken(6)
    rivals, anna = await cast.rivals(4), await cast.anna()
    for slot, visit in zip(slots, visits, strict=True):
        entry = await join_waiting_list(anna, clinic, earliest=wall(8), latest=wall(20))
        outcomes = await race(
            cancel(zofia, visit),
            *(book(rival, slot) for rival in rivals),
            freed_slots.allocate(),
            *(hold(rival, slot) for rival in rivals),
            freed_slots.allocate(),
        )
        assert tally(outcomes) == {"Visit": 1, "SlotTaken": 8, "int": 2}
        await freed_slots.allocate()
        assert await holder_of(slot) == anna.patient_id
        assert await release(anna, slot)
        assert await WaitingListEntry.leave(entry.id, patient=patient_of(anna), by=anna)
        await freed_slots.allocate()


async def test_joining_that_races_a_lapsing_hold_leaves_no_slot_kept_for_nobody() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=50)
    doctor = await cast.doctor(clinic)
    anna, zofia = await cast.anna(), (await cast.rivals(1))[0]
    for slot in await cast.morning(TUESDAY, 5, at=clinic, by=doctor):
        _, entry = await race(hold(zofia, slot), join_waiting_list(anna, clinic))
        await pass_minutes(5)
        assert await holder_of(slot) == anna.patient_id or await is_free(slot)
        await WaitingListEntry.leave(entry.id, patient=patient_of(anna), by=anna)
        await pass_minutes(60)
        assert await is_free(slot)


async def test_killed_between_any_two_steps_the_next_sweep_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic, _, slots, zofia, visits = await taken(2)
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna, borys)
    for visit in visits:
        await cancel(zofia, visit)
    make = Offer.make

    async def die(*_: object, **__: object) -> Offer:
        raise ConnectionError("killed")

    monkeypatch.setattr(Offer, "make", die)  # the process dies in the middle of making an offer
    with pytest.raises(ConnectionError):
        await freed_slots.allocate()
    assert [await holder_of(slot) for slot in slots] == [None, None]
    assert not await is_free(slots[0])
    calls = 0

    async def once_then_die(*arguments: object, **named: object) -> Offer:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ConnectionError("killed")
        return await make(*arguments, **named)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Offer, "make", once_then_die)  # the process dies between two offers
    with pytest.raises(ConnectionError):
        await freed_slots.allocate()
    assert [await holder_of(slot) for slot in slots] == [anna.patient_id, None]
    monkeypatch.setattr(Offer, "make", make)
    await freed_slots.allocate()
    assert [await holder_of(slot) for slot in slots] == [anna.patient_id, borys.patient_id]
    assert await Message.filter(kind=MessageKind.TERM_OFFERED, medium=Medium.EMAIL).count() == 2


async def test_a_closed_account_is_passed_over() -> None:
    clinic, _, [slot], zofia, [visit] = await taken()
    anna, borys = await cast.anna(), await cast.borys()
    await queue(clinic, anna, borys)
    await Account.filter(id=anna.id).update(email=None, email_key=None, password_hash=None, closed_at=clock.now())
    await cancel(zofia, visit)
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id
