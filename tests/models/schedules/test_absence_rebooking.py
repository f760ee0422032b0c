"""A doctor is absent: the time is closed in one step, each patient is offered another slot, nobody is moved unasked."""

from datetime import timedelta
from uuid import UUID

import pytest

from infra import clock
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.outbox import Medium, Message, MessageKind, MessageState
from models.refusals.booking import SlotTaken, VisitNotChangeable
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import OfferNotFound, OfferOver
from models.schedules import absence_ending, absence_rebooking
from models.schedules.absence_rebooking import AbsenceNotice
from models.schedules.schedule import Schedule
from models.slots.absence import Absence
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.visit_status import Channel, Status
from models.visits import call_list, offer_response
from models.visits.call_list import CallReason
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from models.waiting import freed_slots
from models.waiting.offer import Offer, OfferAnswer
from models.waiting.waiting_list import WaitingListEntry, WaitingOutcome
from tests import cast
from tests.support.racing import race
from tests.support.schedules import (
    TUESDAY,
    holder_of,
    join_waiting_list,
    line,
    pass_minutes,
    publish,
    report_absence,
    the_offer,
    wall_times,
)
from tests.support.visits import book, book_for, cancel, hold, is_free, move, patient_of

DAY = timedelta(days=1)


async def place() -> tuple[Clinic, Doctor, list[Slot]]:
    """A clinic with a doctor who has three slots on Tuesday and two on Wednesday."""
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    days = await cast.morning(TUESDAY, 3, at=clinic, by=doctor)
    return clinic, doctor, days + await cast.morning(TUESDAY + DAY, 2, at=clinic, by=doctor)


async def test_free_slots_are_withdrawn_and_booked_ones_stay_booked() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    visit = await book(anna, slots[1])
    report = await report_absence(rita, doctor, 24)
    assert report.withdrawn == 2
    assert await wall_times() == ["24.11. 08:20", "25.11. 08:00", "25.11. 08:20"]
    there = await Visit.get(id=visit.id)
    assert (there.status, there.slot_id) == (Status.BOOKED, slots[1].id)
    [withdrawn] = [event for event in await Event.all() if event.happening is EventType.SLOTS_WITHDRAWN]
    assert withdrawn.details["slot_ids"] == [str(slots[0].id), str(slots[2].id)]


async def test_the_same_doctors_next_slot_is_held_for_the_patient_who_is_notified() -> None:
    clinic, doctor, slots = await place()
    anna, borys, rita = await cast.anna(), await cast.borys(), await cast.rita()
    visit = await book(anna, slots[1])
    await cast.slot(cast.warsaw(24, 9), at=clinic, by=await cast.doctor(clinic, last_name="Inna"))
    report = await report_absence(rita, doctor, 24)
    [(affected, offer)] = report.affected
    assert (affected.id, offer.slot_id, offer.answer) == (visit.id, slots[3].id, OfferAnswer.OPEN)
    assert offer.expires_at == cast.warsaw(24, 8, 20), "a day, but not beyond the visit"
    assert await holder_of(slots[3]) == anna.patient_id
    with pytest.raises(SlotTaken):
        await book(borys, slots[3])
    told = await Message.filter(kind=MessageKind.DOCTOR_ABSENT).order_by("medium")
    assert [(message.medium, message.to, message.visit_id) for message in told] == [
        (Medium.EMAIL, "anna@example.pl", visit.id),
        (Medium.SMS, "+48501234567", visit.id),
    ]
    assert told[0].details["offered"]["starts_at"] == slots[3].starts_at.isoformat()
    actions = {entry.action: entry for entry in await AuditEntry.filter(account_id=rita.id)}
    assert actions["doctor_absent"].patient_id == anna.patient_id
    assert actions["report_absence"].subject_id == report.absence.id


async def test_without_the_doctor_the_clinics_next_slot_is_offered_and_never_one_that_overlaps() -> None:
    clinic, doctor, slots = await place()
    anna, other = await cast.anna(), await cast.doctor(clinic, last_name="Inna")
    elsewhere = await cast.slot(cast.warsaw(26, 9), at=await cast.clinic("Poradnia okulistyczna"))
    await book(anna, elsewhere)
    visit = await book(anna, slots[1])
    await cast.slot(cast.warsaw(26, 9, 10), at=clinic, by=other)  # Anna has another visit then
    late = await cast.slot(cast.warsaw(26, 10), at=clinic, by=other)
    report = await absence_rebooking.report(
        AbsenceNotice(doctor.id, cast.warsaw(24, 0), cast.warsaw(30, 0), "urlop"), by=await cast.rita()
    )
    [(affected, offer)] = report.affected
    assert (affected.id, offer.slot_id) == (visit.id, late.id)


