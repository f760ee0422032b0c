"""Races among receptionists and with patients: planning, offering and withdrawing at the same time."""

from datetime import date, timedelta
from typing import Any

import pytest

from infra import clock
from models.events.event import Event, EventType
from models.refusals.refusal import Refusal
from models.refusals.schedule import OfferOver, SlotsNotFree
from models.schedules import absence_ending, single_slots
from models.schedules.schedule import Schedule
from models.slots.slot import Slot
from models.values.visit_status import Channel
from models.visits import call_list, offer_response
from models.visits.call_list import CallReason
from models.visits.visit import Visit
from models.waiting import freed_slots
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import (
    TUESDAY,
    holder_of,
    join_waiting_list,
    line,
    pass_minutes,
    publish,
    report_absence,
    template,
    the_offer,
)
from tests.support.statement_count import count_statements
from tests.support.visits import book, cancel, hold, is_free, move_for, patient_of

DAY = timedelta(days=1)


async def test_an_absence_that_overlaps_another_asks_nobody_twice() -> None:
    clinic = await cast.clinic()
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=doctor)
    [later_on] = await cast.morning(TUESDAY + 3 * DAY, 1, at=clinic, by=doctor)
    await book(anna, slot)
    await report_absence(rita, doctor, 24)
    clock.advance(timedelta(minutes=1))
    report = await report_absence(rita, doctor, 24, 7, 12)
    assert [offer.slot_id for _, offer in report.affected] == [later_on.id]
    assert await Offer.all().count() == 1


async def test_an_offer_that_has_lapsed_unnoticed_does_not_keep_another_absence_from_offering_anew() -> None:
    clinic = await cast.clinic()
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=doctor)
    await cast.morning(TUESDAY + 3 * DAY, 1, at=clinic, by=doctor)
    await book(anna, slot)
    await report_absence(rita, doctor, 24, offer_minutes=30)
    clock.advance(timedelta(minutes=31))
    report = await report_absence(rita, doctor, 24, 7, 12)
    assert [offer.current_answer for _, offer in report.affected] == [OfferAnswer.OPEN]
    assert sorted(offer.answer.value for offer in await Offer.all()) == ["LAPSED", "OPEN"]


async def test_when_one_of_two_overlapping_absences_ends_the_other_still_holds() -> None:
    clinic = await cast.clinic()
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=doctor)
    await book(anna, slot)
    first, second = await report_absence(rita, doctor, 24), await report_absence(rita, doctor, 24, 7, 12)
    await absence_ending.end(first.absence.id, by=rita)
    assert (await Slot.get(id=slot.id)).absence_id == second.absence.id
    assert [found.reason for found in await call_list.list_for_day(None, TUESDAY)] == [CallReason.NO_TERM]
    await absence_ending.end(second.absence.id, by=rita)
    assert (await Slot.get(id=slot.id)).absence_id is None
    assert await call_list.list_for_day(None, TUESDAY) == []


async def test_a_template_that_takes_an_offered_slot_away_closes_the_offer() -> None:
    clinic = await cast.clinic()
    doctor, other, rita, anna = (
        await cast.doctor(clinic),
        await cast.doctor(clinic),
        await cast.rita(),
        await cast.anna(),
    )
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=other)
    schedule, plan = await publish(rita, doctor, clinic, line(3, 8, 9))
    await book(anna, slot)
    await report_absence(rita, other, 24)
    offer = await the_offer(anna)
    assert offer.slot_id == plan.fresh[0].id
    await Schedule.publish(template(doctor, clinic, line(4, 8, 9)), schedule.id, by=rita)
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.CLOSED
    with pytest.raises(OfferOver):
        await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    await freed_slots.allocate()
    assert [found.reason for found in await call_list.list_for_day(None, TUESDAY)] == [CallReason.NOT_ANSWERED]


