"""Dates, times and ids as clients write them: ISO 8601, offsets always, ids opaque."""

import re
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from models import clock, seal
from schema.fault import BadInput

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")


def _parser(form: re.Pattern[str], parse: Any, example: str) -> Any:
    def parse_value(value: object) -> Any:
        if not (isinstance(value, str) and len(value) <= 40 and form.fullmatch(value) and value.isascii()):
            raise GraphQLError(f'Expected a value such as "{example}".')
        try:
            return parse(value.upper())
        except ValueError:
            raise GraphQLError(f'No such date or time; expected a value such as "{example}".') from None

    return parse_value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if not 1900 <= moment.year <= 2200:
        raise ValueError("beyond every calendar of a clinic")
    return moment


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1900 <= day.year <= 2200:
        raise ValueError("beyond every calendar of a clinic")
    return day


def _local(value: datetime) -> str:
    return clock.local(value).isoformat(timespec="seconds")


def _scalar(name: str, description: str, url: str | None, serialize: Any, parse_value: Any) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, specified_by_url=url, serialize=serialize, parse_value=parse_value
    )


SCALARS: dict[object, ScalarDefinition] = {
    date: _scalar("Date", "A day, 2026-11-24 (ISO 8601).", None, date.isoformat, _parser(_DATE, _day, "2026-11-24")),
    datetime: _scalar(
        "DateTime",
        "An instant, 2026-11-24T14:30:00+01:00 (RFC 3339, the offset is never left out)."
        " Answers carry the clinic's local offset.",
        "https://scalars.graphql.org/andimarek/date-time",
        _local,
        _parser(_DATE_TIME, _moment, "2026-11-24T14:30:00+01:00"),
    ),
    time: _scalar(
        "Time",
        "A time on the clinic's wall clock, 07:00.",
        None,
        lambda value: value.strftime("%H:%M"),
        _parser(_TIME, time.fromisoformat, "07:00"),
    ),
}


def public_id(kind: str, identifier: UUID) -> strawberry.ID:
    return strawberry.ID(seal.hide(kind, identifier))


def private_id(kind: str, public: str) -> UUID:
    """The key behind a public id; BAD_USER_INPUT for what was never an id of this kind."""
    try:
        return seal.reveal(kind, public)
    except (seal.Broken, UnicodeEncodeError):
        raise BadInput(f"This is not the id of a {kind}.") from None


def kind_of(public: str) -> str:
    return public.partition("_")[0]
