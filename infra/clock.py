"""The only source of the current time: aware UTC inside, the clinic's zone at the edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import settings

_pinned: datetime | None = None


def now() -> datetime:
    return _pinned or datetime.now(UTC)


def today() -> date:
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """The same instant on the wall clock of the clinic."""
    return moment.astimezone(settings.TIME_ZONE)


@contextmanager
def pinned(moment: datetime) -> Iterator[None]:
    """Stop the clock at `moment`, for tests."""
    global _pinned
    before, _pinned = _pinned, moment.astimezone(UTC)
    try:
        yield
    finally:
        _pinned = before


def advance(step: timedelta) -> None:
    global _pinned
    if _pinned is None:
        raise RuntimeError("Only a pinned clock can be advanced.")
    _pinned += step
