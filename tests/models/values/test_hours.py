"""Hours: e-registration is open from 07:00 until just before 22:00, local time, even when the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from infra import clock
from models.values import hours
from tests.cast import WARSAW

DST_DAYS = [date(2026, 10, 25), date(2027, 3, 28)]
DAYS = [date(2026, 11, 23), date(2026, 7, 1), date(2026, 12, 25), *DST_DAYS]
MOMENT = timedelta(microseconds=1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have no zone


def wall(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=WARSAW)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    ("time", "is_open"),
    [
        ((0, 0, 0), False),
        ((6, 59, 59), False),
        ((7, 0, 0), True),
        ((14, 30, 0), True),
        ((21, 59, 59), True),
        ((22, 0, 0), False),
        ((23, 59, 59), False),
        ((2, 30, 0), False),
    ],
)
def test_it_is_open_from_seven_to_ten(day: date, time: tuple[int, int, int], is_open: bool) -> None:
    assert hours.is_open(wall(day, *time)) is is_open
    assert hours.is_open(wall(day, *time).astimezone(UTC)) is is_open


@pytest.mark.parametrize("day", DAYS)
def test_the_edges_are_exact_to_the_microsecond_and_a_day_is_fifteen_hours(day: date) -> None:
    opens, closes = wall(day, 7).astimezone(UTC), wall(day, 22).astimezone(UTC)
    assert [hours.is_open(at) for at in (opens - MOMENT, opens, closes - MOMENT, closes)] == [False, True, True, False]
    assert closes - opens == timedelta(hours=15)


@pytest.mark.parametrize("day", DAYS)
def test_the_next_opening_and_closing_are_strictly_later(day: date) -> None:
    tomorrow = day + timedelta(days=1)
    assert hours.next_opening(wall(day, 6, 59, 59)) == wall(day, 7)
    assert hours.next_opening(wall(day, 7)) == wall(tomorrow, 7)
    assert hours.next_opening(wall(day, 22)) == wall(tomorrow, 7)
    assert hours.next_closing(wall(day, 21, 59, 59)) == wall(day, 22)
    assert hours.next_closing(wall(day, 22)) == wall(tomorrow, 22)


@pytest.mark.parametrize(("day", "gap"), [(date(2026, 10, 24), 10), (date(2027, 3, 27), 8), (date(2026, 11, 22), 9)])
def test_the_night_is_as_long_as_the_clocks_make_it(day: date, gap: int) -> None:
    closes = wall(day, 22).astimezone(UTC)
    assert hours.next_opening(closes) - closes == timedelta(hours=gap)


@given(moment=moments)
def test_it_is_open_exactly_when_it_closes_before_it_opens(moment: datetime) -> None:
    opening, closing = hours.next_opening(moment), hours.next_closing(moment)
    assert opening > moment
    assert closing > moment
    assert hours.is_open(moment) is (closing < opening)
    assert hours.is_open(opening)
    assert not hours.is_open(opening - MOMENT)
    assert hours.is_open(closing - MOMENT)
    assert not hours.is_open(closing)
    assert max(opening, closing) - moment <= timedelta(hours=25)


@pytest.mark.parametrize("day", DAYS)
def test_it_can_be_set_to_be_always_open(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICE_OPENS", 0)
    monkeypatch.setattr(settings, "SERVICE_CLOSES", 24 * 60)
    assert hours.is_always_open()
    midnight = wall(day, 0).astimezone(UTC)
    assert all(hours.is_open(midnight + timedelta(minutes=15 * n)) for n in range(25 * 4))
    assert hours.next_opening(midnight) == wall(day + timedelta(days=1), 0)


def test_other_hours_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICE_OPENS", 8 * 60 + 30)
    monkeypatch.setattr(settings, "SERVICE_CLOSES", 24 * 60)
    day = date(2026, 11, 23)
    assert not hours.is_always_open()
    assert [hours.is_open(wall(day, *at)) for at in ((8, 29), (8, 30), (23, 59), (0, 0))] == [False, True, True, False]
    assert hours.next_closing(wall(day, 9)) == wall(date(2026, 11, 24), 0)


@pytest.mark.parametrize("minutes", [0, 7 * 60, 22 * 60, 24 * 60])
@pytest.mark.parametrize("day", DAYS)
def test_a_wall_time_is_the_same_on_every_clock(day: date, minutes: int) -> None:
    instant = hours.to_utc(day, minutes, WARSAW)
    assert instant.tzinfo is UTC
    assert hours.minute_of_day(instant, WARSAW) == minutes % hours.DAY
    assert instant.astimezone(WARSAW).date() == day + timedelta(days=minutes // hours.DAY)


@pytest.mark.parametrize(
    ("visit", "reminder"),
    [
        ((2026, 11, 24, 14, 30), (2026, 11, 23, 12)),
        ((2026, 10, 25, 8, 0), (2026, 10, 24, 12)),
        ((2026, 10, 26, 0, 30), (2026, 10, 25, 12)),
        ((2027, 3, 28, 8, 0), (2027, 3, 27, 12)),
        ((2027, 3, 29, 8, 0), (2027, 3, 28, 12)),
        ((2027, 1, 1, 8, 0), (2026, 12, 31, 12)),
    ],
)
def test_a_reminder_is_due_at_noon_of_the_local_day_before(visit: tuple[int, ...], reminder: tuple[int, ...]) -> None:
    year, month, day, hour, minute = visit
    starts_at = datetime(year, month, day, hour, minute, tzinfo=WARSAW)
    due = datetime(*reminder, tzinfo=WARSAW)  # type: ignore[misc,arg-type]  # five numbers
    assert hours.reminder_opens_at(starts_at.astimezone(UTC)) == due
    assert not hours.is_reminder_time(starts_at, due - MOMENT)
    assert hours.is_reminder_time(starts_at, due)


@pytest.mark.parametrize("day", DAYS)
def test_texts_are_sent_between_nine_and_twenty(day: date) -> None:
    edges = [wall(day, 9) - MOMENT, wall(day, 9), wall(day, 20) - MOMENT, wall(day, 20)]
    assert [hours.is_texting_time(at.astimezone(UTC)) for at in edges] == [False, True, True, False]


def test_a_reminder_comes_three_hours_before_or_not_at_all() -> None:
    starts_at = wall(date(2026, 11, 24), 14, 30)
    assert hours.is_reminder_time(starts_at, starts_at - timedelta(hours=3))
    assert not hours.is_reminder_time(starts_at, starts_at - timedelta(hours=3) + MOMENT)
    assert not hours.is_reminder_time(starts_at, starts_at + timedelta(days=1))


@given(starts_at=moments, moment=moments)
def test_the_next_reminding_is_the_first_moment_at_which_it_may_be_done(starts_at: datetime, moment: datetime) -> None:
    found = hours.next_reminder_time(starts_at, moment)
    if hours.is_reminder_time(starts_at, moment):
        assert found == moment
    elif found is not None:
        assert found > moment
        assert hours.is_reminder_time(starts_at, found)
        assert not hours.is_reminder_time(starts_at, found - MOMENT)
    else:
        candidates = [moment + timedelta(minutes=30 * n) for n in range(100)]
        assert not any(hours.is_reminder_time(starts_at, at) for at in candidates)


def test_the_clock_stops_where_it_is_pinned_and_only_there() -> None:
    moment = wall(date(2026, 11, 23), 9)
    with clock.pinned(moment):
        assert clock.now() == moment
        assert clock.now().tzinfo is UTC
        clock.advance(timedelta(hours=15))
        assert clock.today() == date(2026, 11, 24)
        assert clock.local(clock.now()).hour == 0
        with clock.pinned(wall(DAYS[1], 9)):
            assert clock.today() == DAYS[1]
        assert clock.now() == moment + timedelta(hours=15)
