"""Templates in local time: the two nights when the clocks change, breaks, and refused overlaps within a template."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from models.values import hours, weekly_template
from models.values.weekly_template import TemplateLine, find_flaws, find_overlapping, slot_times
from tests import cast
from tests.support.schedules import line

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def begins(day: date, *lines: TemplateLine) -> list[str]:
    return [f"{begin.astimezone(cast.WARSAW):%H:%M}" for begin, _ in slot_times(list(lines), day, cast.WARSAW)]


def test_a_day_is_cut_into_slots_and_none_reaches_beyond_its_end() -> None:
    assert begins(date(2026, 11, 24), TemplateLine(2, 8 * 60, 9 * 60 + 50, 30)) == ["08:00", "08:30", "09:00"]


def test_another_weekday_has_none() -> None:
    assert begins(date(2026, 11, 25), line(2, 8, 10)) == []


def test_the_next_slot_begins_at_the_end_of_a_break() -> None:
    pauses = ((8 * 60 + 45, 9 * 60 + 5), (9 * 60 + 35, 9 * 60 + 40))
    assert begins(date(2026, 11, 24), TemplateLine(2, 8 * 60, 10 * 60 + 15, 30, pauses)) == ["08:00", "09:05", "09:40"]


def test_the_end_of_the_day_is_midnight() -> None:
    assert begins(date(2026, 11, 24), line(2, 23, 24)) == ["23:00", "23:30"]


@pytest.mark.parametrize("night", [SPRING, AUTUMN, date(2026, 11, 24)])
def test_no_slot_touches_the_hour_that_a_switch_of_clocks_skips_or_repeats(night: date) -> None:
    all_night = TemplateLine(night.isoweekday(), 0, 5 * 60, 40)
    assert begins(night, all_night) == ["00:00", "00:40", "01:20", "03:00", "03:40", "04:20"]


@pytest.mark.parametrize("minutes", [20, 30, 40, 60])
@pytest.mark.parametrize(
    ("zone", "night"),
    [
        *(("Europe/London", date(2027, 3, 28)), ("Europe/London", date(2026, 10, 25))),
        *(("Europe/Kyiv", date(2027, 3, 28)), ("Europe/Kyiv", date(2026, 10, 25))),
        *(("Atlantic/Azores", date(2027, 3, 28)), ("Atlantic/Azores", date(2026, 10, 25))),
        *(("Australia/Lord_Howe", date(2026, 10, 4)), ("Australia/Lord_Howe", date(2027, 4, 4))),  # half an hour
    ],
)
def test_the_clocks_of_other_countries_show_every_slot_once(zone: str, night: date, minutes: int) -> None:
    clocks = ZoneInfo(zone)
    found = sorted(slot_times([TemplateLine(night.isoweekday(), 0, hours.DAY, minutes)], night, clocks))
    assert len(found) > 20 * 60 / minutes
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    for begin, end in found:
        assert end - begin == timedelta(minutes=minutes)
        assert hours.find_wall_clock_problem(begin.astimezone(clocks).replace(tzinfo=None), clocks) is None


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_on_a_night_of_the_switch_every_slot_lasts_its_minutes_and_none_overlaps(night: date) -> None:
    all_day = TemplateLine(night.isoweekday(), 0, hours.DAY, 20)
    found = sorted(slot_times([all_day], night, cast.WARSAW))
    assert len(found) == 23 * 3
    assert all(end - begin == timedelta(minutes=20) for begin, end in found)
    assert all(one[1] <= two[0] for one, two in pairwise(found))


def test_the_same_wall_time_is_another_instant_in_summer() -> None:
    monday = line(1, 9, 10)
    [winter, *_] = slot_times([monday], date(2027, 3, 22), cast.WARSAW)
    [summer, *_] = slot_times([monday], date(2027, 3, 29), cast.WARSAW)
    assert (winter[0], summer[0]) == (datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 3, 29, 7, tzinfo=UTC))


def test_every_flaw_of_a_template_is_named_at_once() -> None:
    lines = [
        TemplateLine(1, 600, 600, 30),
        TemplateLine(2, 480, 600, 4),
        TemplateLine(3, 480, 600, 30, ((400, 500),)),
        TemplateLine(7, 480, 600, 30),
        TemplateLine(4, 480, 600, 30),
        TemplateLine(4, 540, 700, 30),
    ]
    assert [flaw.path for flaw in find_flaws(lines, on_sundays=False)] == [
        ("lines", "0", "until"),
        ("lines", "1", "slotMinutes"),
        ("lines", "2", "breaks", "0"),
        ("lines", "3", "weekday"),
        ("lines", "5", "from"),
    ]
    assert [flaw.path for flaw in find_flaws([], on_sundays=False)] == [("lines",)]
    assert [flaw.code for flaw in find_flaws([line(1, 8, 9)] * (weekly_template.MAX_LINES + 1), on_sundays=False)] == [
        "TOO_LONG"
    ]
    assert not list(find_flaws([line(7, 8, 10), line(6, 8, 10), line(6, 10, 12)], on_sundays=True))


def test_what_clashes_is_found_whatever_the_lengths() -> None:
    def at(*pairs: tuple[int, int]) -> list[weekly_template.SlotTime]:
        begin = cast.MONDAY
        return [(begin + timedelta(minutes=one), begin + timedelta(minutes=two)) for one, two in pairs]

    ours = at((0, 10), (10, 20), (20, 60), (60, 70))
    assert find_overlapping(ours, at((10, 20))) == {ours[1]}
    assert find_overlapping(ours, at((5, 15), (55, 61))) == {*ours}
    assert find_overlapping(ours, at((70, 80))) == set()
    assert find_overlapping(ours, at((25, 30), (30, 35), (65, 90))) == {ours[2], ours[3]}


def test_a_thinking_time_counts_only_while_registration_is_open() -> None:
    def ends(moment: datetime, minutes: int) -> datetime:
        return hours.add_service_minutes(moment, minutes)

    assert ends(cast.warsaw(23, 9), 60) == cast.warsaw(23, 10)
    assert ends(cast.warsaw(23, 21, 30), 60) == cast.warsaw(24, 7, 30)
    assert ends(cast.warsaw(23, 23), 60) == cast.warsaw(24, 8)
    assert ends(cast.warsaw(23, 9), 15 * 60 * 2) == cast.warsaw(25, 9)
    assert ends(cast.warsaw(24, 21, 30, month=10), 60) == cast.warsaw(25, 7, 30, month=10), "the night of 25 hours"


def test_where_registration_is_always_open_minutes_are_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.SERVICE_OPENS", 0)
    monkeypatch.setattr("settings.SERVICE_CLOSES", hours.DAY)
    assert hours.add_service_minutes(cast.warsaw(23, 23, 30), 90) == cast.warsaw(24, 1)
