"""One-time password (hasło jednorazowe): sent in a letter, valid once; with it the owner sets their own password."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import batches, clock, database
from models.accounts import password
from models.outbox import NoLongerWanted

if TYPE_CHECKING:
    from models.accounts.account import Account

NOBODY = UUID(int=0)

_ISSUE = """
    INSERT INTO one_time_password (id, account_id, hash, expires_at)
    VALUES (:id::uuid, :account_id::uuid, :hash, :expires_at::timestamptz)
    ON CONFLICT (hash) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE one_time_password.used_at IS NULL
    RETURNING id
"""

_FIND = """
    SELECT FROM one_time_password
    WHERE account_id = :account_id AND hash = :hash AND used_at IS NULL AND expires_at > :now
"""


class OneTimePassword(Model):
    """An account may have several: a newer letter, which a stranger can request, does not void an older one."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.ForeignKeyRelation["Account"] = fields.ForeignKeyField(
        "models.Account", related_name="one_time_passwords"
    )
    hash = fields.CharField(64, unique=True)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "one_time_password"

    @classmethod
    async def issue(cls, account: "Account", letter: UUID | None = None) -> str:
        """Make the letter's password, the same each time the letter is sent, and store its hash."""
        secret = password.make_one_time_password(letter)
        values = {
            "id": uuid7(),
            "account_id": account.id,
            "hash": password.hash_one_time_password(secret),
            "expires_at": clock.now() + timedelta(hours=settings.ONE_TIME_PASSWORD_HOURS),
        }
        async with in_transaction():
            same = type(account).filter(id=account.id, email=account.email)
            if not await same.select_for_update(no_key=True).first():
                raise NoLongerWanted("the address was replaced")
            if not await database.fetch(_ISSUE, values):
                raise NoLongerWanted("its password has been used, or the owner has set their own")
        return secret

    @classmethod
    async def find_hash(cls, secret: str, account_id: UUID | None) -> str | None:
        """The hash of the password if it opens the account now; takes the same time without an account."""
        if len(secret) > password.MAX_LENGTH:
            return None
        hash_ = password.hash_one_time_password(secret)
        values = {"account_id": account_id or NOBODY, "hash": hash_, "now": clock.now()}
        return hash_ if await database.fetch_rows(_FIND, values) else None

    @classmethod
    async def use(cls, hash_: str) -> bool:
        """Mark it as used; only one of several concurrent attempts succeeds."""
        good = cls.filter(hash=hash_, used_at=None, expires_at__gt=clock.now())
        return bool(await good.update(used_at=clock.now()))

    @classmethod
    async def void(cls, account_id: UUID) -> None:
        """Invalidate the passwords of all letters sent so far; retrying such a letter does not renew its password."""
        await cls.filter(account_id=account_id, used_at=None).update(used_at=clock.now())

    @classmethod
    async def find_last_end(cls, account_id: UUID) -> datetime | None:
        good = cls.filter(account_id=account_id, used_at=None, expires_at__gt=clock.now())
        last = await good.order_by("-expires_at").first()
        return last.expires_at if last else None

    @classmethod
    async def purge(cls) -> int:
        return await batches.remove(cls.filter(expires_at__lt=clock.now()))
