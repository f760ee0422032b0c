"""Throttle: how failures slow down further tries, per login and per network address; kept in the database."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models import clock, contact, database, seal
from models.refusal import TooManyAttempts

FREE_TRIES = {"login": 5, "address": 20}  # many people share an address, nobody shares a login
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
FORGET_AFTER = timedelta(hours=24)

_COUNT = """
    INSERT INTO throttle (key, kind, failures, failed_at, blocked_until) VALUES ($1, $2, 1, $3, NULL)
    ON CONFLICT (key) DO UPDATE SET failed_at = $3,
        failures = CASE WHEN throttle.failed_at < $4 THEN 1 ELSE throttle.failures + 1 END
    RETURNING failures
"""


class Throttle(Model):
    key = fields.CharField(64, primary_key=True)
    kind = fields.CharField(10)
    failures = fields.IntField()
    failed_at = fields.DatetimeField()
    blocked_until = fields.DatetimeField(null=True)

    @staticmethod
    def of_login(login: str) -> tuple[str, str]:
        """Unknown logins are counted like known ones: being slowed down tells nothing."""
        return "login", seal.blind(contact.email_key(login), "throttle/login")

    @staticmethod
    def of_address(address: str) -> tuple[str, str]:
        return "address", seal.blind(address, "throttle/address")

    @staticmethod
    def of_code(account_id: UUID) -> tuple[str, str]:
        """Only who knows the password comes so far: strangers cannot make the holder wait."""
        return "login", seal.blind(str(account_id), "throttle/code")

    @classmethod
    async def wait_until(cls, throttles: list[tuple[str, str]]) -> datetime | None:
        found = await cls.filter(key__in=[key for _, key in throttles], blocked_until__gt=clock.now())
        return max((row.blocked_until for row in found if row.blocked_until), default=None)

    @classmethod
    async def check(cls, throttles: list[tuple[str, str]]) -> None:
        if retry_at := await cls.wait_until(throttles):
            raise TooManyAttempts(retry_at=retry_at.isoformat())

    @classmethod
    async def failed(cls, throttles: list[tuple[str, str]]) -> None:
        """Count a failure; past the free tries each one doubles the wait, from 30 s to 1 h."""
        now = clock.now()
        for kind, key in throttles:
            values: list[Any] = [key, kind, now, now - FORGET_AFTER]
            [row] = await database.rows(_COUNT, values)
            if (excess := row["failures"] - FREE_TRIES[kind]) >= 0:
                delay = min(FIRST_DELAY * 2 ** min(excess, 10), LONGEST_DELAY)
                await cls.filter(key=key).update(blocked_until=now + delay)

    @classmethod
    async def forget(cls, throttles: list[tuple[str, str]]) -> None:
        await cls.filter(key__in=[key for _, key in throttles]).delete()

    @classmethod
    async def purge(cls, before: datetime) -> int:
        return await cls.filter(failed_at__lt=before).delete()
