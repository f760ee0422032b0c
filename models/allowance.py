"""Allowance: how much a partner may ask in a minute, and how many subscriptions it may have open at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from models import clock, database
from models.partner import Partner, PartnerStream
from models.refusal import TooManyStreams

LEASE = timedelta(seconds=90)
RENEWED_WHEN_LEFT = timedelta(seconds=60)

# A bucket that refills evenly: one statement, so that many processes spend from it without a lock of their own.
_TOKENS = "least($3::float8, tokens + $3::float8 * greatest(0, extract(epoch FROM $2 - refilled_at)) / 60)"
_SPEND = f"""
    UPDATE partner SET refilled_at = greatest(refilled_at, $2), tokens = {_TOKENS} - $4::float8
    WHERE id = $1 AND {_TOKENS} >= $4::float8 RETURNING tokens
"""  # noqa: S608 - our own words  # nosec B608
_LEFT = f"SELECT {_TOKENS} AS tokens FROM partner WHERE id = $1"  # noqa: S608 - our own words  # nosec B608


async def spend(partner: Partner, cost: int) -> datetime | None:
    """Take from the partner's budget; when too little is left, nothing, and the moment from which it is enough."""
    budget, now = float(settings.PARTNER_COST_PER_MINUTE), clock.now()
    wanted = min(float(cost), budget)  # more than there ever is would never be granted
    if await database.rows(_SPEND, [partner.id, now, budget, wanted]):
        return None
    [left] = await database.rows(_LEFT, [partner.id, now, budget])
    return now + timedelta(seconds=max(1.0, 60 * (wanted - left["tokens"]) / budget))


class Lease:
    """The right to one open subscription, renewed by whoever uses it."""

    def __init__(self, id_: UUID, lapses_at: datetime) -> None:
        self.id, self.lapses_at = id_, lapses_at

    async def renew(self) -> None:
        now = clock.now()
        if self.lapses_at - now < RENEWED_WHEN_LEFT:
            self.lapses_at = now + LEASE
            await PartnerStream.filter(id=self.id).update(lapses_at=self.lapses_at)


async def lease(partner: Partner) -> Lease:
    now = clock.now()
    async with in_transaction():
        await Partner.filter(id=partner.id).select_for_update().get()  # one counts at a time
        if await PartnerStream.filter(partner_id=partner.id, lapses_at__gt=now).count() >= settings.PARTNER_STREAMS:
            raise TooManyStreams(limit=settings.PARTNER_STREAMS, retry_at=(now + LEASE).isoformat())
        stream = await PartnerStream.create(partner_id=partner.id, lapses_at=now + LEASE)
    return Lease(stream.id, stream.lapses_at)


@asynccontextmanager
async def given_back(held: Lease | None) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if held:
            await PartnerStream.filter(id=held.id).delete()


async def purge() -> int:
    """Leases of processes that died."""
    return await PartnerStream.filter(lapses_at__lt=clock.now()).delete()
