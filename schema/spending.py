"""Spending: one more of what is counted, or RATE_LIMITED with the time from which it is granted again."""

import asyncio
from datetime import datetime

from models import allowance, clock, rate
from models.partner import Partner
from schema.context import Context
from schema.fault import Fault

LONGEST_PAUSE_SECONDS = 10.0  # then asked again: others spend from the same budget


async def charge(caller: Context, allowed: str, kind: str, whose: str) -> None:
    """Count one more of `allowed`, such as "600/minute", for this account, partner or address."""
    if retry_at := await rate.spend(allowed, kind, whose):
        raise limited(caller, retry_at)


async def charge_cost(caller: Context, cost: int) -> None:
    """Take an operation's cost from a partner's budget; nobody else has one."""
    if caller.partner and (retry_at := await allowance.spend(caller.partner, cost)):
        raise limited(caller, retry_at)


async def paced(partner: Partner, cost: int) -> None:
    """Take from the budget, and wait until there is enough of it: what lasts is slowed down, not refused."""
    while retry_at := await allowance.spend(partner, cost):  # noqa: ASYNC110 - nobody tells when it is refilled
        await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, max(0.1, (retry_at - clock.now()).total_seconds())))


def limited(caller: Context, retry_at: datetime) -> Fault:
    seconds = max(1, round((retry_at - clock.now()).total_seconds()))
    at = clock.local(retry_at).isoformat(timespec="seconds")
    return Fault("RATE_LIMITED", caller.language, retryAt=at, retryAfterSeconds=seconds)
