"""A template is changed from a given day in one step; earlier days stay unchanged, and common slots are kept."""

from datetime import date, timedelta

import pytest

from infra import clock
from models.accounts.account import Account
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import ScheduleNotFound, SlotsOverlap
from models.schedules import schedule_change
from models.schedules.schedule import Schedule
from models.schedules.schedule_change import ChangedSchedule, ScheduleChange
from models.slots.slot import Slot
from models.values.weekly_template import TemplateLine
from tests import cast
from tests.support.racing import race
from tests.support.schedules import TUESDAY, line, publish, template, wall_times
from tests.support.visits import book, cancel, hold, is_free, move

WEEK = timedelta(days=7)
SECOND, THIRD = TUESDAY + WEEK, TUESDAY + 2 * WEEK


async def a_schedule() -> Schedule:
    """A schedule of three Tuesdays from eight to nine."""
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    schedule, _ = await publish(await cast.rita(), doctor, clinic, line(2, 8, 9), valid_until=THIRD)
    return schedule


async def changed(
    schedule: Schedule, *lines: TemplateLine, from_: date = SECOND, valid_until: date | None = None
) -> ChangedSchedule:
    change = ScheduleChange(schedule.id, from_, list(lines), valid_until)
    return await schedule_change.make(change, by=await rita())


def following(change: ChangedSchedule) -> Schedule:
    assert change.after
    return change.after


async def later_slots(**which: object) -> list[Slot]:
    """The slots after the first Tuesday, ordered by time."""
    return await Slot.filter(starts_at__gt=cast.warsaw(30, 0), **which).order_by("starts_at")


async def rita() -> Account:
    return await Account.get(email="rita@diamed.example")


async def test_the_days_before_stay_and_the_days_after_are_as_the_new_lines_say() -> None:
    schedule = await a_schedule()
    before = {slot.id for slot in await Slot.filter(starts_at__lt=cast.warsaw(25, 0))}
    change = await changed(schedule, line(2, 8, 9), line(3, 10, 11))
    assert await wall_times() == [
        *("24.11. 08:00", "24.11. 08:30"),
        *("01.12. 08:00", "01.12. 08:30", "02.12. 10:00", "02.12. 10:30", "08.12. 08:00", "08.12. 08:30"),
    ]
    assert before == {slot.id for slot in await Slot.filter(starts_at__lt=cast.warsaw(25, 0), withdrawn_at=None)}
    assert (change.before.valid_until, following(change).valid_from) == (SECOND - timedelta(days=1), SECOND)
    assert following(change).valid_until == THIRD, "as before"
    assert len(change.plan.stale) == 0
    assert len(change.plan.fresh) == 2


async def test_slots_that_both_have_keep_their_visits_and_holds_and_become_the_new_schedules() -> None:
    schedule = await a_schedule()
    anna, borys = await cast.anna(), await cast.borys()
    booked, held = (await later_slots())[:2]
    visit = await book(anna, booked)
    await hold(borys, held)
    change = await changed(schedule, line(2, 8, 9))
    assert (await Slot.get(id=booked.id)).visit_id == visit.id
    assert (await Slot.get(id=held.id)).held_by_id == borys.patient_id
    assert {slot.schedule_id for slot in await Slot.filter(id__in=[booked.id, held.id])} == {following(change).id}
    assert change.plan.outside == []


async def test_a_preview_says_what_the_change_does_and_writes_nothing() -> None:
    schedule = await a_schedule()
    visit = await book(await cast.anna(), (await later_slots())[0])
    wanted = ScheduleChange(schedule.id, SECOND, [line(2, 10, 11)])
    plan = await schedule_change.preview(wanted)
    assert (len(plan.fresh), len(plan.stale), [row.id for row in plan.outside]) == (4, 3, [visit.id])
    assert await Schedule.all().count() == 1
    done = (await changed(schedule, line(2, 10, 11))).plan
    assert (len(done.fresh), len(done.stale), [row.id for row in done.outside]) == (4, 3, [visit.id])


async def test_a_repeated_change_has_no_effect_and_other_lines_change_the_later_schedule() -> None:
    schedule = await a_schedule()
    first = await changed(schedule, line(2, 10, 11))
    slots = {slot.id for slot in await Slot.filter(withdrawn_at=None)}
    again = await changed(schedule, line(2, 10, 11))
    assert following(again).id == following(first).id
    assert (again.plan.fresh, again.plan.stale) == ([], [])
    assert slots == {slot.id for slot in await Slot.filter(withdrawn_at=None)}
    other = await changed(schedule, line(2, 12, 13))
    assert following(other).id == following(first).id
    assert await wall_times(starts_at__gt=cast.warsaw(30, 0)) == [
        *("01.12. 12:00", "01.12. 12:30", "08.12. 12:00", "08.12. 12:30")
    ]


async def test_without_lines_it_ends_and_repeated_it_stays_ended() -> None:
    schedule = await a_schedule()
    for _ in range(2):
        change = await changed(schedule)
        assert change.after is None
    assert await wall_times() == ["24.11. 08:00", "24.11. 08:30"]
    assert (await Schedule.get()).valid_until == SECOND - timedelta(days=1)
    await changed(schedule, line(2, 8, 9), valid_until=THIRD)
    assert len(await wall_times()) == 6, "and it can go on after all"


