"""Actions at the same moment, and their outcomes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from infra import database
from tests.support.waiting import eventually


async def race(*rivals: Awaitable[Any]) -> list[Any]:
    """Run all at the same time and return what each got: a value or an exception."""
    return await asyncio.gather(*rivals, return_exceptions=True)


def tally(outcomes: list[Any]) -> dict[str, int]:
    """How often each kind of thing was the outcome: {"Visit": 1, "SlotTaken": 49}."""
    return dict(Counter(type(outcome).__name__ for outcome in outcomes))


def only(kind: type, outcomes: list[Any]) -> Any:
    """The one outcome of this kind."""
    [found] = [outcome for outcome in outcomes if isinstance(outcome, kind)]
    return found


async def until_blocked() -> None:
    """Wait until somebody waits for a database lock: what was started gets no further on its own."""
    blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await eventually(lambda: database.fetch(blocked), otherwise=lambda: "Nobody waits for a lock.")
