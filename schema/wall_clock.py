"""Wall clock: times that staff give without an offset, which are in the clinic's time zone."""

from datetime import datetime
from typing import Any

from strawberry.utils.str_converters import to_camel_case

import settings
from models.refusals.refusal import Flaw, InvalidInput
from models.values import hours
from schema.execution.errors import BadUserInput
from schema.problems.field_problem import FieldProblem


class WallTime(datetime):
    """A time given without an offset; one that the clocks skip or repeat is refused, never shifted."""

    @classmethod
    def of(cls, wall: datetime) -> "WallTime":
        return cls.combine(wall.date(), wall.time(), settings.TIME_ZONE)

    def find_problem(self) -> str | None:
        return hours.find_wall_clock_problem(self.replace(tzinfo=None), settings.TIME_ZONE)


def resolve(**given: datetime | None) -> dict[str, Any]:
    """Return the times in staff's input; raise InvalidInput if one does not exist or is ambiguous (clock changes)."""
    problems = {name: moment.find_problem() for name, moment in given.items() if isinstance(moment, WallTime)}
    flaws = [Flaw((to_camel_case(name.rstrip("_")),), problem) for name, problem in problems.items() if problem]
    if flaws:
        raise InvalidInput.from_flaws(flaws)
    return given


def resolve_filter(**given: datetime | None) -> None:
    """Raise BAD_USER_INPUT if a local time in a filter does not exist or is ambiguous because the clocks change."""
    for name, moment in given.items():
        if isinstance(moment, WallTime) and (problem := moment.find_problem()):
            flaw = Flaw((name.rstrip("_"),), problem)
            problem_pl, problem_en = (FieldProblem.of(flaw, language).message for language in ("PL", "EN"))
            raise BadUserInput(pl=f"`{flaw.path[0]}`: {problem_pl}", en=f"`{flaw.path[0]}`: {problem_en}")


def require_offsets(*moments: datetime | None) -> None:
    """Raise BAD_USER_INPUT for times without an offset, which only staff may omit."""
    if any(isinstance(moment, WallTime) for moment in moments):
        example = '"2026-11-24T14:30:00+01:00"'
        raise BadUserInput(pl=f"Oczekiwano wartości takiej jak {example}.", en=f"Expected a value such as {example}.")