async def test_when_nothing_is_free_the_patient_is_notified_and_called() -> None:
    _, doctor, slots = await place()
    visit = await book(await cast.anna(), slots[1])
    report = await absence_rebooking.report(
        AbsenceNotice(doctor.id, cast.warsaw(24, 0), cast.warsaw(30, 0), "urlop"), by=await cast.rita()
    )
    [(_, offer)] = report.affected
    assert (offer.slot_id, offer.answer) == (None, OfferAnswer.CLOSED)
    assert (await Message.filter(kind=MessageKind.DOCTOR_ABSENT, medium=Medium.EMAIL).get()).details["offered"] is None
    [found] = await call_list.list_for_day(None, TUESDAY)
    assert (found.visit.id, found.reason) == (visit.id, CallReason.NO_TERM)
    assert await Offer.find_standing(patient_id=visit.patient_id) == []


async def test_each_patient_is_offered_a_slot_of_their_own() -> None:
    _, doctor, slots = await place()
    anna, borys, celina = await cast.anna(), await cast.borys(), await cast.celina()
    for account, slot in zip((anna, borys, celina), slots, strict=False):
        await book(account, slot)
    report = await report_absence(await cast.rita(), doctor, 24)
    assert [offer.slot_id for _, offer in report.affected] == [slots[3].id, slots[4].id, None]


async def test_accepting_moves_the_visit_by_the_usual_verb_and_closes_the_old_slot() -> None:
    _, doctor, slots = await place()
    anna, borys = await cast.anna(), await cast.borys()
    visit = await book(anna, slots[1])
    await report_absence(await cast.rita(), doctor, 24)
    offer = await the_offer(anna)
    moved = await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    assert (moved.id, moved.slot_id, moved.sequence) == (visit.id, slots[3].id, 1)
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.ACCEPTED
    assert (await Slot.get(id=slots[1].id)).withdrawn_at == clock.now(), "nobody else can have it"
    assert await Message.filter(kind=MessageKind.VISIT_MOVED).count() == 1
    again = await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    assert (again.id, again.sequence) == (visit.id, 1)
    with pytest.raises(OfferNotFound):
        await offer_response.accept(offer.id, patient=patient_of(borys), by=borys, channel=Channel.ONLINE)


async def test_what_reception_accepts_for_a_caller_says_so_in_the_visits_history() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    visit = await book(anna, slots[1])
    await report_absence(rita, doctor, 24)
    await offer_response.accept((await the_offer(anna)).id, patient=None, by=rita, channel=Channel.PHONE)
    [*_, moved] = await VisitChange.filter(visit_id=visit.id).order_by("at", "id")
    assert (moved.kind, moved.by, moved.channel) == ("MOVED", "reception", Channel.PHONE)


async def test_reception_books_what_is_offered_to_the_patient_and_what_a_waiting_one_wants() -> None:
    clinic, doctor, slots = await place()
    anna, borys, celina, rita = await cast.anna(), await cast.borys(), await cast.celina(), await cast.rita()
    await book(anna, slots[1])
    await report_absence(rita, doctor, 24)
    offered, free = slots[3], slots[4]
    with pytest.raises(SlotTaken):
        await book_for(rita, patient_of(borys), offered)
    extra = await book_for(rita, patient_of(anna), offered)  # another visit of Anna's, in the slot held for her
    assert (extra.slot_id, (await Offer.get()).answer) == (offered.id, OfferAnswer.ACCEPTED)
    await join_waiting_list(borys, clinic)
    assert (await book_for(rita, patient_of(borys), free)).slot_id == free.id
    assert (await WaitingListEntry.get()).outcome is WaitingOutcome.SERVED
    with pytest.raises(SlotTaken):
        await book_for(rita, patient_of(celina), free)


async def test_the_slot_of_a_cancelled_visit_is_nobodys() -> None:
    _, doctor, slots = await place()
    anna = await cast.anna()
    visit = await book(anna, slots[1])
    await report_absence(await cast.rita(), doctor, 24)
    offer = await the_offer(anna)
    await cancel(anna, visit)
    assert not await is_free(slots[1])
    assert (await Offer.get(id=offer.id)).answer is OfferAnswer.CLOSED
    await freed_slots.allocate()
    assert await is_free(slots[3]), "what was held for it is free for others"
    assert await call_list.list_for_day(None, TUESDAY) == []


