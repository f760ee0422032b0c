"""Week: the lines of a weekly template, and the terms they become on a day; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from models import hours
from models.refusal import Flaw

NIGHT_FROM, NIGHT_UNTIL = 2 * 60, 3 * 60  # the hour that a switch of the clocks skips or repeats
SHORTEST, LONGEST = 5, 240
MOST_LINES = 60

Term = tuple[datetime, datetime]


@dataclass(frozen=True)
class Line:
    """One stretch of a weekday (Monday is 1) in minutes since local midnight, cut into terms between breaks."""

    weekday: int
    from_: int
    until: int
    minutes: int
    breaks: tuple[tuple[int, int], ...] = ()

    def starts(self) -> Iterator[int]:
        """After a break the next term begins at its end; nothing touches the hour of the night that may be missing."""
        closed = sorted([*self.breaks, (NIGHT_FROM, NIGHT_UNTIL)])
        minute = self.from_
        while minute + self.minutes <= self.until:
            ends = [end for begin, end in closed if begin < minute + self.minutes and minute < end]
            if ends:
                minute = max(ends)
            else:
                yield minute
                minute += self.minutes

    def flaws(self, path: tuple[str, ...]) -> Iterator[Flaw]:
        if not self.from_ < self.until:
            yield Flaw((*path, "until"), "OUT_OF_RANGE")
        if not SHORTEST <= self.minutes <= LONGEST:
            yield Flaw((*path, "slotMinutes"), "OUT_OF_RANGE")
        for n, (begin, end) in enumerate(self.breaks):
            if not self.from_ <= begin < end <= self.until:
                yield Flaw((*path, "breaks", str(n)), "OUT_OF_RANGE")

    def plain(self) -> dict[str, Any]:
        return {"weekday": self.weekday, "from": self.from_, "until": self.until, "minutes": self.minutes,
                "breaks": [list(pause) for pause in self.breaks]}  # fmt: skip

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        breaks = tuple((begin, end) for begin, end in plain["breaks"])
        return cls(plain["weekday"], plain["from"], plain["until"], plain["minutes"], breaks)


def flaws(lines: list[Line], *, on_sundays: bool) -> Iterator[Flaw]:
    """Everything wrong with a template's lines, each by its place."""
    if not lines:
        yield Flaw(("lines",), "REQUIRED")
    if len(lines) > MOST_LINES:
        yield Flaw(("lines",), "TOO_LONG")
        return
    for n, line in enumerate(lines):
        path = ("lines", str(n))
        yield from line.flaws(path)
        if line.weekday == 7 and not on_sundays:
            yield Flaw((*path, "weekday"), "OUT_OF_RANGE")
        same_day = [other for other in lines[:n] if other.weekday == line.weekday]
        if any(other.from_ < line.until and line.from_ < other.until for other in same_day):
            yield Flaw((*path, "from"), "OUT_OF_RANGE")


def terms(lines: list[Line], day: date, zone: ZoneInfo) -> Iterator[Term]:
    """The terms of a local day, by the wall clock; what a switch of the clocks would stretch or shrink is left out."""
    for line in lines:
        if line.weekday == day.isoweekday():
            for start in line.starts():
                begin, end = hours.at(day, start, zone), hours.at(day, start + line.minutes, zone)
                if end - begin == timedelta(minutes=line.minutes):
                    yield begin, end


def clashing(terms_: list[Term], with_: list[Term]) -> set[Term]:
    """Those of `terms_` that overlap any of `with_`; both are sorted and hold no overlap among themselves."""
    found, rest = set(), iter(with_)
    other = next(rest, None)
    for begin, end in terms_:
        while other and other[1] <= begin:
            other = next(rest, None)
        if other and other[0] < end:
            found.add((begin, end))
    return found
