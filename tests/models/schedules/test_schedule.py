"""Schedules: published as slots in local time, changed without losing a visit, filled automatically, never twice."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra import clock
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import SlotsOverlap
from models.schedules.publication import PublicationPlan
from models.schedules.schedule import Schedule
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.visits.visit import Visit
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import TUESDAY, line, publish, template, wall_times
from tests.support.visits import book


async def place() -> tuple[Clinic, Doctor]:
    clinic = await cast.clinic()
    return clinic, await cast.doctor(clinic)


def shown(plan: PublicationPlan) -> tuple[list[Any], list[Any], list[Any]]:
    """A plan in a form that can be compared."""
    return (
        [(slot.starts_at, slot.ends_at) for slot in plan.fresh],
        [slot.id for slot in plan.stale],
        [visit.id for visit in plan.outside],
    )


async def test_a_template_becomes_slots_until_the_horizon() -> None:
    clinic, doctor = await place()
    schedule, plan = await publish(await cast.rita(), doctor, clinic, line(2, 8, 9), line(4, 14, 15, 20))
    found = await wall_times(schedule_id=schedule.id)
    assert found[:5] == ["24.11. 08:00", "24.11. 08:30", "26.11. 14:00", "26.11. 14:20", "26.11. 14:40"]
    assert found[-1] == "18.02. 14:40"
    assert len(plan.fresh) == len(found) == 13 * 2 + 12 * 3  # one Thursday fewer: Christmas Eve is a holiday
    assert schedule.filled_until == clock.today() + timedelta(days=90)


async def test_events_and_the_audit_trail_hold_ids_only() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 9), valid_until=TUESDAY)
    [event] = await Event.all()
    assert (event.happening, event.clinic_id) == (EventType.SLOTS_PUBLISHED, clinic.id)
    assert event.details == {"doctor_id": str(doctor.id), "slot_ids": [str(slot.id) for slot in plan.fresh]}
    [entry] = await AuditEntry.all()
    assert (entry.action, entry.account_id, entry.subject_id) == ("publish_schedule", rita.id, schedule.id)


async def test_large_publications_are_announced_in_parts() -> None:
    clinic, doctor = await place()
    _, plan = await publish(await cast.rita(), doctor, clinic, *(line(day, 8, 18, 10) for day in range(1, 6)))
    parts = [event.details["slot_ids"] for event in await Event.all().order_by("id")]
    assert [id_ for part in parts for id_ in part] == [str(slot.id) for slot in plan.fresh]
    assert max(len(part) for part in parts) == 500


async def test_sundays_and_polish_holidays_are_skipped_unless_said_otherwise() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    daily = [line(day, 8, 9, 60) for day in range(1, 7)]
    christmas = {"valid_from": date(2026, 12, 23), "valid_until": date(2026, 12, 28)}
    schedule, _ = await publish(rita, doctor, clinic, *daily, **christmas)
    assert await wall_times() == ["23.12. 08:00", "28.12. 08:00"]  # the 24th is a holiday, the 27th a Sunday
    more = template(doctor, clinic, *daily, line(7, 8, 9, 60), **christmas, on_sundays=True, on_holidays=True)
    await Schedule.publish(more, schedule.id, by=rita)
    assert await wall_times() == [f"{day}.12. 08:00" for day in range(23, 29)]


async def test_on_both_nights_of_the_switch_slots_are_where_the_wall_clock_says() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    nights = {"on_sundays": True, "on_holidays": True}
    with clock.pinned(cast.warsaw(20, 9, month=10)):
        await publish(
            rita,
            doctor,
            clinic,
            line(7, 0, 5, 60),
            valid_until=date(2026, 10, 25),
            valid_from=date(2026, 10, 25),
            **nights,
        )
    with clock.pinned(cast.MONDAY + timedelta(days=100)):
        spring = date(2027, 3, 28)
        await publish(rita, doctor, clinic, line(7, 0, 5, 60), valid_from=spring, valid_until=spring, **nights)
    expected = ["00:00", "01:00", "03:00", "04:00"]
    assert await wall_times() == [f"25.10. {hour}" for hour in expected] + [f"28.03. {hour}" for hour in expected]
    for slot in await Slot.all():
        assert slot.ends_at - slot.starts_at == timedelta(hours=1)


async def test_only_times_to_come_are_published() -> None:
    clinic, doctor = await place()
    await publish(await cast.rita(), doctor, clinic, line(1, 8, 11, 60), valid_from=date(2026, 11, 2))
    assert (await wall_times())[:2] == ["23.11. 10:00", "30.11. 08:00"]  # it is nine o'clock now


async def test_publishing_twice_has_the_effect_of_publishing_once() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    first, _ = await publish(rita, doctor, clinic, line(2, 8, 9))
    before = await wall_times()
    again, plan = await publish(rita, doctor, clinic, line(2, 8, 9))
    assert again.id == first.id
    assert (plan.fresh, plan.stale, plan.outside) == ([], [], [])
    assert await wall_times() == before


async def test_two_simultaneous_publications_have_the_effect_of_one() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    outcomes = await race(*(publish(rita, doctor, clinic, line(2, 8, 12)) for _ in range(4)))
    assert tally(outcomes) == {"tuple": 4}
    assert await Schedule.all().count() == 1
    assert len(await wall_times()) == 13 * 8


async def test_a_doctor_cannot_be_in_two_clinics_and_the_clash_is_named() -> None:
    here, there = await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor, rita = await cast.doctor(here, there), await cast.rita()
    _, plan = await publish(rita, doctor, here, line(2, 8, 10), valid_until=TUESDAY)
    for attempt in (Schedule.publish, Schedule.preview):
        by: dict[str, Any] = {"by": rita} if attempt == Schedule.publish else {}
        with pytest.raises(SlotsOverlap) as refused:
            await attempt(template(doctor, there, line(2, 9, 12, 20)), **by)
        assert refused.value.details["slot_ids"] == [str(slot.id) for slot in plan.fresh[2:]]
    assert await Schedule.all().count() == 1
    assert len(await wall_times()) == 4


async def test_the_database_refuses_what_goes_around_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots created between planning and writing violate the constraint, and the refusal still names them."""
    clinic, doctor = await place()
    rita = await cast.rita()
    planned = Schedule._plan

    async def and_then_somebody_else(schedule: Schedule) -> PublicationPlan:
        plan = await planned(schedule)
        await cast.slot(cast.warsaw(24, 8, 10), at=clinic, by=doctor)
        return plan

    monkeypatch.setattr(Schedule, "_plan", and_then_somebody_else)
    with pytest.raises(SlotsOverlap) as refused:
        await publish(rita, doctor, clinic, line(2, 8, 10))
    assert len(refused.value.details["slot_ids"]) == 1
    assert await Slot.all().count() == 0, "all of it is undone"