async def test_another_slot_than_the_offered_one_can_be_taken() -> None:
    _, doctor, slots = await place()
    anna = await cast.anna()
    visit = await book(anna, slots[1])
    await report_absence(await cast.rita(), doctor, 24)
    await move(anna, visit, slots[4])
    await freed_slots.allocate()
    assert await is_free(slots[3])
    assert (await Offer.get()).answer is OfferAnswer.CLOSED


async def test_the_rule_about_late_changes_does_not_bind_a_patient_whose_doctor_is_absent() -> None:
    clinic = await cast.clinic(cancel_until_minutes=3 * 24 * 60)
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(TUESDAY, 2, at=clinic, by=doctor) + await cast.morning(
        TUESDAY + DAY, 2, at=clinic, by=doctor
    )
    anna = await cast.anna()
    visit = await book(anna, slots[0])
    with pytest.raises(VisitNotChangeable):
        await move(anna, visit, slots[3])
    await report_absence(await cast.rita(), doctor, 24)
    assert (await move(anna, visit, slots[3])).slot_id == slots[3].id


async def test_an_offer_lapses_by_the_clock_and_the_visit_stays() -> None:
    _, doctor, slots = await place()
    anna = await cast.anna()
    visit = await book(anna, slots[1])
    report = await report_absence(await cast.rita(), doctor, 24, offer_minutes=30)
    assert report.affected[0][1].expires_at == clock.now() + timedelta(minutes=30)
    clock.advance(timedelta(minutes=30))
    assert await is_free(slots[3])
    with pytest.raises(OfferOver):
        await offer_response.accept(report.affected[0][1].id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
    await freed_slots.allocate()
    assert (await Offer.get()).answer is OfferAnswer.LAPSED
    assert (await Slot.get(id=slots[3].id)).held_by_id is None
    assert (await Visit.get(id=visit.id)).slot_id == slots[1].id
    assert [found.reason for found in await call_list.list_for_day(None, TUESDAY)] == [CallReason.NOT_ANSWERED]


async def test_a_declined_offer_is_free_for_others_and_the_patient_is_called() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[1])
    await report_absence(rita, doctor, 24)
    offer = await the_offer(anna)
    assert await offer_response.decline(offer.id, patient=None, by=rita)
    assert not await offer_response.decline(offer.id, patient=None, by=rita)
    await freed_slots.allocate()
    assert await is_free(slots[3])
    assert [found.reason for found in await call_list.list_for_day(None, TUESDAY)] == [CallReason.DECLINED]


async def test_an_absence_reported_twice_makes_only_one_offer() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[1])
    first, second = await report_absence(rita, doctor, 24), await report_absence(rita, doctor, 24)
    assert first.absence.id == second.absence.id
    assert [offer.id for _, offer in first.affected] == [offer.id for _, offer in second.affected]
    assert await Message.filter(kind=MessageKind.DOCTOR_ABSENT, medium=Medium.EMAIL).count() == 1
    clock.advance(DAY / 2)
    await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    third = await report_absence(rita, doctor, 24)
    assert [offer.answer for _, offer in third.affected] == [OfferAnswer.DECLINED]


async def test_reported_at_once_by_two_nobody_is_asked_twice() -> None:
    _, doctor, slots = await place()
    await book(await cast.anna(), slots[1])
    rita = await cast.rita()
    reports = await race(*(report_absence(rita, doctor, 24) for _ in range(3)))
    assert [type(report) for report in reports] == [absence_rebooking.ReportedAbsence] * 3
    assert await Offer.all().count() == await Absence.all().count() == 1


async def test_a_longer_absence_takes_back_what_it_makes_impossible_and_offers_anew() -> None:
    clinic, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[1])
    await report_absence(rita, doctor, 24)
    other = await cast.slot(cast.warsaw(26, 9), at=clinic, by=await cast.doctor(clinic, last_name="Inna"))
    clock.advance(timedelta(hours=1))
    report = await report_absence(rita, doctor, 25)
    assert [(offer.slot_id, offer.answer) for _, offer in report.affected] == [(other.id, OfferAnswer.OPEN)]
    assert await holder_of(slots[3]) is None
    assert not await is_free(slots[3])


async def test_a_booking_that_races_a_report_is_refused_or_relieved() -> None:
    _, doctor, slots = await place()
    rivals, rita = await cast.rivals(3), await cast.rita()
    *booked, report = await race(
        *(book(rival, slot) for rival, slot in zip(rivals, slots, strict=False)), report_absence(rita, doctor, 24)
    )
    visits = {one.id for one in booked if isinstance(one, Visit)}
    assert {visit.id for visit, _ in report.affected} == visits
    assert await Slot.filter(starts_at__lt=cast.warsaw(25, 0), visit_id=None, withdrawn_at=None).count() == 0


