"""Spending: one more of what is counted, or RATE_LIMITED with the time from which it is granted again."""

from models import clock, rate
from schema.context import Context
from schema.fault import Fault


async def charge(caller: Context, allowed: str, kind: str, whose: str) -> None:
    """Count one more of `allowed`, such as "600/minute", for this account, partner or address."""
    if retry_at := await rate.spend(allowed, kind, whose):
        seconds = max(1, round((retry_at - clock.now()).total_seconds()))
        at = clock.local(retry_at).isoformat(timespec="seconds")
        raise Fault("RATE_LIMITED", caller.language, retryAt=at, retryAfterSeconds=seconds)
