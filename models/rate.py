"""Rates: how many operations an account, a partner or an address may ask for, counted for all processes at once."""

from datetime import UTC, datetime, timedelta

from limits import parse
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from tortoise.exceptions import BaseORMException

from models import clock, database, seal

_COUNT = """
    INSERT INTO rate (key, spent, resets_at) VALUES ($1, $2, $3)
    ON CONFLICT (key) DO UPDATE SET
        spent = CASE WHEN rate.resets_at <= $4 THEN $2 ELSE rate.spent + $2 END,
        resets_at = CASE WHEN rate.resets_at <= $4 THEN $3 ELSE rate.resets_at END
    RETURNING spent
"""


class InPostgres(Storage):
    """Windows of the `limits` package as rows of an unlogged table: a crash loses them, and nothing with them."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception]:
        return BaseORMException

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now()
        [row] = await database.rows(_COUNT, [key, amount, now + timedelta(seconds=expiry), now])
        return int(row["spent"])

    async def get(self, key: str) -> int:
        found = await database.rows("SELECT spent FROM rate WHERE key = $1 AND resets_at > $2", [key, clock.now()])
        return int(found[0]["spent"]) if found else 0

    async def get_expiry(self, key: str) -> float:
        found = await database.rows("SELECT resets_at FROM rate WHERE key = $1", [key])
        resets_at: datetime = found[0]["resets_at"] if found else clock.now()
        return resets_at.timestamp()

    async def check(self) -> bool:
        await database.ping()
        return True

    async def reset(self) -> int:
        return len(await database.rows("DELETE FROM rate RETURNING key"))

    async def clear(self, key: str) -> None:
        await database.rows("DELETE FROM rate WHERE key = $1", [key])


_limiter = FixedWindowRateLimiter(InPostgres())


async def spend(allowed: str, kind: str, whose: str) -> datetime | None:
    """Count one more of "600/minute"; when that is more than allowed, the moment from which there is more."""
    window = parse(allowed)
    key = seal.blind(whose, f"rate/{kind}")  # no address or account is kept in clear
    if await _limiter.hit(window, kind, key):
        return None
    return datetime.fromtimestamp((await _limiter.get_window_stats(window, kind, key)).reset_time, UTC)


async def purge() -> int:
    return len(await database.rows("DELETE FROM rate WHERE resets_at <= $1 RETURNING key", [clock.now()]))
