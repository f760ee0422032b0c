"""Weekly template: its lines and the slot times that they produce on a day; pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from models.refusals.refusal import Flaw
from models.values import hours

NIGHT_FROM, NIGHT_UNTIL = 2 * 60, 3 * 60  # the hour that a clock change skips or repeats
SHORTEST, LONGEST = 5, 240
MAX_LINES = 60

SlotTime = tuple[datetime, datetime]


@dataclass(frozen=True)
class TemplateLine:
    """A period on a weekday (Monday is 1), in minutes since local midnight, divided into slots between breaks.

    `uneven`: paths of the wall times given with seconds, which slot times cannot have.
    """

    weekday: int
    from_: int
    until: int
    minutes: int
    breaks: tuple[tuple[int, int], ...] = ()
    uneven: tuple[tuple[str, ...], ...] = field(default=(), compare=False)

    def starts(self) -> Iterator[int]:
        """The slots' start times: after a break, from its end on. No slot overlaps the hour of a clock change."""
        closed = sorted([*self.breaks, (NIGHT_FROM, NIGHT_UNTIL)])
        minute = self.from_
        while minute + self.minutes <= self.until:
            ends = [end for begin, end in closed if begin < minute + self.minutes and minute < end]
            if ends:
                minute = max(ends)
            else:
                yield minute
                minute += self.minutes

    def find_flaws(self, path: tuple[str, ...]) -> Iterator[Flaw]:
        for name in self.uneven:
            yield Flaw((*path, *name), "MALFORMED")
        if not self.from_ < self.until:
            yield Flaw((*path, "until"), "OUT_OF_RANGE")
        if not SHORTEST <= self.minutes <= LONGEST:
            yield Flaw((*path, "slotMinutes"), "OUT_OF_RANGE")
        for n, (begin, end) in enumerate(self.breaks):
            if not self.from_ <= begin < end <= self.until:
                yield Flaw((*path, "breaks", str(n)), "OUT_OF_RANGE")

    def to_json(self) -> dict[str, Any]:
        return {
            "weekday": self.weekday,
            "from": self.from_,
            "until": self.until,
            "minutes": self.minutes,
            "breaks": [list(pause) for pause in self.breaks],
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        breaks = tuple((begin, end) for begin, end in plain["breaks"])
        return cls(plain["weekday"], plain["from"], plain["until"], plain["minutes"], breaks)


def find_flaws(lines: list[TemplateLine], *, on_sundays: bool) -> Iterator[Flaw]:
    """Every flaw in a template's lines, with its path."""
    if not lines:
        yield Flaw(("lines",), "REQUIRED")
    if len(lines) > MAX_LINES:
        yield Flaw(("lines",), "TOO_LONG")
        return
    for n, line in enumerate(lines):
        path = ("lines", str(n))
        yield from line.find_flaws(path)
        if line.weekday == 7 and not on_sundays:
            yield Flaw((*path, "weekday"), "OUT_OF_RANGE")
        same_day = [other for other in lines[:n] if other.weekday == line.weekday]
        if any(other.from_ < line.until and line.from_ < other.until for other in same_day):
            yield Flaw((*path, "from"), "OUT_OF_RANGE")


def slot_times(lines: list[TemplateLine], day: date, zone: ZoneInfo) -> Iterator[SlotTime]:
    """The slot times of a local day by the wall clock, except those within time that a clock change skips or repeats.

    `starts` omits the usual hour of clock changes on every day; this function omits the real one, which may differ.
    """
    has_change = hours.to_utc(day, hours.DAY, zone) - hours.to_utc(day, 0, zone) != timedelta(days=1)
    for line in lines:
        if line.weekday == day.isoweekday():
            for start in line.starts():
                if not has_change or _is_shown_once(day, start, start + line.minutes, zone):
                    yield hours.to_utc(day, start, zone), hours.to_utc(day, start + line.minutes, zone)


def _is_shown_once(day: date, begin: int, end: int, zone: ZoneInfo) -> bool:
    """Whether the clocks show every minute from `begin` to `end` exactly once."""
    midnight = datetime.combine(day, time())
    minutes = (midnight + timedelta(minutes=minute) for minute in range(begin, end))
    return all(hours.find_wall_clock_problem(wall, zone) is None for wall in minutes)


def find_overlapping(slots: list[SlotTime], others: list[SlotTime]) -> set[SlotTime]:
    """The slots that overlap any of `others`; both lists are sorted and free of overlaps."""
    found, rest = set(), iter(others)
    other = next(rest, None)
    for begin, end in slots:
        while other and other[1] <= begin:
            other = next(rest, None)
        if other and other[0] < end:
            found.add((begin, end))
    return found


def describe(lines: list[TemplateLine]) -> str:
    """The template in one line, for the audit trail: `1,2,3 08:00-13:00/15; 6 08:00-12:00/20 without 10:00-10:30`."""
    weekdays: dict[str, list[int]] = {}
    for line in sorted(lines, key=lambda line: (line.weekday, line.from_)):
        without = "".join(f" without {_period(begin, end)}" for begin, end in line.breaks)
        weekdays.setdefault(f"{_period(line.from_, line.until)}/{line.minutes}{without}", []).append(line.weekday)
    return "; ".join(f"{','.join(map(str, days))} {period}" for period, days in weekdays.items())


def _period(begin: int, end: int) -> str:
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (begin, end))
