"""Login throttle: failed log-ins delay further attempts. They are counted in the database, and the counts fade.

The failures of strangers are counted per pair of network address and login, per address and per login. A pair is
delayed after few failures, an address once many different logins have failed there, and a login after very many
failures from any addresses. Each known device has a count of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from infra import batches, clock, crypto, database
from models.refusals.booking import TooManyAttempts, WrongCredentials
from models.values import contact

FREE_TRIES = {"pair": 5, "device": 5, "session": 5, "code": 5, "login": 50, "address": 20}
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
HALVED_AFTER = timedelta(hours=6)
FORGET_AFTER = timedelta(hours=24)

_FADED = "failures * power(0.5, greatest(0, extract(epoch FROM :now::timestamptz - failed_at)) / :half::float)"
_AGAIN = f"(old.{_FADED.replace('failed_at', 'old.failed_at')} + 1)"

# Tries are blocked once the free ones are used up; the 0.5 allows for failures that fade between tries.
_BLOCKED_UNTIL = """
    CASE WHEN {failures} > :free::float - 0.5 THEN :now::timestamptz + interval '1 second'
        * least(:longest::float, :first::float * power(2, greatest(0, least({failures} - :free::float, 20)))) END
"""

# A try is counted before its password is checked, so a burst gets only the free tries. A blocked try is not counted.
_COUNT = f"""
    INSERT INTO throttle AS old (key, kind, address_key, failures, failed_at)
    VALUES (:key, :kind, :address_key, 1, :now::timestamptz)
    ON CONFLICT (key) DO UPDATE SET
        failures = {_AGAIN}, failed_at = EXCLUDED.failed_at, blocked_until = {_BLOCKED_UNTIL.format(failures=_AGAIN)}
    WHERE old.blocked_until IS NULL OR old.blocked_until <= :now::timestamptz
    RETURNING key
"""  # noqa: S608 - constants  # nosec B608

# For an address, only distinct logins count: each counts as one failure at most, less what has faded.
_COUNT_ADDRESS = f"""
    INSERT INTO throttle AS old (key, kind, failures, failed_at, blocked_until)
    SELECT :key::text, :kind, logins, :now::timestamptz, {_BLOCKED_UNTIL.format(failures="logins")}
    FROM (SELECT coalesce(sum(least(1, {_FADED})), 0) AS logins FROM throttle WHERE address_key = :key::text) AS failing
    ON CONFLICT (key) DO UPDATE SET
        failures = EXCLUDED.failures, failed_at = EXCLUDED.failed_at, blocked_until = EXCLUDED.blocked_until
    WHERE old.blocked_until IS NULL OR old.blocked_until <= :now::timestamptz
"""  # noqa: S608 - constants  # nosec B608

_BLOCKED = "SELECT max(blocked_until) FROM throttle WHERE key = ANY(:keys::text[]) AND blocked_until > :now"

_TAKE_BACK = """
    UPDATE throttle SET failures = greatest(0, failures - 1), blocked_until = NULL WHERE key = ANY(:keys::text[])
"""


class Counter(NamedTuple):
    kind: str
    key: str
    address_key: str | None = None


class LoginThrottle(Model):
    key = fields.CharField(64, primary_key=True)
    kind = fields.CharField(10)
    failures = fields.FloatField()
    failed_at = fields.DatetimeField()
    blocked_until = fields.DatetimeField(null=True)
    address_key = fields.CharField(64, null=True)

    class Meta:
        table = "throttle"

    @staticmethod
    def for_stranger(login: str, address: str) -> list[Counter]:
        """Unknown logins are counted like known ones, so that a delay reveals nothing."""
        name, place = contact.email_key(login), crypto.blind_index(address, "throttle/address")
        return [
            Counter("pair", crypto.blind_index(f"{place}/{name}", "throttle/pair"), place),
            Counter("login", crypto.blind_index(name, "throttle/login")),
            Counter("address", place),
        ]

    @staticmethod
    def for_device(mark: str) -> list[Counter]:
        return [Counter("device", crypto.blind_index(mark, "throttle/device"))]

    @staticmethod
    def for_session(account_id: UUID) -> list[Counter]:
        """For a signed-in owner who enters the password again: counted separately, so strangers cannot interfere."""
        return [Counter("session", crypto.blind_index(str(account_id), "throttle/session"))]

    @staticmethod
    def for_code(account_id: UUID) -> list[Counter]:
        """For second-factor codes, counted separately: a stranger without the password cannot make the owner wait."""
        return [Counter("code", crypto.blind_index(str(account_id), "throttle/code"))]

    @classmethod
    async def blocked_until_of(cls, counters: list[Counter]) -> datetime | None:
        values = {"keys": [counter.key for counter in counters], "now": clock.now()}
        [[until]] = await database.fetch_rows(_BLOCKED, values)
        found: datetime | None = until
        return found

    @classmethod
    @asynccontextmanager
    async def attempt(cls, counters: list[Counter]) -> AsyncIterator[None]:
        """Count the block as one try at a password. WrongCredentials is a failure; another exception does not count."""
        await cls.count(counters)
        own = [counter for counter in counters if counter.kind != "address"]
        try:
            yield
        except WrongCredentials:
            await cls._count_address(counters)
            raise
        except Exception:
            await database.fetch(_TAKE_BACK, {"keys": [counter.key for counter in own]})
            raise
        await cls.forgive(own)

    @classmethod
    async def count(cls, counters: list[Counter]) -> None:
        """Count a failure in advance; if the try has to wait, stop counting and raise TooManyAttempts."""
        await cls._raise_if_blocked(counters)
        for counter in counters:
            if counter.kind != "address" and not await database.fetch(_COUNT, _values(counter)):
                raise _refusal(await cls.blocked_until_of([counter]))

    @classmethod
    async def check_address(cls, counters: list[Counter]) -> None:
        """Check the address again just before answering: concurrent tries at many logins must not exceed its limit."""
        await cls._raise_if_blocked([counter for counter in counters if counter.kind == "address"])

    @classmethod
    async def forgive(cls, counters: list[Counter]) -> None:
        """Clear the failures after a success; from a login's count, which strangers share, take back only this try."""
        await cls.filter(key__in=[counter.key for counter in counters if counter.kind != "login"]).delete()
        await database.fetch(_TAKE_BACK, {"keys": [counter.key for counter in counters if counter.kind == "login"]})

    @classmethod
    async def _count_address(cls, counters: list[Counter]) -> None:
        for counter in counters:
            if counter.kind == "address":
                await database.fetch(_COUNT_ADDRESS, _values(counter))

    @classmethod
    async def _raise_if_blocked(cls, counters: list[Counter]) -> None:
        if retry_at := await cls.blocked_until_of(counters):
            raise _refusal(retry_at)

    @classmethod
    async def purge(cls) -> int:
        return await batches.remove(cls.filter(failed_at__lt=clock.now() - FORGET_AFTER))


def _values(counter: Counter) -> dict[str, Any]:
    return {
        **counter._asdict(),
        "now": clock.now(),
        "half": HALVED_AFTER.total_seconds(),
        "free": FREE_TRIES[counter.kind],
        "first": FIRST_DELAY.total_seconds(),
        "longest": LONGEST_DELAY.total_seconds(),
    }


def _refusal(retry_at: datetime | None) -> TooManyAttempts:
    return TooManyAttempts(retry_at=(retry_at or clock.now() + FIRST_DELAY).isoformat())