async def test_what_is_held_offered_or_waited_for_is_not_withdrawn() -> None:
    clinic = await cast.clinic()
    doctor, rita, anna, borys = await cast.doctor(clinic), await cast.rita(), await cast.anna(), await cast.borys()
    held, waited, free = await cast.morning(TUESDAY, 3, at=clinic, by=doctor)
    visit = await book(borys, waited)
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await hold(borys, held)
    for _ in range(2):  # before and after the slot is offered
        with pytest.raises(SlotsNotFree) as refused:
            await single_slots.withdraw([free.id, held.id, waited.id], by=rita)
        assert refused.value.details["slot_ids"] == [str(held.id), str(waited.id)]
        await freed_slots.allocate()
    assert await is_free(free)


async def test_a_patient_who_accepts_while_reception_moves_the_visit_gets_one_answer() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    slots = await cast.morning(TUESDAY, 4, at=clinic, by=doctor)
    more = await cast.morning(TUESDAY + DAY, 12, at=clinic, by=doctor)
    rivals = await cast.rivals(4)
    visits = [await book(rival, slot) for rival, slot in zip(rivals, slots, strict=True)]
    report = await report_absence(rita, doctor, 24)
    offers = {visit.id: offer for visit, offer in report.affected}
    for rival, visit, there in zip(rivals, visits, more[8:], strict=True):
        accepting = offer_response.accept(
            offers[visit.id].id, patient=patient_of(rival), by=rival, channel=Channel.ONLINE
        )
        whole = await Visit.get_with_details(visit.id)
        outcomes = await race(accepting, move_for(rita, whole, there, "zgoda pacjenta"))
        now = await Visit.get(id=visit.id)
        offer = await Offer.get(id=offers[visit.id].id)
        if isinstance(outcomes[0], OfferOver):
            assert (now.slot_id, offer.answer, now.sequence) == (there.id, OfferAnswer.CLOSED, 1)
        else:
            assert (offer.answer, now.sequence) == (OfferAnswer.ACCEPTED, 2)


async def test_an_offer_cannot_be_accepted_once_reception_has_moved_the_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The move happens after the offer has been read and before the patient's row is locked."""
    clinic = await cast.clinic()
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=doctor)
    _, there = await cast.morning(TUESDAY + DAY, 2, at=clinic, by=doctor)
    visit = await book(anna, slot)
    await report_absence(rita, doctor, 24)
    offer, own = await the_offer(anna), offer_response._find_own

    async def then_moved(*given: object) -> Offer:
        found = await own(*given)  # type: ignore[arg-type]  # passed on as they came
        await move_for(rita, await Visit.get_with_details(visit.id), there)
        return found

    monkeypatch.setattr(offer_response, "_find_own", then_moved)
    with pytest.raises(OfferOver):
        await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    assert (await Visit.get(id=visit.id)).slot_id == there.id


async def test_an_absence_that_ends_while_patients_accept_leaves_each_visit_whole() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    rivals = await cast.rivals(4)
    slots = await cast.morning(TUESDAY, 4, at=clinic, by=doctor)
    await cast.morning(TUESDAY + DAY, 4, at=clinic, by=doctor)
    for rival, slot in zip(rivals, slots, strict=True):
        await book(rival, slot)
    report = await report_absence(rita, doctor, 24)
    offers = [offer for _, offer in report.affected]
    *answers, ended, _swept = await race(
        *(offer_response.accept(offer.id, patient=None, by=rita, channel=Channel.PHONE) for offer in offers),
        absence_ending.end(report.absence.id, by=rita),
        freed_slots.allocate(),
    )
    assert ended is not None
    assert set(tally(answers)) <= {"Visit", "OfferOver"}
    assert await Offer.filter(answer=OfferAnswer.OPEN).count() == 0