async def test_from_its_first_day_on_it_is_the_same_schedule_in_another_way() -> None:
    schedule = await a_schedule()
    change = await changed(schedule, line(2, 12, 13), from_=TUESDAY)
    assert change.before.id == following(change).id == schedule.id
    assert await wall_times() == [
        f"{day} {hour}" for day in ("24.11.", "01.12.", "08.12.") for hour in ("12:00", "12:30")
    ]


async def test_a_slot_that_the_template_no_longer_has_goes_when_its_visit_leaves_it() -> None:
    schedule = await a_schedule()
    anna, borys = await cast.anna(), await cast.borys()
    one, two = (await later_slots())[:2]
    visits = [await book(anna, one), await book(borys, two)]
    await changed(schedule, line(2, 10, 11))
    free = (
        await Slot.filter(starts_at__gt=cast.warsaw(30, 0), visit_id=None, withdrawn_at=None).order_by("starts_at")
    )[0]
    await cancel(anna, visits[0])
    await move(borys, visits[1], free)
    for slot in (one, two):
        assert (await Slot.get(id=slot.id)).withdrawn_at == clock.now(), "nobody else can have it"


async def test_a_slot_that_comes_back_into_the_template_is_free_when_its_visit_leaves_it() -> None:
    clinic, by, anna = await cast.clinic(), await cast.rita(), await cast.anna()
    doctor = await cast.doctor(clinic)
    schedule, _ = await publish(by, doctor, clinic, line(2, 8, 9), valid_until=TUESDAY)
    [slot, _other] = await Slot.all().order_by("starts_at")
    visit = await book(anna, slot)
    again = {"valid_until": TUESDAY, "schedule_id": schedule.id}
    _, plan = await publish(by, doctor, clinic, line(2, 10, 11), **again)
    assert [row.id for row in plan.outside] == [visit.id]
    assert (await Slot.get(id=slot.id)).is_outside
    await publish(by, doctor, clinic, line(2, 8, 9), **again)
    await cancel(anna, visit)
    assert await is_free(slot)


@pytest.mark.parametrize(
    ("from_", "field"),
    [(date(2026, 11, 22), "from"), (THIRD + timedelta(days=2), "from"), (date(2031, 1, 1), "from")],
)
async def test_a_change_from_an_impossible_day_is_refused(from_: date, field: str) -> None:
    schedule = await a_schedule()
    with pytest.raises(InvalidInput) as refusal:
        await changed(schedule, line(2, 8, 9), from_=from_)
    assert [flaw.path for flaw in refusal.value.flaws] == [(field,)]


async def test_an_unknown_schedule_bad_lines_and_a_doctor_who_is_elsewhere_are_refused_and_change_nothing() -> None:
    schedule = await a_schedule()
    clinic = await cast.clinic("Poradnia okulistyczna")
    doctor = await schedule.doctor
    await doctor.clinics.add(clinic)
    await publish(await rita(), doctor, clinic, line(3, 10, 11), valid_until=THIRD)
    before = await wall_times()
    with pytest.raises(ScheduleNotFound):
        await schedule_change.preview(ScheduleChange(clinic.id, SECOND, []))
    with pytest.raises(InvalidInput):
        await changed(schedule, line(2, 9, 8))
    with pytest.raises(SlotsOverlap):
        await changed(schedule, line(3, 10, 11))
    assert await wall_times() == before
    assert (await Schedule.get(id=schedule.id)).valid_until == THIRD


async def test_changes_that_race_make_one_schedule_that_follows() -> None:
    schedule = await a_schedule()
    await race(*(changed(schedule, line(2, 10, 11)) for _ in range(4)))
    assert await Schedule.filter(replaces_id=schedule.id).count() == 1
    assert await wall_times(starts_at__gt=cast.warsaw(30, 0)) == [
        *("01.12. 10:00", "01.12. 10:30", "08.12. 10:00", "08.12. 10:30")
    ]


async def test_a_change_that_races_a_booking_never_loses_the_visit() -> None:
    schedule = await a_schedule()
    anna = await cast.anna()
    slot = (await later_slots())[0]
    booked, change = await race(book(anna, slot), changed(schedule, line(2, 10, 11)))
    now = await Slot.get(id=slot.id)
    if isinstance(booked, Exception):
        assert now.withdrawn_at
    else:
        assert (now.visit_id, now.is_outside) == (booked.id, True)
        assert [row.id for row in change.plan.outside] == [booked.id]


async def test_the_horizon_of_what_follows_moves_on_and_of_what_ended_does_not() -> None:
    clinic, by = await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    schedule, _ = await Schedule.publish(template(doctor, clinic, line(2, 8, 9)), by=by)
    await changed(schedule, line(2, 10, 11))
    clock.advance(4 * WEEK)
    await Schedule.fill_horizon()
    last = await Slot.filter(withdrawn_at=None).order_by("-starts_at").first()
    assert last
    assert clock.local(last.starts_at).hour == 10
    assert last.starts_at > clock.now() + timedelta(days=80)
