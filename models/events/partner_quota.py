"""Partner quota: how much a partner may query per minute, and how many subscriptions it may have open."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from infra import background, clock, database
from infra.rate_counters import Settled
from models.events.partner import Partner, PartnerStream
from models.refusals.partner import TooManyStreams

PERMIT_LIFETIME = timedelta(seconds=90)
RENEW_BELOW = timedelta(seconds=60)

log = logging.getLogger(__name__)

# A token bucket that refills evenly; one statement, so that many processes can charge it concurrently.
_CHARGE = """
    WITH bucket AS (
        SELECT partner.id, least(
            :budget::float8,
            partner.tokens
                + :budget::float8 * greatest(0, extract(epoch FROM :now::timestamptz - partner.refilled_at)) / 60
        ) AS tokens
        FROM partner
        WHERE partner.id = :partner_id::uuid
        FOR UPDATE
    ), charged AS (
        UPDATE partner
        SET refilled_at = greatest(partner.refilled_at, :now::timestamptz), tokens = bucket.tokens - :cost::float8
        FROM bucket
        WHERE partner.id = bucket.id AND bucket.tokens >= :cost::float8
        RETURNING partner.id
    )
    SELECT bucket.tokens, EXISTS (SELECT FROM charged) AS is_charged FROM bucket
"""


# Subtracts what a process has charged since it last settled; a negative balance is paid back before the next charge.
# The rows are always locked in the same order, so that two processes cannot deadlock.
_SETTLE = """
    WITH locked AS (
        SELECT partner.id FROM partner WHERE partner.id = ANY(:ids::uuid[]) ORDER BY partner.id FOR UPDATE
    )
    UPDATE partner
    SET refilled_at = greatest(partner.refilled_at, :now::timestamptz), tokens = charged.rest + least(
        :budget::float8,
        partner.tokens
            + :budget::float8 * greatest(0, extract(epoch FROM :now::timestamptz - partner.refilled_at)) / 60
    )
    FROM locked JOIN (SELECT id, -cost AS rest FROM unnest(:ids::uuid[], :costs::float8[]) AS charged (id, cost))
        AS charged ON charged.id = locked.id
    WHERE partner.id = locked.id
    RETURNING partner.id, partner.tokens, partner.refilled_at
"""


@dataclass(slots=True)
class _Bucket:
    """The tokens left at a moment, as far as this process knows, and those that it charged since it last settled."""

    tokens: float
    refilled_at: datetime
    charged: float = 0.0

    def refill(self, budget: float, now: datetime) -> None:
        passed = max(0.0, (now - self.refilled_at).total_seconds())
        self.tokens = min(budget, self.tokens + budget * passed / 60)
        self.refilled_at = max(self.refilled_at, now)


class Budgets(Settled):
    """Partners' budgets in memory, so that operations need not wait for the partner's row each time.

    Between two settlements a process does not know what the others charge: a partner that uses n processes may get at
    most n times the remaining budget in that time, and then waits correspondingly longer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._buckets: dict[UUID, _Bucket] = {}

    async def charge(self, partner_id: UUID, cost: float, budget: float) -> float | None:
        """Take the cost; if too little is left, take nothing and return what is left."""
        now = clock.now()
        if not self.is_settling or (bucket := self._buckets.get(partner_id)) is None:
            is_charged, tokens = await _charge(partner_id, cost, budget, now)
            if self.is_settling and partner_id not in self._buckets:
                self._buckets[partner_id] = _Bucket(tokens - cost if is_charged else tokens, now)
            return None if is_charged else tokens
        bucket.refill(budget, now)
        if bucket.tokens < cost:
            return bucket.tokens
        bucket.tokens -= cost
        bucket.charged += cost
        return None

    async def settle(self) -> None:
        charged = {id_: bucket.charged for id_, bucket in self._buckets.items() if bucket.charged}
        self._buckets = {id_: self._buckets[id_] for id_ in charged}  # the others are up to date in PostgreSQL
        if not charged:
            return
        budget, now = float(settings.PARTNER_COST_PER_MINUTE), clock.now()
        values = {"ids": list(charged), "costs": list(charged.values()), "now": now, "budget": budget}
        for id_, tokens, refilled_at in await database.fetch_rows(_SETTLE, values):
            since = self._buckets[id_].charged - charged[id_]
            self._buckets[id_] = _Bucket(tokens - since, refilled_at, since)


budgets = Budgets()


async def charge(partner: Partner, cost: int) -> datetime | None:
    """Take the cost from the partner's budget; if too little is left, take nothing and return when to try again."""
    budget = float(settings.PARTNER_COST_PER_MINUTE)
    wanted = min(float(cost), budget)  # a cost above the full budget could never be paid
    tokens = await budgets.charge(partner.id, wanted, budget)
    if tokens is None:
        return None
    return clock.now() + timedelta(seconds=max(1.0, 60 * (wanted - tokens) / budget))


async def _charge(partner_id: UUID, cost: float, budget: float, now: datetime) -> tuple[bool, float]:
    """Charge in PostgreSQL; return whether that was possible, and the tokens before the charge."""
    values = {"partner_id": partner_id, "now": now, "budget": budget, "cost": cost}
    [bucket] = await database.fetch(_CHARGE, values)
    return bucket["is_charged"], bucket["tokens"]


class StreamPermit:
    """The permit of one open subscription, which the subscription renews while it lasts."""

    def __init__(self, id_: UUID, lapses_at: datetime) -> None:
        self.id, self.lapses_at = id_, lapses_at

    async def renew(self) -> None:
        now = clock.now()
        if self.lapses_at - now < RENEW_BELOW:
            self.lapses_at = now + PERMIT_LIFETIME
            await PartnerStream.filter(id=self.id).update(lapses_at=self.lapses_at)


async def acquire_permit(partner: Partner) -> StreamPermit:
    now = clock.now()
    async with in_transaction():
        await Partner.filter(id=partner.id).select_for_update().get()  # concurrent requests are counted one at a time
        if await PartnerStream.filter(partner_id=partner.id, lapses_at__gt=now).count() >= settings.PARTNER_STREAMS:
            raise TooManyStreams(limit=settings.PARTNER_STREAMS, retry_at=(now + PERMIT_LIFETIME).isoformat())
        stream = await PartnerStream.create(partner_id=partner.id, lapses_at=now + PERMIT_LIFETIME)
    return StreamPermit(stream.id, stream.lapses_at)


@asynccontextmanager
async def hold_permit(partner: Partner | None) -> AsyncIterator[StreamPermit | None]:
    """Hold a permit for the block and give it back however the block ends: the task may be cancelled at any moment,
    and again while it cleans up. `partner` is None for an administrator, who needs no permit."""
    if partner is None:
        yield None
        return
    acquiring = background.start(acquire_permit(partner))
    try:
        yield await asyncio.shield(acquiring)
    finally:
        await asyncio.shield(background.start(_release(acquiring)))


async def _release(acquiring: asyncio.Task[StreamPermit]) -> None:
    try:
        permit = await acquiring
    except Exception:  # no permit was granted; the caller gets the reason
        return
    try:
        await PartnerStream.filter(id=permit.id).delete()
    except Exception as problem:  # the database is unreachable: the permit lapses soon
        log.warning("stream_permit_kept", extra={"problem": type(problem).__name__})


async def purge() -> int:
    """Delete the permits that processes did not give back when they died."""
    return await PartnerStream.filter(lapses_at__lt=clock.now()).delete()