async def test_reports_that_race_moves_neither_deadlock_nor_lose_a_visit() -> None:
    clinic, doctor, slots = await place()
    other = await cast.doctor(clinic, last_name="Inna")
    more = await cast.morning(TUESDAY, 5, at=clinic, by=other)
    rivals, rita = await cast.rivals(3), await cast.rita()
    visits = [await book(rival, slot) for rival, slot in zip(rivals, slots, strict=False)]
    outcomes = await race(
        report_absence(rita, doctor, 24),
        report_absence(rita, other, 24, 8, 9),
        *(move(rival, visit, slot) for rival, visit, slot in zip(rivals, visits, more, strict=False)),
    )
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds[:2] == ["ReportedAbsence"] * 2
    assert set(kinds[2:]) <= {"Visit", "SlotTaken", "SlotNotBookable"}
    assert await Visit.filter(status=Status.BOOKED).count() == 3


async def test_a_patient_without_an_address_or_out_of_reach_is_called_at_once() -> None:
    clinic, doctor, _ = await place()
    slots = await cast.morning(cast.warsaw(27, 8).date(), 3, at=clinic, by=doctor)
    anna, borys, celina, rita = await cast.anna(), await cast.borys(), await cast.celina(), await cast.rita()
    for account, slot in zip((anna, borys, celina), slots, strict=True):
        await book(account, slot)
    await celina.update_from_dict({"email": None, "email_key": None}).save()
    await report_absence(rita, doctor, 27)
    day = cast.warsaw(27, 8).date()
    assert [(found.visit.patient_id, found.reason) for found in await call_list.list_for_day(clinic.id, day)] == [
        (celina.patient_id, CallReason.NO_EMAIL)
    ]
    await Message.filter(account_id=borys.id, kind=MessageKind.DOCTOR_ABSENT).update(state=MessageState.FAILED)
    whys: dict[UUID | None, CallReason] = {
        call.visit.patient_id: call.reason for call in await call_list.list_for_day(clinic.id, day)
    }
    assert whys == {celina.patient_id: CallReason.NO_EMAIL, borys.patient_id: CallReason.MESSAGE_FAILED}
    await pass_minutes(24 * 60)
    whys = {call.visit.patient_id: call.reason for call in await call_list.list_for_day(clinic.id, day)}
    assert whys.get(anna.patient_id) is CallReason.NOT_ANSWERED
    assert await call_list.list_for_day(clinic.id, TUESDAY) == []
    assert await call_list.list_for_day((await cast.clinic("Inna")).id, day) == []


async def test_an_offer_does_not_end_the_patients_own_hold() -> None:
    _, doctor, slots = await place()
    anna, elsewhere = await cast.anna(), await cast.slot(cast.warsaw(26, 9))
    await book(anna, slots[1])
    await hold(anna, elsewhere)
    await report_absence(await cast.rita(), doctor, 24)
    assert await Slot.filter(held_by_id=anna.patient_id).count() == 2
    await hold(anna, await cast.slot(cast.warsaw(27, 9)))
    assert await holder_of(slots[3]) == anna.patient_id, "nor does another hold end the offer"


async def test_what_lapses_unanswered_goes_to_those_who_wait() -> None:
    clinic, doctor, slots = await place()
    anna, borys = await cast.anna(), await cast.borys()
    await book(anna, slots[1])
    await report_absence(await cast.rita(), doctor, 24, offer_minutes=30)
    await join_waiting_list(borys, clinic)
    await pass_minutes(30)
    assert await holder_of(slots[3]) == borys.patient_id


async def test_when_the_doctor_is_back_the_templates_slots_are_back() -> None:
    clinic = await cast.clinic()
    doctor, rita, anna = await cast.doctor(clinic), await cast.rita(), await cast.anna()
    _, plan = await publish(rita, doctor, clinic, line(2, 8, 10), line(3, 8, 10), valid_until=TUESDAY + DAY)
    visit = await book(anna, plan.fresh[1])
    before = await wall_times()
    report = await report_absence(rita, doctor, 24)
    assert len(await wall_times()) == 5
    back = await absence_ending.end(report.absence.id, by=rita)
    assert back
    assert back.ended_at == clock.now()
    assert await wall_times() == before
    assert (await Slot.get(id=visit.slot_id)).absence_id is None
    assert (await Offer.get()).answer is OfferAnswer.CLOSED
    assert await Absence.list_current(doctor.id) == []


