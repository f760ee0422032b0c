"""The doctor is back: everybody who was notified is told, and only slots that a colleague has closed stay closed."""

from datetime import timedelta

import pytest

from infra import clock
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.outbox import Medium, Message, MessageKind
from models.schedules import absence_ending, absence_rebooking, single_slots
from models.schedules.absence_rebooking import AbsenceNotice
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.actor import Actor
from models.values.visit_status import Channel
from models.visits import attendance, call_list, offer_response
from models.visits.attendance import CallReport
from models.visits.call_list import CallReason
from tests import cast
from tests.support.racing import race
from tests.support.schedules import TUESDAY, line, publish, report_absence, the_offer, wall_times
from tests.support.visits import book, book_for, cancel, move, patient_of

DAY = timedelta(days=1)
TAKES_PLACE = MessageKind.VISIT_TAKES_PLACE


async def place() -> tuple[Clinic, Doctor, list[Slot]]:
    """A clinic with a doctor who has two single slots on Tuesday and two on Wednesday."""
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    days = [await cast.morning(TUESDAY + n * DAY, 2, at=clinic, by=doctor) for n in (0, 1)]
    return clinic, doctor, days[0] + days[1]


async def test_who_was_notified_of_the_absence_is_notified_of_its_end_by_letter_and_text() -> None:
    _, doctor, slots = await place()
    anna, borys, rita = await cast.anna(), await cast.borys(sms_reminders=False), await cast.rita()
    visits = [await book(anna, slots[0]), await book(borys, slots[1])]
    report = await report_absence(rita, doctor, 24)
    await absence_ending.end(report.absence.id, by=rita)
    told = await Message.filter(kind=TAKES_PLACE).order_by("to")
    assert [(message.to, message.medium, message.visit_id) for message in told] == [
        ("+48501234567", Medium.SMS, visits[0].id),
        ("anna@example.pl", Medium.EMAIL, visits[0].id),
        ("borys@example.pl", Medium.EMAIL, visits[1].id),
    ]
    assert told[1].details["visit"]["starts_at"] == slots[0].starts_at.isoformat()
    noted = await AuditEntry.filter(action="visit_takes_place").order_by("patient_id")
    assert {entry.patient_id for entry in noted} == {anna.patient_id, borys.patient_id}


async def test_who_has_declined_an_offer_is_notified_too_and_who_has_moved_is_not() -> None:
    _, doctor, slots = await place()
    anna, borys, rita = await cast.anna(sms_reminders=False), await cast.borys(sms_reminders=False), await cast.rita()
    await book(anna, slots[0])
    visit = await book(borys, slots[1])
    report = await report_absence(rita, doctor, 24)
    await offer_response.decline((await the_offer(anna)).id, patient=patient_of(anna), by=anna)
    await move(borys, visit, await cast.slot(cast.warsaw(26, 9), at=await visit.clinic, by=doctor))
    await absence_ending.end(report.absence.id, by=rita)
    assert [message.to for message in await Message.filter(kind=TAKES_PLACE)] == ["anna@example.pl"]


async def test_a_patient_without_an_address_is_on_the_call_list_again_until_called() -> None:
    _, doctor, slots = await place()
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    visit = await book_for(rita, dorota, slots[0])
    report = await report_absence(rita, doctor, 24)
    clock.advance(timedelta(minutes=1))
    phone = Actor(rita, Channel.PHONE)
    await attendance.record_call(visit.id, CallReport(note="odwołana"), patient=dorota, actor=phone)
    assert await call_list.list_for_day(None, TUESDAY) == []
    clock.advance(timedelta(minutes=1))
    await absence_ending.end(report.absence.id, by=rita)
    assert [call.reason for call in await call_list.list_for_day(None, TUESDAY)] == [CallReason.TAKES_PLACE]
    clock.advance(timedelta(minutes=1))
    await attendance.record_call(visit.id, CallReport(note="jednak się odbędzie"), patient=dorota, actor=phone)
    assert await call_list.list_for_day(None, TUESDAY) == []


async def test_nobody_is_notified_while_another_absence_covers_the_visit() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[0])
    first = await report_absence(rita, doctor, 24)
    second = await absence_rebooking.report(
        AbsenceNotice(doctor.id, cast.warsaw(24, 7), cast.warsaw(24, 9), "szkolenie"), by=rita
    )
    await absence_ending.end(first.absence.id, by=rita)
    assert await Message.filter(kind=TAKES_PLACE).count() == 0
    assert (await Slot.get(id=slots[0].id)).absence_id == second.absence.id
    await absence_ending.end(second.absence.id, by=rita)
    assert await Message.filter(kind=TAKES_PLACE, medium=Medium.EMAIL).count() == 1


