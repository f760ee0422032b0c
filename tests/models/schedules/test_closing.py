"""Closing: no new slots or visits at a clinic that closes or with a doctor who retires; visits stay until moved."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from infra import clock, database
from models.accounts.account import Account
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.outbox import Message
from models.refusals.booking import SlotNotBookable, SlotTaken
from models.refusals.refusal import InvalidInput, Refusal
from models.refusals.schedule import ClinicClosed, DoctorRetired
from models.schedules import absence_ending, closing, schedule_change, single_slots
from models.schedules.closing import CLINIC, DOCTOR, Kind
from models.schedules.schedule import Schedule
from models.schedules.schedule_change import ScheduleChange
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.visits import call_list, walk_in
from models.visits.call_list import CallReason
from models.visits.visit import Visit
from models.visits.walk_in import WalkIn
from models.waiting import freed_slots
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import (
    NEXT_MONDAY,
    TUESDAY,
    join_waiting_list,
    line,
    publish,
    report_absence,
    template,
    wall_times,
)
from tests.support.visits import book, cancel, hold, move, patient_of

KINDS = pytest.mark.parametrize("kind", [CLINIC, DOCTOR], ids=["clinic", "doctor"])


class Place:
    """A clinic with a doctor who sees patients on Tuesdays and Thursdays from eight to ten."""

    def __init__(self, clinic: Clinic, doctor: Doctor, schedule: Schedule, by: Account) -> None:
        self.clinic, self.doctor, self.schedule, self.by = clinic, doctor, schedule, by

    def id_of(self, kind: Kind) -> Any:
        return self.clinic.id if kind is CLINIC else self.doctor.id

    async def close(self, kind: Kind, from_: date = NEXT_MONDAY) -> closing.ClosingChanges:
        return (await closing.close(kind, self.id_of(kind), from_, by=self.by))[1]

    async def reopen(self, kind: Kind) -> int:
        return (await closing.reopen(kind, self.id_of(kind), by=self.by))[1]

    async def slot(self, day: int, hour: int, month: int = 12) -> Slot:
        return await Slot.get(starts_at=cast.warsaw(day, hour, month=month), doctor_id=self.doctor.id)


@pytest.fixture
async def place(fresh: None) -> Place:
    adam, clinic = await cast.adam(), await cast.clinic(days_ahead=90)
    doctor = await cast.doctor(clinic)
    until = date(2026, 12, 10)
    schedule, _ = await publish(
        adam, doctor, clinic, line(2, 8, 10, 60), line(4, 8, 10, 60), valid_from=TUESDAY, valid_until=until
    )
    return Place(clinic, doctor, schedule, adam)


@KINDS
async def test_free_slots_go_from_that_day_on_and_booked_visits_stay(place: Place, kind: Kind) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    visit = await book(anna, await place.slot(1, 8))
    await hold(borys, await place.slot(1, 9))
    told = await closing.preview(kind, place.id_of(kind), NEXT_MONDAY)
    assert (await wall_times())[-1] == "10.12. 09:00", "a preview changes nothing"
    done = await place.close(kind)
    for changes in (told, done):
        assert (changes.withdrawn, changes.holds, changes.offers) == (7, 1, 0)
        assert [schedule.id for schedule in changes.schedules] == [place.schedule.id]
        assert changes.visit_count == 1
        assert [found.id for found in await changes.visits.find(None, 10)] == [visit.id]
    assert await wall_times() == ["24.11. 08:00", "24.11. 09:00", "26.11. 08:00", "26.11. 09:00", "01.12. 08:00"]
    assert (await Visit.get()).status == "BOOKED"
    assert await Event.filter(happening=EventType.SLOTS_WITHDRAWN).count() == 1
    assert await AuditEntry.filter(action=kind.closing, subject_id=place.id_of(kind)).count() == 1


@KINDS
async def test_nothing_new_can_be_planned_from_that_day(place: Place, kind: Kind) -> None:
    withdrawn = await place.slot(3, 8)
    await place.close(kind)
    refusal: type[Refusal] = kind.refusal
    anna, wall, days = await cast.anna(), cast.warsaw(1, 12, month=12), {"valid_from": NEXT_MONDAY}
    with pytest.raises(SlotNotBookable) as refused:
        await book(anna, withdrawn)
    assert refused.value.details == {"reason": "CLOSED"}
    with pytest.raises(SlotNotBookable):
        await hold(anna, withdrawn)
    with pytest.raises(refusal):
        await publish(place.by, place.doctor, place.clinic, line(5, 8, 10), **days)
    with pytest.raises(refusal):
        await Schedule.preview(template(place.doctor, place.clinic, line(5, 8, 10), **days))
    with pytest.raises(refusal):
        await schedule_change.make(ScheduleChange(place.schedule.id, NEXT_MONDAY, [line(5, 8, 10)]), by=place.by)
    with pytest.raises(refusal):
        await single_slots.add(place.doctor.id, place.clinic.id, wall, 20, by=place.by)
    with pytest.raises(refusal):
        await join_waiting_list(anna, place.clinic, place.doctor, first_day=NEXT_MONDAY)
    await single_slots.add(place.doctor.id, place.clinic.id, cast.warsaw(27, 12), 20, by=place.by)
    await join_waiting_list(anna, place.clinic, place.doctor, first_day=TUESDAY)
    await book(anna, await place.slot(24, 8, month=11))


@KINDS
async def test_a_visit_that_leaves_a_closed_place_leaves_no_free_slot(place: Place, kind: Kind) -> None:
    anna = await cast.anna()
    visit, other = await book(anna, await place.slot(1, 8)), await book(anna, await place.slot(3, 8))
    await place.close(kind)
    await move(anna, visit, await place.slot(24, 8, month=11))
    await cancel(anna, other)
    assert await wall_times() == ["24.11. 08:00", "24.11. 09:00", "26.11. 08:00", "26.11. 09:00"]


@KINDS
async def test_the_horizon_makes_no_slots_of_a_closed_place(place: Place, kind: Kind) -> None:
    await Schedule.filter(id=place.schedule.id).update(valid_until=None)
    await place.close(kind)
    with clock.pinned(cast.warsaw(25, 9)):
        await Schedule.fill_horizon()
    assert len(await wall_times()) == 4


@KINDS
async def test_a_schedule_that_reaches_beyond_ends_with_the_place(place: Place, kind: Kind) -> None:
    await place.close(kind)
    await publish(place.by, place.doctor, place.clinic, line(5, 8, 10, 60), valid_from=TUESDAY)
    assert await wall_times(starts_at__gte=cast.warsaw(27, 0)) == ["27.11. 08:00", "27.11. 09:00"]


@KINDS
async def test_reopened_it_is_as_it_was(place: Place, kind: Kind) -> None:
    anna, before = await cast.anna(), await wall_times()
    single = await single_slots.add(place.doctor.id, place.clinic.id, cast.warsaw(2, 12, month=12), 20, by=place.by)
    blocked = await place.slot(8, 8)
    await single_slots.block(blocked.id, "remont", by=place.by)
    visit = await book(anna, await place.slot(1, 8))
    await place.close(kind)
    assert await closing.preview_reopening(kind, place.id_of(kind)) == 7
    assert len(await wall_times()) == 5, "a preview changes nothing"
    assert await place.reopen(kind) == 7
    assert await wall_times() == sorted({*before, "02.12. 12:00"} - {"08.12. 08:00"}, key=lambda at: (at[3:5], at))
    assert (await Slot.get(id=single.id)).withdrawn_at is None
    await cancel(anna, visit)
    assert (await place.slot(1, 8)).is_free_for(None)
    assert await place.reopen(kind) == 0
    assert await AuditEntry.filter(action=kind.reopening).count() == 1


async def test_what_is_closed_twice_stays_closed_until_both_are_open(place: Place) -> None:
    await place.close(CLINIC)
    await place.close(DOCTOR)
    assert await place.reopen(CLINIC) == 0
    assert len(await wall_times()) == 4
    assert await place.reopen(DOCTOR) == 8


@KINDS
async def test_an_absence_that_ends_opens_nothing_of_a_closed_place(place: Place, kind: Kind) -> None:
    single = await single_slots.add(place.doctor.id, place.clinic.id, cast.warsaw(27, 12), 20, by=place.by)
    report = await report_absence(place.by, place.doctor, 27)
    await place.close(kind, date(2026, 11, 25))
    await absence_ending.end(report.absence.id, by=place.by)
    assert (await Slot.get(id=single.id)).withdrawn_at
    assert await wall_times() == ["24.11. 08:00", "24.11. 09:00"]


@KINDS
async def test_an_offered_slot_is_withdrawn_and_its_patient_told(place: Place, kind: Kind) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    visit = await book(anna, await place.slot(1, 8))
    await join_waiting_list(borys, place.clinic, first_day=date(2026, 12, 1), last_day=date(2026, 12, 1))
    await cancel(anna, visit)
    await freed_slots.allocate()
    changes = await place.close(kind)
    assert (changes.withdrawn, changes.holds, changes.offers) == (8, 0, 1)
    assert changes.waiting == (1 if kind is CLINIC else 0)
    assert await Message.filter(kind="term_withdrawn", account_id=borys.id).count() == 1


@KINDS
async def test_the_visits_that_remain_are_called_until_they_are_moved(place: Place, kind: Kind) -> None:
    anna = await cast.anna(is_confirmed=True)
    visit = await book(anna, await place.slot(1, 8))
    await Message.all().update(state="sent")
    day = date(2026, 12, 1)
    assert await call_list.list_for_day(None, day) == []
    await place.close(kind)
    [call] = await call_list.list_for_day(None, day)
    assert (call.visit.id, call.reason) == (visit.id, CallReason.PLACE_CLOSED)
    await move(anna, visit, await place.slot(24, 8, month=11))
    await Message.all().update(state="sent")
    assert await call_list.list_for_day(None, day) == await call_list.list_for_day(None, TUESDAY) == []


async def test_a_patient_may_leave_a_closed_place_whatever_its_rules(place: Place) -> None:
    anna = await cast.anna()
    await Clinic.filter(id=place.clinic.id).update(cancel_until_minutes=30 * 24 * 60)
    visit = await book(anna, await place.slot(1, 8))
    await place.close(CLINIC)
    await cancel(anna, visit)


@KINDS
async def test_two_administrators_close_it_once(place: Place, kind: Kind) -> None:
    other = await cast.administrator()
    again = [closing.close(kind, place.id_of(kind), NEXT_MONDAY, by=by) for by in (place.by, other)]
    assert tally(await race(*again)) == {"tuple": 2}
    assert await AuditEntry.filter(action=kind.closing).count() == 1
    with pytest.raises(kind.refusal):
        await place.close(kind, date(2026, 12, 7))
    with pytest.raises(kind.refusal):
        await closing.preview(kind, place.id_of(kind), date(2026, 12, 7))


@KINDS
async def test_who_books_while_it_closes_is_listed_or_refused(place: Place, kind: Kind) -> None:
    people = await cast.rivals(6)
    slots = await Slot.filter(starts_at__gte=cast.warsaw(1, 0, month=12)).order_by("starts_at").limit(6)
    bookings = [Visit.book(slot.id, patient=patient_of(one), by=one) for one, slot in zip(people, slots, strict=True)]
    *booked, closed = await race(*bookings, closing.close(kind, place.id_of(kind), NEXT_MONDAY, by=place.by))
    visits = [found for found in booked if isinstance(found, Visit)]
    assert {type(found) for found in booked} <= {Visit, SlotNotBookable, SlotTaken}
    assert closed[1].visit_count == len(visits) == 8 - closed[1].withdrawn
    assert len(await wall_times()) == 4 + len(visits)


@KINDS
async def test_publishing_during_a_closing_happens_before_it_or_is_refused(place: Place, kind: Kind) -> None:
    days = {"valid_from": NEXT_MONDAY, "valid_until": date(2026, 12, 4)}
    published = publish(place.by, place.doctor, place.clinic, line(5, 8, 10), **days)
    outcome, closed = await race(published, closing.close(kind, place.id_of(kind), NEXT_MONDAY, by=place.by))
    assert isinstance(outcome, tuple | ClinicClosed | DoctorRetired), outcome
    assert isinstance(closed, tuple), closed
    assert len(await wall_times()) == 4


async def test_all_who_change_slots_at_once_wait_for_each_other_in_one_order(place: Place) -> None:
    """None of them is aborted by the database because of a deadlock."""
    anna, other = await cast.anna(), await cast.doctor(place.clinic, last_name="Nowa")
    slot = await place.slot(1, 8)
    outcomes = await race(
        place.close(CLINIC),
        place.close(DOCTOR),
        report_absence(place.by, place.doctor, 26),
        publish(place.by, other, place.clinic, line(4, 8, 10, 20), valid_from=TUESDAY),
        book(anna, slot),
        join_waiting_list(await cast.borys(), place.clinic, first_day=TUESDAY),
        single_slots.add(place.doctor.id, place.clinic.id, cast.warsaw(2, 12, month=12), 20, by=place.by),
    )
    broken = [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, Refusal)]
    assert broken == []
    remaining = await Slot.filter(withdrawn_at=None, starts_at__gte=cast.warsaw(30, 0)).count()
    assert remaining == await Visit.filter(starts_at__gte=cast.warsaw(30, 0)).count()
    again = await race(place.reopen(CLINIC), place.reopen(DOCTOR), place.close(CLINIC))
    assert [each for each in again if isinstance(each, Exception)] == []


async def test_no_doctor_publishes_at_a_clinic_while_it_closes(place: Place) -> None:
    """This is true even of a doctor with no slots there yet: whoever adds slots takes a shared lock on the clinic."""
    other = await cast.doctor(place.clinic, last_name="Nowa")
    added = [
        single_slots.add(other.id, place.clinic.id, cast.warsaw(1, hour, month=12), 20, by=place.by)
        for hour in (12, 13, 14)
    ]
    await race(*added, place.close(CLINIC))
    assert await Slot.filter(withdrawn_at=None, starts_at__gte=cast.warsaw(30, 0)).count() == 0


async def test_the_database_lets_nobody_open_a_slot_of_a_closed_place(place: Place) -> None:
    await place.close(CLINIC)
    with pytest.raises(Exception, match="slot_of_closed_place"):
        await database.fetch("UPDATE slot SET withdrawn_at = NULL WHERE place_closed_at IS NOT NULL")


@KINDS
async def test_days_and_places_that_do_not_exist_are_named(place: Place, kind: Kind) -> None:
    for from_ in (date(2026, 11, 22), date(2036, 1, 1)):
        with pytest.raises(InvalidInput) as refused:
            await place.close(kind, from_)
        assert refused.value.flaws == [(("from",), "OUT_OF_RANGE")]
    for call in (closing.close(kind, uuid4(), TUESDAY, by=place.by), closing.reopen(kind, uuid4(), by=place.by)):
        with pytest.raises(InvalidInput) as refused:
            await call
        assert refused.value.flaws == [((kind.field,), "NOT_AVAILABLE")]


async def test_a_list_for_everybody_leaves_out_what_is_closed_from_that_day(place: Place) -> None:
    await place.close(CLINIC, date(2026, 11, 25))
    await place.close(DOCTOR, date(2026, 11, 25))
    assert await Clinic.list_page(None, None, 9)
    assert await Doctor.list_page(None, None, None, 9)
    with clock.pinned(cast.warsaw(25, 0)):
        assert await Clinic.list_page(None, None, 9) == await Doctor.list_page(None, None, None, 9) == []
        assert len(await Clinic.list_page(None, None, 9, with_closed=True)) == 1
        assert len(await Doctor.list_page(None, None, None, 9, with_retired=True)) == 1


@KINDS
async def test_nobody_was_seen_at_a_closed_place(place: Place, kind: Kind) -> None:
    await place.close(kind, TUESDAY)
    dorota = await cast.dorota(place.by)
    seen = WalkIn(
        "nagły przypadek",
        doctor_id=place.doctor.id,
        clinic_id=place.clinic.id,
        starts_at=cast.warsaw(24, 12),
        minutes=20,
    )
    with clock.pinned(cast.warsaw(25, 9)), pytest.raises(kind.refusal):
        await walk_in.record(seen, patient=dorota, by=place.by)