async def test_a_preview_is_what_publishing_then_does_and_writes_nothing() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    schedule, _ = await publish(rita, doctor, clinic, line(2, 8, 10), line(4, 8, 10))
    slots = {f"{clock.local(slot.starts_at):%d %H:%M}": slot for slot in await Slot.all()}
    visit = await book(anna, slots["24 08:30"])
    change = template(doctor, clinic, line(2, 9, 12, 20), line(5, 8, 10))
    before = await wall_times()
    preview = await Schedule.preview(change, schedule.id)
    assert (await wall_times(), (await Schedule.get()).lines) == (before, schedule.lines)
    change = template(doctor, clinic, line(2, 9, 12, 20), line(5, 8, 10))
    _, done = await Schedule.publish(change, schedule.id, by=rita)
    assert shown(done) == shown(preview)
    assert preview.days() == done.days()
    assert preview.days()[:3] == [(TUESDAY, 9, 3), (date(2026, 11, 26), 0, 4), (date(2026, 11, 27), 4, 0)]
    assert [one.id for one in preview.outside] == [visit.id]
    assert {slot.id for slot in await Slot.filter(withdrawn_at=None)} == {
        slot.id for slot in await Slot.filter(id__in=[slot.id for slot in done.fresh])
    } | {visit.slot_id}


async def test_a_booked_visit_outside_stays_booked_and_nothing_is_put_on_top_of_it() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    visit = await book(anna, plan.fresh[1])
    change = template(doctor, clinic, line(2, 8, 10, 20), valid_until=TUESDAY)
    _, done = await Schedule.publish(change, schedule.id, by=rita)
    assert [one.id for one in done.outside] == [visit.id]
    assert await wall_times() == ["24.11. 08:00", "24.11. 08:30", "24.11. 09:00", "24.11. 09:20", "24.11. 09:40"]
    assert (await Visit.get(id=visit.id)).starts_at == cast.warsaw(24, 8, 30)


async def test_slots_that_stay_the_same_keep_their_ids_and_holds() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    change = template(doctor, clinic, line(2, 9, 11), valid_until=TUESDAY)
    await Schedule.publish(change, schedule.id, by=rita)
    there = [slot.id for slot in await Slot.filter(withdrawn_at=None).order_by("starts_at")]
    assert there[:2] == [slot.id for slot in plan.fresh[2:]]
    withdrawn = [event for event in await Event.all() if event.happening is EventType.SLOTS_WITHDRAWN]
    assert [event.details["slot_ids"] for event in withdrawn] == [[str(slot.id) for slot in plan.fresh[:2]]]


async def test_a_booking_that_races_a_change_is_never_lost() -> None:
    """Either the slot was booked first and stays, or it was withdrawn first and is refused."""
    clinic, doctor = await place()
    rita, rivals = await cast.rita(), await cast.rivals(4)
    for day, rival in enumerate(rivals, 24):
        one = date(2026, 11, day)
        lines = {"valid_from": one, "valid_until": one}
        schedule, plan = await publish(rita, doctor, clinic, line(one.isoweekday(), 8, 9), **lines)
        change = template(doctor, clinic, line(one.isoweekday(), 12, 13), **lines)
        booked, published = await race(book(rival, plan.fresh[0]), Schedule.publish(change, schedule.id, by=rita))
        outside = [visit.id for visit in published[1].outside]
        assert outside == ([booked.id] if isinstance(booked, Visit) else [])