async def test_ended_twice_or_by_two_at_once_nobody_is_notified_twice() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    await book(anna, slots[0])
    report = await report_absence(rita, doctor, 24)
    await race(*(absence_ending.end(report.absence.id, by=rita) for _ in range(4)))
    await absence_ending.end(report.absence.id, by=rita)
    assert await Message.filter(kind=TAKES_PLACE, medium=Medium.EMAIL).count() == 1


async def test_an_end_that_races_a_cancellation_and_a_move_notifies_only_of_what_stays() -> None:
    _, doctor, slots = await place()
    anna, borys, rita = await cast.anna(), await cast.borys(), await cast.rita()
    visits = [await book(anna, slots[0]), await book(borys, slots[1])]
    report = await report_absence(rita, doctor, 24)
    await race(
        cancel(anna, visits[0]), move(borys, visits[1], slots[3]), absence_ending.end(report.absence.id, by=rita)
    )
    for message in await Message.filter(kind=TAKES_PLACE):
        assert message.details["visit"]["sequence"] == 0, "written before the visit was moved or cancelled"


async def test_single_slots_come_back_and_those_withdrawn_by_hand_do_not() -> None:
    clinic, doctor, slots = await place()
    rita, anna = await cast.rita(), await cast.anna()
    visit = await book(anna, slots[0])
    await single_slots.withdraw([slots[1].id], by=rita)
    report = await report_absence(rita, doctor, 24, 0, 24)
    await cancel(anna, visit)  # because of the absence, her slot is withdrawn at once
    await absence_ending.end(report.absence.id, by=rita)
    assert await wall_times(clinic_id=clinic.id) == ["24.11. 08:00", "25.11. 08:00", "25.11. 08:20"]
    assert not (await Slot.get(id=slots[0].id)).withdrawn_at, "the same slot, by the same id"
    published = [event.details["slot_ids"] for event in await Event.filter(happening=EventType.SLOTS_PUBLISHED)]
    assert published == [[str(slots[0].id)]]


async def test_slots_of_a_template_withdrawn_by_hand_stay_so_after_an_absence_until_it_is_published_again() -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    lines = line(2, 8, 10)
    schedule, _ = await publish(rita, doctor, clinic, lines, valid_until=TUESDAY)
    await single_slots.withdraw([(await Slot.get(starts_at=cast.warsaw(24, 8, 30))).id], by=rita)
    report = await report_absence(rita, doctor, 24)
    assert await wall_times() == []
    await absence_ending.end(report.absence.id, by=rita)
    assert await wall_times() == ["24.11. 08:00", "24.11. 09:00", "24.11. 09:30"]
    await publish(rita, doctor, clinic, lines, valid_until=TUESDAY, schedule_id=schedule.id)
    assert await wall_times() == ["24.11. 08:00", "24.11. 08:30", "24.11. 09:00", "24.11. 09:30"]
    second = await report_absence(rita, doctor, 24)
    await absence_ending.end(second.absence.id, by=rita)
    assert await wall_times() == ["24.11. 08:00", "24.11. 08:30", "24.11. 09:00", "24.11. 09:30"], "also after another"


async def test_what_is_withdrawn_or_blocked_by_hand_during_an_absence_stays_so_too() -> None:
    clinic, doctor, slots = await place()
    rita = await cast.rita()
    report = await report_absence(rita, doctor, 24)
    assert await single_slots.withdraw([slots[0].id], by=rita) == 0, "withdrawn already"
    await single_slots.block(slots[1].id, "szkolenie", by=rita)
    await absence_ending.end(report.absence.id, by=rita)
    assert await wall_times(clinic_id=clinic.id) == ["25.11. 08:00", "25.11. 08:20"]


async def test_a_preview_says_what_the_report_does_and_writes_nothing() -> None:
    _, doctor, slots = await place()
    anna, rita = await cast.anna(), await cast.rita()
    visit = await book(anna, slots[1])
    notice = AbsenceNotice(doctor.id, cast.warsaw(24, 0), cast.warsaw(25, 0), "choroba")
    seen = await absence_rebooking.preview(notice)
    assert (seen.withdrawn, [row.id for row in seen.visits]) == (1, [visit.id])
    assert await Message.filter(kind=MessageKind.DOCTOR_ABSENT).count() == 0
    assert await Slot.filter(withdrawn_at=None).count() == len(slots)
    report = await absence_rebooking.report(notice, by=rita)
    assert (report.withdrawn, [row.id for row, _ in report.affected]) == (seen.withdrawn, [visit.id])


@pytest.mark.parametrize("hours", [(7, 8), (9, 24)])
async def test_a_preview_beside_the_slots_finds_nothing(hours: tuple[int, int]) -> None:
    _, doctor, slots = await place()
    await book(await cast.anna(), slots[1])
    begin, end = cast.warsaw(24, hours[0]), cast.warsaw(24, hours[1] - 1, 59)
    seen = await absence_rebooking.preview(AbsenceNotice(doctor.id, begin, end, "choroba"))
    assert (seen.withdrawn, seen.visits) == (0, [])
