"""Rate limits and partners' budgets: a caller who exceeds one gets RATE_LIMITED with the time to try again."""

import asyncio
from datetime import datetime

from infra import clock, rate_counters
from models.events import partner_quota
from models.events.partner import Partner
from schema.context import Context
from schema.execution.errors import CodedError

MAX_PAUSE_SECONDS = 10.0  # other processes charge the same budget, so the wait is only an estimate


async def charge(caller: Context, limit: str, kind: str, key: str) -> None:
    """Count one request against `limit`, such as "600/minute", for this account, partner or address."""
    if retry_at := await rate_counters.hit(limit, kind, key):
        raise _rate_limited(caller, retry_at)


async def charge_request(caller: Context, limit: str, kind: str, key: str) -> None:
    """Like `charge`, for limits that count every request."""
    if retry_at := await rate_counters.hit_often(limit, kind, key):
        raise _rate_limited(caller, retry_at)


async def charge_cost(caller: Context, cost: int) -> None:
    """Charge an operation to the partner's budget; other callers have none."""
    if caller.partner and (retry_at := await partner_quota.charge(caller.partner, cost)):
        raise _rate_limited(caller, retry_at)


async def charge_gradually(partner: Partner, cost: int) -> None:
    """Charge the budget, waiting until it suffices: a subscription is slowed down, not refused."""
    while retry_at := await partner_quota.charge(partner, cost):  # noqa: ASYNC110 - no event says when it is refilled
        await asyncio.sleep(min(MAX_PAUSE_SECONDS, max(0.1, (retry_at - clock.now()).total_seconds())))


def _rate_limited(caller: Context, retry_at: datetime) -> CodedError:
    seconds = max(1, round((retry_at - clock.now()).total_seconds()))
    at = clock.local(retry_at).isoformat(timespec="seconds")
    return CodedError("RATE_LIMITED", caller.language, retryAt=at, retryAfterSeconds=seconds)
