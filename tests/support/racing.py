"""Concurrent actions and their outcomes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

from infra import database
from tests.support.waiting import eventually


async def race(*rivals: Awaitable[Any]) -> list[Any]:
    """Run all at the same time, and return the outcome of each: a value or an exception."""
    return await asyncio.gather(*rivals, return_exceptions=True)


def tally(outcomes: list[Any]) -> dict[str, int]:
    """How often each type of outcome occurred, such as {"Visit": 1, "SlotTaken": 49}."""
    return dict(Counter(type(outcome).__name__ for outcome in outcomes))


def only(kind: type, outcomes: list[Any]) -> Any:
    """The single outcome of this type."""
    [found] = [outcome for outcome in outcomes if isinstance(outcome, kind)]
    return found


async def until_blocked() -> None:
    """Wait until some connection waits for a database lock, that is, until the started work is blocked."""
    blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await eventually(lambda: database.fetch(blocked), otherwise=lambda: "Nobody waits for a lock.")