async def test_when_overlapping_absences_end_in_any_order_all_of_the_templates_slots_are_back() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    await publish(rita, doctor, clinic, *(line(day, 8, 10) for day in (2, 3, 4)), valid_until=TUESDAY + 2 * DAY)
    before = await wall_times()
    for order in (1, -1):
        reports = []
        for first in (24, 25):
            begin, end = cast.warsaw(first, 0), cast.warsaw(first + 2, 0)
            reports.append(await absence_rebooking.report(AbsenceNotice(doctor.id, begin, end, "choroba"), by=rita))
            clock.advance(timedelta(minutes=1))
        assert await wall_times() == []
        for report in reports[::order]:
            await absence_ending.end(report.absence.id, by=rita)
            clock.advance(timedelta(minutes=1))
        assert await wall_times() == before


async def test_a_template_changed_during_the_absence_is_the_one_that_holds_after_it() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    schedule, _ = await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    before = await wall_times()
    for minutes in (20, 30):
        clock.advance(timedelta(minutes=1))
        report = await report_absence(rita, doctor, 24) if minutes == 30 else None
        await publish(rita, doctor, clinic, line(2, 8, 10, minutes), schedule_id=schedule.id, valid_until=TUESDAY)
    assert report
    await absence_ending.end(report.absence.id, by=rita)
    assert await wall_times() == before


async def test_a_patient_whose_other_slot_is_withdrawn_too_gets_one_letter_with_the_next() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[1])
    await report_absence(rita, doctor, 24)
    clock.advance(timedelta(hours=1))
    await report_absence(rita, doctor, 25)
    letters = await Message.filter(medium=Medium.EMAIL).order_by("created_at", "id")
    assert [letter.kind for letter in letters] == [
        MessageKind.VISIT_BOOKED,
        MessageKind.DOCTOR_ABSENT,
        MessageKind.DOCTOR_ABSENT,
    ]


async def test_no_template_puts_slots_into_an_absence() -> None:
    clinic = await cast.clinic()
    doctor, rita = await cast.doctor(clinic), await cast.rita()
    await report_absence(rita, doctor, 24, 8, 9)
    await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    assert await wall_times() == ["24.11. 09:00", "24.11. 09:30"]
    assert await Schedule.all().count() == 1


async def test_what_is_wrong_with_a_report_is_named_at_once() -> None:
    rita, somebody = await cast.rita(), await Patient.create(first_name="A", last_name="B", created_at=clock.now())
    notice = AbsenceNotice(somebody.id, cast.MONDAY, cast.MONDAY - DAY, " ", offer_minutes=0)
    with pytest.raises(InvalidInput) as refused:
        await absence_rebooking.report(notice, by=rita)
    assert [flaw.path for flaw in refused.value.flaws] == [("reason",), ("doctorId",), ("until",), ("offerMinutes",)]


async def test_a_patient_without_an_account_is_offered_another_slot_and_called() -> None:
    clinic, doctor, slots = await place()
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), slots[1])
    report = await report_absence(rita, doctor, 24)
    assert [(one.id, offer.slot_id) for one, offer in report.affected] == [(visit.id, slots[3].id)]
    assert await Message.filter(kind=MessageKind.DOCTOR_ABSENT).count() == 0
    [call] = await call_list.list_for_day(clinic.id, TUESDAY)
    assert (call.reason, call.offer and call.offer.slot_id) == (CallReason.NO_EMAIL, slots[3].id)


async def test_two_visits_of_one_patient_are_offered_slots_of_which_both_can_be_accepted() -> None:
    anna, rita, clinic = await cast.anna(), await cast.rita(), await cast.clinic()
    absent = await cast.doctor(clinic)
    visits = [await book(anna, slot) for slot in await cast.morning(TUESDAY, 2, at=clinic, by=absent)]
    for name in ("Pierwsza", "Druga"):  # two colleagues with a slot at the same time
        await cast.slot(cast.warsaw(26, 10), at=clinic, by=await cast.doctor(clinic, last_name=name))
    await cast.slot(cast.warsaw(27, 10), at=clinic, by=await cast.doctor(clinic, last_name="Trzecia"))
    await report_absence(rita, absent, 24)
    offers = await Offer.find_standing(patient_id=anna.patient_id)
    assert {offer.visit_id for offer in offers} == {visit.id for visit in visits}
    for offer in offers:
        await offer_response.accept(offer.id, patient=patient_of(anna), by=anna, channel=Channel.ONLINE)