async def test_what_is_wrong_with_a_template_is_named_at_once() -> None:
    clinic, doctor = await place()
    elsewhere, rita = await cast.clinic("Poradnia okulistyczna"), await cast.rita()
    wrong = {"valid_from": TUESDAY, "valid_until": TUESDAY - timedelta(days=1)}
    with pytest.raises(InvalidInput) as refused:
        await publish(rita, doctor, elsewhere, line(7, 8, 9), **wrong)
    assert [flaw.path for flaw in refused.value.flaws] == [("lines", "0", "weekday"), ("doctorId",), ("validUntil",)]
    schedule, _ = await publish(rita, doctor, clinic, line(2, 8, 9))
    other = await cast.doctor(clinic, last_name="Nowa")
    with pytest.raises(InvalidInput) as refused:
        await Schedule.publish(template(other, clinic, line(2, 8, 9)), schedule.id, by=rita)
    assert refused.value.flaws == [(("scheduleId",), "NOT_AVAILABLE")]


async def test_the_horizon_moves_on_with_the_days() -> None:
    clinic, doctor = await place()
    schedule, _ = await publish(await cast.rita(), doctor, clinic, line(2, 8, 9))
    assert await Schedule.fill_horizon() == 0
    before = await wall_times()
    with clock.pinned(cast.MONDAY + timedelta(days=14)):
        assert await Schedule.fill_horizon() == 4
        assert await wall_times() == [*before, "23.02. 08:00", "23.02. 08:30", "02.03. 08:00", "02.03. 08:30"]
        assert (await Schedule.get()).filled_until == clock.today() + timedelta(days=90)
        assert await Schedule.fill_horizon() == 0
    assert len(await wall_times(schedule_id=schedule.id)) == 26 + 4


async def test_the_horizon_raced_is_filled_once() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    other = await cast.doctor(clinic, last_name="Nowa")
    for one in (doctor, other):
        await publish(rita, one, clinic, *(line(day, 8, 12) for day in range(1, 6)))
    before = await Slot.all().count()
    with clock.pinned(cast.MONDAY + timedelta(days=7)):
        outcomes = await race(*(Schedule.fill_horizon() for _ in range(5)))
    assert sum(outcomes) == await Slot.all().count() - before == 2 * 5 * 8


async def test_after_a_long_pause_the_horizon_begins_today() -> None:
    clinic, doctor = await place()
    await publish(await cast.rita(), doctor, clinic, line(2, 8, 9))
    with clock.pinned(cast.MONDAY + timedelta(days=200)):
        made = await Schedule.fill_horizon()
        assert made == 26
        assert await Slot.filter(starts_at__gt=clock.now()).count() == 26


async def test_the_horizon_neither_brings_back_what_was_taken_away_nor_stops_at_what_is_in_its_way() -> None:
    clinic, doctor = await place()
    _, plan = await publish(await cast.rita(), doctor, clinic, line(2, 8, 9))
    await Slot.filter(id=plan.fresh[0].id).update(withdrawn_at=clock.now())
    begin = cast.MONDAY + timedelta(days=92, hours=-1)  # eight o'clock on a Tuesday beyond the horizon
    await cast.slot(begin, at=clinic, by=doctor, minutes=10)
    with clock.pinned(cast.MONDAY + timedelta(days=3)):
        assert await Schedule.fill_horizon() == 1
    found = await wall_times()
    assert found[0] == "24.11. 08:30"
    assert found[-2:] == ["23.02. 08:00", "23.02. 08:30"]


async def test_a_template_that_is_over_makes_no_more_slots() -> None:
    clinic, doctor = await place()
    await publish(await cast.rita(), doctor, clinic, line(2, 8, 9), valid_until=date(2027, 2, 23))
    with clock.pinned(cast.MONDAY + timedelta(days=30)):
        assert await Schedule.fill_horizon() == 2
        assert (await wall_times())[-1] == "23.02. 08:30"


async def test_a_schedule_that_cannot_be_filled_keeps_no_other_from_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    first, second = [await cast.doctor(clinic, last_name=name) for name in ("Jedna", "Druga")]
    for doctor in (first, second):
        await publish(rita, doctor, clinic, line(2, 8, 9))
    fill = Schedule._fill

    async def failing(schedule_id: UUID, doctor_id: UUID) -> int:
        if doctor_id == first.id:
            raise OSError
        return await fill(schedule_id, doctor_id)

    monkeypatch.setattr(Schedule, "_fill", failing)
    with clock.pinned(cast.MONDAY + timedelta(days=7)), pytest.raises(ExceptionGroup, match="could not be filled"):
        await Schedule.fill_horizon()
    newest = [(await Slot.filter(doctor_id=doctor.id).order_by("-starts_at").first()) for doctor in (first, second)]
    assert newest[0]
    assert newest[1]
    assert newest[0].starts_at < newest[1].starts_at
