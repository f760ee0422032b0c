"""Dates, times and ids as clients write them: ISO 8601 with an offset, and opaque ids."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

import settings
from infra import crypto
from schema.execution.errors import BadUserInput
from schema.wall_clock import WallTime

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)?")


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
    _check_year(moment.year)
    return moment if moment.tzinfo else WallTime.of(moment)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    _check_year(day.year)
    return day


def _check_year(year: int) -> None:
    if not 1900 <= year <= 2200:
        raise ValueError("The year is not between 1900 and 2200.")


def _local(value: datetime) -> str:
    return _local_in(value, settings.TIME_ZONE)


@lru_cache(maxsize=8192)
def _local_in(value: datetime, zone: ZoneInfo) -> str:
    """Cached, because a morning's slots start and end at the same times for all callers."""
    return value.astimezone(zone).isoformat(timespec="seconds")


def _scalar(name: str, description: str, url: str | None, serialize: Any, parse_value: Any) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, specified_by_url=url, serialize=serialize, parse_value=parse_value
    )


SCALARS: dict[object, ScalarDefinition] = {
    date: _scalar(
        "Date",
        "A calendar day in ISO 8601 format, such as `2026-11-24`.",
        None,
        date.isoformat,
        _parser(_DATE, _day, "2026-11-24"),
    ),
    datetime: _scalar(
        "DateTime",
        "A point in time in RFC 3339 format, such as `2026-11-24T14:30:00+01:00`. The offset is required, except from"
        " staff: without it, the value is a local time of the clinic, and is refused if the clocks skip it or show it"
        " twice. Results have the offset of the clinic's time zone.",
        "https://scalars.graphql.org/andimarek/date-time",
        _local,
        _parser(_DATE_TIME, _moment, "2026-11-24T14:30:00+01:00"),
    ),
    time: _scalar(
        "Time",
        "A time of day in the clinic's time zone, such as `07:00`.",
        None,
        lambda value: value.strftime("%H:%M"),
        _parser(_TIME, time.fromisoformat, "07:00"),
    ),
}


def public_id(kind: str, identifier: UUID) -> strawberry.ID:
    return strawberry.ID(crypto.encode_id(kind, identifier))


def public_ids(kind: str, identifiers: Iterable[UUID]) -> list[strawberry.ID]:
    return [strawberry.ID(text) for text in crypto.encode_ids(kind, identifiers)]


def private_id(kind: str, public: str) -> UUID:
    """The key behind a public id; raises BadUserInput for anything but an id of this kind."""
    try:
        return crypto.decode_id(kind, public)
    except (crypto.InvalidToken, UnicodeEncodeError):
        raise BadUserInput(
            pl=f"To nie jest identyfikator obiektu {kind}.", en=f"This is not the id of a {kind}."
        ) from None


def optional_id(kind: str, public: str | None) -> UUID | None:
    return None if public is None else private_id(kind, public)


def private_ids(kind: str, publics: Sequence[str]) -> list[UUID]:
    return [private_id(kind, public) for public in publics]


def optional_ids(kind: str, publics: Sequence[str] | None) -> list[UUID] | None:
    return None if publics is None else private_ids(kind, publics)


def named_things(value: object, kinds: Collection[str]) -> Iterator[tuple[str, UUID]]:
    """Kind and key of every public id of these kinds, wherever it occurs in arguments or inputs."""
    if isinstance(value, str):
        if kind_of(value) in kinds:
            with suppress(BadUserInput):  # the resolver reports the malformed id
                yield kind_of(value), private_id(kind_of(value), value)
    elif isinstance(value, dict):
        yield from named_things(list(value.values()), kinds)
    elif isinstance(value, list):
        for one in value:
            yield from named_things(one, kinds)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from named_things([getattr(value, one.name) for one in fields(value)], kinds)


def kind_of(public: str) -> str:
    return public.partition("_")[0]