async def test_publishers_bookers_reports_and_sweeps_at_once_neither_deadlock_nor_break_a_promise() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=50)
    doctor, other, rita = await cast.doctor(clinic), await cast.doctor(clinic), await cast.rita()
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 10), line(3, 8, 10))
    await cast.morning(TUESDAY + 3 * DAY, 12, at=clinic, by=other)
    rivals = await cast.rivals(5)
    for rival in rivals[3:]:
        await join_waiting_list(rival, clinic)
    for hour in (9, 11, 10):
        booked = await Slot.filter(visit_id=None, withdrawn_at=None, doctor_id=doctor.id).limit(4)
        change = template(doctor, clinic, line(2, 8, hour), line(3, 8, 10))
        outcomes = await race(
            *(book(rival, slot) for rival, slot in zip(rivals, booked, strict=False)),
            Schedule.publish(change, schedule.id, by=rita),
            report_absence(rita, doctor, 25, 8, hour),
            freed_slots.allocate(),
            *(hold(rival, slot) for rival, slot in zip(rivals, reversed(booked), strict=False)),
            report_absence(rita, doctor, 25),
            freed_slots.allocate(),
            Schedule.fill_horizon(),
        )
        assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Refusal)] == []
    assert len(plan.fresh) > 0


async def test_a_slot_that_nobody_waiting_wants_any_more_is_announced_as_free() -> None:
    clinic = await cast.clinic()
    doctor, anna, borys = await cast.doctor(clinic), await cast.anna(), await cast.borys()
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=doctor)
    visit = await book(borys, slot)
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    before = await Event.all().count()
    await pass_minutes(1)
    assert await is_free(slot)
    [told] = (await Event.all().order_by("id"))[before:]
    assert (told.happening, told.details["slot_ids"]) == (EventType.SLOTS_PUBLISHED, [str(slot.id)])


async def test_two_schedulers_fill_the_night_of_the_switch_once() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    spring = date(2027, 3, 28)
    with clock.pinned(cast.warsaw(27, 12, month=12)):
        await publish(
            rita,
            doctor,
            clinic,
            line(7, 0, 5, 60),
            line(6, 0, 5, 60),
            line(1, 0, 5, 60),
            on_sundays=True,
            on_holidays=True,
        )  # the clocks change on Easter Sunday
    before = await Slot.all().count()
    with clock.pinned(cast.warsaw(27, 12, month=12) + 2 * DAY):
        outcomes = await race(Schedule.fill_horizon(), Schedule.fill_horizon(), Schedule.fill_horizon())
    made = await Slot.all().count() - before
    assert sum(outcomes) == made
    night = [slot for slot in await Slot.all() if clock.local(slot.starts_at).date() == spring]
    assert sorted(f"{clock.local(slot.starts_at):%H:%M}" for slot in night) == ["00:00", "01:00", "03:00", "04:00"]


async def test_many_slots_that_one_person_wants_are_free_for_all_after_a_handful_of_steps() -> None:
    clinic = await cast.clinic()
    doctor, anna, borys = await cast.doctor(clinic), await cast.anna(), await cast.borys()
    await join_waiting_list(anna, clinic)
    await join_waiting_list(borys, clinic)
    await publish(await cast.rita(), doctor, clinic, *(line(day, 8, 18, 15) for day in range(1, 6)))
    offers, statements = await count_statements(freed_slots.allocate())
    assert offers == 2
    assert statements < 100, "of 1600 slots"
    assert await Slot.exclude(queued_at=None).count() == 2
    assert await WaitingListEntry.filter(ended_at=None).count() == 2
    for account in (anna, borys):
        offer = await the_offer(account)
        assert await holder_of(await Slot.get(id=offer.slot_id)) == account.patient_id


async def test_a_centre_that_grows_at_once_waits_for_no_statistics(owner: Any) -> None:
    """By its statistics PostgreSQL still expects one slot; a nested loop over all of these would take minutes."""
    clinic = await cast.clinic()
    doctor, anna = await cast.doctor(clinic), await cast.anna()
    await join_waiting_list(anna, clinic)
    await cast.morning(cast.MONDAY.date() - timedelta(days=7), 1, at=clinic, by=doctor)
    await owner.execute("ANALYZE slot; ANALYZE waiting_list_entry")
    await publish(await cast.rita(), doctor, clinic, *(line(day, 8, 18, 15) for day in range(1, 6)))
    assert await Slot.exclude(queued_at=None).count() > 1000
    assert await freed_slots.allocate() == 1
