"""Rate limits for accounts, partners and addresses, counted in PostgreSQL across all processes."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from tortoise.exceptions import BaseORMException

import settings
from infra import clock, crypto, database

_COUNT = """
    INSERT INTO rate (key, spent, resets_at) VALUES ($1, $2, $3)
    ON CONFLICT (key) DO UPDATE SET
        spent = CASE WHEN rate.resets_at <= $4 THEN $2 ELSE rate.spent + $2 END,
        resets_at = CASE WHEN rate.resets_at <= $4 THEN $3 ELSE rate.resets_at END
    RETURNING spent
"""


# Updates many counters at once, ordered by key, so that two processes never deadlock.
_SETTLE = """
    INSERT INTO rate (key, spent, resets_at)
    SELECT key, spent, resets_at
    FROM unnest($1::text[], $2::int[], $3::timestamptz[]) AS counted (key, spent, resets_at)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        spent = CASE WHEN rate.resets_at <= $4 THEN EXCLUDED.spent ELSE rate.spent + EXCLUDED.spent END,
        resets_at = CASE WHEN rate.resets_at <= $4 THEN EXCLUDED.resets_at ELSE rate.resets_at END
    RETURNING key, spent, resets_at
"""
# Open transactions may have locked some counters: those are deleted the next time.
_PURGE = """
    DELETE FROM rate WHERE key IN (SELECT key FROM rate WHERE resets_at <= $1 FOR UPDATE SKIP LOCKED) RETURNING key
"""
TIDIED_EVERY = timedelta(minutes=1)
SETTLE_SECONDS = 0.25

log = logging.getLogger(__name__)


class PostgresStorage(Storage):
    """Stores the fixed windows of the `limits` package in an unlogged table; a crash of PostgreSQL may empty it."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception]:
        return BaseORMException

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now()
        [row] = await database.fetch(_COUNT, [key, amount, now + timedelta(seconds=expiry), now])
        return int(row["spent"])

    async def get(self, key: str) -> int:
        rows = await database.fetch("SELECT spent FROM rate WHERE key = $1 AND resets_at > $2", [key, clock.now()])
        return int(rows[0]["spent"]) if rows else 0

    async def get_expiry(self, key: str) -> float:
        rows = await database.fetch("SELECT resets_at FROM rate WHERE key = $1", [key])
        resets_at: datetime = rows[0]["resets_at"] if rows else clock.now()
        return resets_at.timestamp()

    async def check(self) -> bool:
        await database.ping()
        return True

    async def reset(self) -> int:
        return len(await database.fetch("DELETE FROM rate RETURNING key"))

    async def clear(self, key: str) -> None:
        await database.fetch("DELETE FROM rate WHERE key = $1", [key])


_limiter = FixedWindowRateLimiter(PostgresStorage())


@dataclass(slots=True)
class _Window:
    """The count in PostgreSQL at the last settlement, and the count of this process since then."""

    resets_at: datetime
    settled: int = 0
    here: int = 0


class Settled(ABC):
    """Counters in memory that are settled with PostgreSQL several times a second."""

    def __init__(self) -> None:
        self.is_settling = False

    @abstractmethod
    async def settle(self) -> None:
        """Add this process's counts to PostgreSQL, and read the totals of all processes."""

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Settle periodically while this process serves, and once more when it stops."""
        self.is_settling = True
        task = asyncio.create_task(self._settle_for_ever())
        try:
            yield
        finally:
            self.is_settling = False
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._try_to_settle()

    async def _settle_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            await self._try_to_settle()

    async def _try_to_settle(self) -> None:
        try:
            await self.settle()
        except Exception as problem:  # the database is unavailable: the counts are settled later
            log.warning("rates_not_settled", extra={"problem": type(problem).__name__})


class Counters(Settled):
    """Counts in memory, settled with PostgreSQL several times a second, all counters in one statement.

    Between two settlements a process does not know the counts of the others: a caller who spreads requests over n
    processes can use at most n times the remainder of a limit in that time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[str, _Window] = {}
        self._unsettled: set[str] = set()  # the keys of the windows with counts that PostgreSQL does not have
        self._tidied_at = clock.now()

    def hit(self, limit: RateLimitItem, key: str) -> datetime | None:
        now = clock.now()
        window = self._windows.get(key)
        if window is None or window.resets_at <= now:
            window = self._windows[key] = _Window(now + timedelta(seconds=limit.get_expiry()))
        window.here += 1
        self._unsettled.add(key)
        return window.resets_at if window.settled + window.here > limit.amount else None

    async def settle(self) -> None:
        now = clock.now()
        if abs(now - self._tidied_at) >= TIDIED_EVERY:  # not each time: there may be very many windows
            self._windows = {key: window for key, window in self._windows.items() if window.resets_at > now}
            self._unsettled &= self._windows.keys()
            self._tidied_at = now
        hit = ((key, self._windows[key]) for key in self._unsettled)
        counted = {key: (window.here, window.resets_at) for key, window in hit if window.resets_at > now}
        if not counted:
            return
        values = [list(counted), [here for here, _ in counted.values()], [at for _, at in counted.values()], now]
        for key, spent, resets_at in await database.fetch_rows(_SETTLE, values):
            here = self._windows[key].here - counted[key][0]
            self._windows[key] = _Window(resets_at, spent, here)
            if not here:
                self._unsettled.discard(key)


counters = Counters()
_parse = lru_cache(maxsize=64)(parse)


@lru_cache(maxsize=4096)
def _key(kind: str, caller: str, secret: str) -> str:
    """Hashed, so that the table contains neither addresses nor accounts."""
    return crypto.blind_index(caller, f"rate/{kind}")


async def hit(limit: str, kind: str, caller: str) -> datetime | None:
    """Count one use against a limit such as "600/minute"; if it exceeds the limit, return when the window ends."""
    window, key = _parse(limit), _key(kind, caller, settings.SECRET_KEY)
    if await _limiter.hit(window, kind, key):
        return None
    return datetime.fromtimestamp((await _limiter.get_window_stats(window, kind, key)).reset_time, UTC)


async def hit_often(limit: str, kind: str, caller: str) -> datetime | None:
    """Like `hit`, for limits that count every request; it counts in memory if this process settles its counters."""
    if not counters.is_settling:
        return await hit(limit, kind, caller)
    return counters.hit(_parse(limit), _limiter_key(limit, kind, _key(kind, caller, settings.SECRET_KEY)))


@lru_cache(maxsize=4096)
def _limiter_key(limit: str, kind: str, key: str) -> str:
    """The row that `hit` would count in."""
    return _parse(limit).key_for(kind, key)


async def purge() -> int:
    return len(await database.fetch(_PURGE, [clock.now()]))
