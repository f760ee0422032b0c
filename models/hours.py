"""Pure rules of time: when e-registration is open, and when a reminder may be sent."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import settings

REMINDER_HOUR = 12 * 60  # noon of the day before
REMINDERS_FROM, REMINDERS_UNTIL = 9 * 60, 20 * 60
REMINDER_LEAD = timedelta(hours=3)  # nearer to the visit a reminder helps nobody
DAY = 24 * 60


def at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time, given as minutes since midnight (1440: the end of the day)."""
    if minutes == DAY:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def minutes_of(wall: time) -> int:
    """Since midnight."""
    return wall.hour * 60 + wall.minute


def wall_time(minutes: int) -> time:
    """The end of the day is shown as its begin."""
    return time(minutes // 60 % 24, minutes % 60)


def minute_of_day(moment: datetime, zone: ZoneInfo) -> int:
    return minutes_of(moment.astimezone(zone).time())


def always_open() -> bool:
    return settings.SERVICE_CLOSES - settings.SERVICE_OPENS == DAY


def is_open(moment: datetime) -> bool:
    """Wall time decides, half-open: 07:00:00 is open, 22:00:00 is closed."""
    return settings.SERVICE_OPENS <= minute_of_day(moment, settings.TIME_ZONE) < settings.SERVICE_CLOSES


def next_opening(moment: datetime) -> datetime:
    return _next(moment, settings.SERVICE_OPENS)


def next_closing(moment: datetime) -> datetime:
    return _next(moment, settings.SERVICE_CLOSES)


def service_ends(moment: datetime, minutes: int) -> datetime:
    """When so many minutes of open e-registration have passed since `moment`: nobody's time runs out at night."""
    left = timedelta(minutes=minutes)
    if always_open():
        return moment + left
    if not is_open(moment):
        moment = next_opening(moment)
    while moment + left > (closing := next_closing(moment)):
        left -= closing - moment
        moment = next_opening(closing)
    return moment + left


def _next(moment: datetime, minutes: int) -> datetime:
    """The first instant after `moment` at which the clinic's wall clock shows `minutes`."""
    day = moment.astimezone(settings.TIME_ZONE).date() - timedelta(days=1)
    while (instant := at(day, minutes, settings.TIME_ZONE)) <= moment:
        day += timedelta(days=1)
    return instant


def reminder_from(starts_at: datetime) -> datetime:
    """From when on a visit may be reminded of: noon of the local day before it, never `- 24 h`."""
    day_before = starts_at.astimezone(settings.TIME_ZONE).date() - timedelta(days=1)
    return at(day_before, REMINDER_HOUR, settings.TIME_ZONE)


def may_text(moment: datetime) -> bool:
    """Whether texts may be sent at this hour: nobody's telephone rings at night."""
    return REMINDERS_FROM <= minute_of_day(moment, settings.TIME_ZONE) < REMINDERS_UNTIL


def next_texting(moment: datetime) -> datetime:
    return _next(moment, REMINDERS_FROM)


def may_remind(starts_at: datetime, moment: datetime) -> bool:
    return reminder_from(starts_at) <= moment <= starts_at - REMINDER_LEAD and may_text(moment)


def next_reminding(starts_at: datetime, moment: datetime) -> datetime | None:
    """When, from `moment` on, a visit may next be reminded of; None when it is too late for that."""
    moment = max(moment, reminder_from(starts_at))
    if not may_text(moment):
        moment = _next(moment, REMINDERS_FROM)
    return moment if moment <= starts_at - REMINDER_LEAD else None
