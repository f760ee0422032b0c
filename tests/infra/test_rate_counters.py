"""Rate counters: processes learn each other's counts, and nothing is counted twice."""

from datetime import timedelta
from typing import Any

import pytest
from limits import RateLimitItem, parse

from infra import clock, database
from infra.rate_counters import Counters

TEN: RateLimitItem = parse("10/minute")


async def spent() -> int:
    [row] = await database.fetch("SELECT spent FROM rate")
    return int(row["spent"])


async def test_what_was_settled_is_not_counted_again() -> None:
    counters = Counters()
    for _ in range(3):
        counters.hit(TEN, "anna")
    for _ in range(4):
        await counters.settle()
    assert await spent() == 3


async def test_what_could_not_be_settled_is_settled_later(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = Counters()
    for _ in range(3):
        counters.hit(TEN, "anna")
    with monkeypatch.context() as unavailable:
        unavailable.setattr(database, "fetch_rows", refuse)
        with pytest.raises(ConnectionError):
            await counters.settle()
    counters.hit(TEN, "anna")
    await counters.settle()
    assert await spent() == 4


async def refuse(*_: Any) -> None:
    raise ConnectionError


async def test_windows_that_have_ended_are_forgotten() -> None:
    counters = Counters()
    for caller in ("anna", "borys"):
        counters.hit(TEN, caller)
    await counters.settle()
    clock.advance(timedelta(minutes=2))
    counters.hit(TEN, "celina")
    await counters.settle()
    assert list(counters._windows) == ["celina"]


async def test_a_process_learns_what_the_others_have_counted() -> None:
    here, there = Counters(), Counters()
    for _ in range(9):
        there.hit(TEN, "anna")
    await there.settle()
    assert here.hit(TEN, "anna") is None  # this process does not yet know about the other's hits
    await here.settle()
    assert here.hit(TEN, "anna") is not None
    assert await spent() == 10


async def test_rows_of_a_statement_that_writes_are_returned() -> None:
    written = "INSERT INTO rate (key, spent, resets_at) VALUES ('anna', 7, now()) RETURNING spent"
    assert [row[0] for row in await database.fetch_rows(written)] == [7]
