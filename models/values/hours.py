"""Pure functions about time: when e-registration is open and when a reminder may be sent."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import settings

REMINDER_HOUR = 12 * 60  # noon of the day before
REMINDERS_FROM, REMINDERS_UNTIL = 9 * 60, 20 * 60
REMINDER_LEAD = timedelta(hours=3)  # at least this long before the visit: a later reminder helps nobody
DAY = 24 * 60


def to_utc(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time that is given in minutes since midnight; 1440 is the end of the day."""
    if minutes == DAY:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The start and end of a local day, which has 23 or 25 hours when the clocks change."""
    return to_utc(day, 0, settings.TIME_ZONE), to_utc(day, DAY, settings.TIME_ZONE)


def find_wall_clock_problem(wall: datetime, zone: ZoneInfo) -> str | None:
    """TIME_MISSING for a wall time that the clocks skip, TIME_AMBIGUOUS for one that they show twice."""
    earlier, later = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return None
    is_shown = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
    return "TIME_AMBIGUOUS" if is_shown else "TIME_MISSING"


def to_minutes(wall: time) -> int:
    """Minutes since midnight."""
    return wall.hour * 60 + wall.minute


def has_seconds(wall: time) -> bool:
    return bool(wall.second or wall.microsecond)


def to_wall_time(minutes: int) -> time:
    """The wall time; the end of the day becomes 00:00."""
    return time(minutes // 60 % 24, minutes % 60)


def minute_of_day(moment: datetime, zone: ZoneInfo) -> int:
    return to_minutes(moment.astimezone(zone).time())


def is_always_open() -> bool:
    return settings.SERVICE_CLOSES - settings.SERVICE_OPENS == DAY


def is_open(moment: datetime) -> bool:
    """Whether e-registration is open by the wall clock: 07:00:00 is included, 22:00:00 is not."""
    return settings.SERVICE_OPENS <= minute_of_day(moment, settings.TIME_ZONE) < settings.SERVICE_CLOSES


def next_opening(moment: datetime) -> datetime:
    return _next(moment, settings.SERVICE_OPENS)


def next_closing(moment: datetime) -> datetime:
    return _next(moment, settings.SERVICE_CLOSES)


def add_service_minutes(moment: datetime, minutes: int) -> datetime:
    """The moment when `minutes` of service hours will have passed since `moment`; nights do not count."""
    left = timedelta(minutes=minutes)
    if is_always_open():
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
    while (instant := to_utc(day, minutes, settings.TIME_ZONE)) <= moment:
        day += timedelta(days=1)
    return instant


def reminder_opens_at(starts_at: datetime) -> datetime:
    """The first time for a visit's reminder: noon of the previous local day, even if the clocks change in between."""
    day_before = starts_at.astimezone(settings.TIME_ZONE).date() - timedelta(days=1)
    return to_utc(day_before, REMINDER_HOUR, settings.TIME_ZONE)


def is_texting_time(moment: datetime) -> bool:
    """Whether texts may be sent at this hour; never at night."""
    return REMINDERS_FROM <= minute_of_day(moment, settings.TIME_ZONE) < REMINDERS_UNTIL


def next_texting_time(moment: datetime) -> datetime:
    return _next(moment, REMINDERS_FROM)


def is_reminder_time(starts_at: datetime, moment: datetime) -> bool:
    return reminder_opens_at(starts_at) <= moment <= starts_at - REMINDER_LEAD and is_texting_time(moment)


def next_reminder_time(starts_at: datetime, moment: datetime) -> datetime | None:
    """The first time from `moment` on when a reminder may be sent; None when it is too late."""
    moment = max(moment, reminder_opens_at(starts_at))
    if not is_texting_time(moment):
        moment = _next(moment, REMINDERS_FROM)
    return moment if moment <= starts_at - REMINDER_LEAD else None
