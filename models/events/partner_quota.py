"""Partner quota: how much a partner may query per minute, and how many subscriptions it may have open."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from infra import background, clock, database
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


async def charge(partner: Partner, cost: int) -> datetime | None:
    """Take the cost from the partner's budget; if too little is left, take nothing and return when it will suffice."""
    budget, now = float(settings.PARTNER_COST_PER_MINUTE), clock.now()
    charged = min(float(cost), budget)  # more than a full budget could never be paid
    values = {"partner_id": partner.id, "now": now, "budget": budget, "cost": charged}
    [bucket] = await database.fetch(_CHARGE, values)
    if bucket["is_charged"]:
        return None
    return now + timedelta(seconds=max(1.0, 60 * (charged - bucket["tokens"]) / budget))


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
    and again while it cleans up. None: an administrator needs no permit."""
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
    except Exception as problem:  # the database is away: the permit lapses soon
        log.warning("stream_permit_kept", extra={"problem": type(problem).__name__})


async def purge() -> int:
    """Delete the permits that processes did not give back when they died."""
    return await PartnerStream.filter(lapses_at__lt=clock.now()).delete()
