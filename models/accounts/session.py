"""Session (sesja): a signed-in client; an opaque token of 256 bits, of which only the hash is stored."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet
from uuid6 import uuid7

import settings
from models import clock, seal

if TYPE_CHECKING:
    from models.account import Account

SEEN_EVERY = timedelta(minutes=1)  # how exactly `seen_at` is kept: not every request writes


class Session(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    token_hash = fields.CharField(64, unique=True)
    account: fields.ForeignKeyRelation["Account"] = fields.ForeignKeyField("models.Account", related_name="sessions")
    one_time_hash = fields.CharField(64, null=True)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    account_id: UUID

    @property
    def must_change_password(self) -> bool:
        """Opened with a one-time password: good for nothing but setting an own one."""
        return self.one_time_hash is not None

    @classmethod
    async def open_for(cls, account: "Account", one_time_hash: str | None = None) -> tuple[Self, str]:
        token, now = secrets.token_urlsafe(32), clock.now()
        session = await cls.create(
            token_hash=seal.token_hash(token),
            account=account,
            one_time_hash=one_time_hash,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=settings.SESSION_HOURS),
        )
        return session, token

    @classmethod
    async def of_token(cls, token: str) -> Self | None:
        """The open session of a token with its account and patient; being asked for keeps it from idling out."""
        now = clock.now()
        found = cls._open().filter(token_hash=seal.token_hash(token))
        session = await found.select_related("account__patient").first()
        if session and now - session.seen_at > SEEN_EVERY:
            await cls.filter(id=session.id).update(seen_at=now)
        return session

    @classmethod
    def _open(cls) -> QuerySet[Self]:
        now = clock.now()
        idle_since = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
        return cls.filter(ended_at=None, expires_at__gt=now, seen_at__gt=idle_since)

    @classmethod
    async def still_open(cls, ids: Collection[UUID]) -> set[UUID]:
        """Asked of sessions in use by sockets: being asked is no use of theirs."""
        return {session.id for session in await cls._open().filter(id__in=ids).only("id")}

    async def end(self) -> None:
        await Session.filter(id=self.id, ended_at=None).update(ended_at=clock.now())

    async def end_others(self) -> None:
        others = Session.filter(account_id=self.account_id, ended_at=None).exclude(id=self.id)
        await others.update(ended_at=clock.now())

    @classmethod
    async def end_all(cls, account: "Account") -> None:
        await cls.filter(account_id=account.id, ended_at=None).update(ended_at=clock.now())

    @classmethod
    async def purge(cls, before: datetime) -> int:
        return await cls.filter(expires_at__lt=before).delete()
