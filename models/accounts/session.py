"""Session (sesja) of a signed-in client: an opaque token of 256 bits, of which only the hash is stored."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet
from uuid6 import uuid7

import settings
from infra import batches, clock, crypto, database
from infra.joined_rows import Joined
from infra.shared_lookup import SharedLookup
from models.accounts.patient import Patient

if TYPE_CHECKING:
    from models.accounts.account import Account

# Finds the sessions of all tokens that are looked up at the same moment.
_FIND = """
    SELECT session.token_hash, {columns}
    FROM session JOIN account ON account.id = session.account_id LEFT JOIN patient ON patient.id = account.patient_id
    WHERE session.token_hash IN ({tokens}) AND session.ended_at IS NULL AND session.expires_at > :now
        AND session.seen_at > :idle_since
"""
# There is a statement for each of these numbers of tokens. A statement with an array would be planned anew each time,
# which takes longer than executing it: PostgreSQL's generic plan assumes ten tokens, so it seems to cost more than a
# plan for one.
_SIZES = (1, 4, 16)
SEEN_EVERY = timedelta(minutes=1)  # precision of `seen_at`, so that not every request writes

S = TypeVar("S", bound="Session")


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
        """Whether it was opened with a one-time password and allows nothing but setting a new password."""
        return self.one_time_hash is not None

    @property
    def ends_at(self) -> datetime:
        """When the session ends if it is not used; up to a minute too early, because activity is stored per minute."""
        return min(self.expires_at, self.seen_at + timedelta(minutes=settings.SESSION_IDLE_MINUTES))

    async def extend(self) -> None:
        """Record activity now, to the second. The session still ends after SESSION_HOURS."""
        self.seen_at = clock.now()
        await Session.filter(id=self.id, ended_at=None).update(seen_at=self.seen_at)

    @classmethod
    async def open_for(cls, account: "Account", one_time_hash: str | None = None) -> tuple[Self, str]:
        token, now = secrets.token_urlsafe(32), clock.now()
        session = await cls.create(
            token_hash=crypto.hash_token(token),
            account=account,
            one_time_hash=one_time_hash,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=settings.SESSION_HOURS),
        )
        return session, token

    @classmethod
    async def find_by_token(cls, token: str) -> Self | None:
        """The open session that has this token, with its account and patient; counts as activity."""
        row = await _open_rows.look(crypto.hash_token(token))
        session, now = _read(cls, row) if row else None, clock.now()
        if session and now - session.seen_at > SEEN_EVERY:
            session.seen_at = now
            await cls.filter(id=session.id).update(seen_at=now)
        return session

    @classmethod
    def _open_sessions(cls) -> QuerySet[Self]:
        now = clock.now()
        idle_since = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
        return cls.filter(ended_at=None, expires_at__gt=now, seen_at__gt=idle_since)

    @classmethod
    async def filter_open(cls, ids: Collection[UUID]) -> set[UUID]:
        """Those of these sessions that are still open; asking does not count as activity in them."""
        return {session.id for session in await cls._open_sessions().filter(id__in=ids).only("id")}

    async def end(self) -> None:
        await Session.filter(id=self.id, ended_at=None).update(ended_at=clock.now())

    async def end_others(self) -> None:
        others = Session.filter(account_id=self.account_id, ended_at=None).exclude(id=self.id)
        await others.update(ended_at=clock.now())

    @classmethod
    async def end_all(cls, account: "Account") -> None:
        await cls.filter(account_id=account.id, ended_at=None).update(ended_at=clock.now())

    @classmethod
    async def purge(cls) -> int:
        before = clock.now() - timedelta(days=settings.ENDED_SESSION_DAYS)
        return await batches.remove(cls.filter(expires_at__lt=before))


@cache
def _related() -> Joined:
    from models.accounts.account import Account  # imported here because that module imports this one

    return Joined(1, session=Session, account=Account, patient=Patient)


async def _find_open(token_hashes: list[str]) -> dict[str, Any]:
    now, most = clock.now(), _SIZES[-1]
    times = {"now": now, "idle_since": now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)}
    found: dict[str, Any] = {}
    for begin in range(0, len(token_hashes), most):
        some = token_hashes[begin : begin + most]
        size = next(size for size in _SIZES if size >= len(some))
        tokens = {f"token{n}": some[min(n, len(some) - 1)] for n in range(size)}
        found |= {row[0]: row for row in await database.fetch_rows(_finding(size), times | tokens)}
    return found


@cache
def _finding(size: int) -> str:
    return _FIND.format(columns=_related().columns, tokens=", ".join(f":token{n}" for n in range(size)))


_open_rows = SharedLookup(_find_open)


def _read(kind: type[S], row: Any) -> S:
    """New objects for each caller, even if two requests use one token; relations are set as the ORM would set them."""
    from models.accounts.account import Account

    related = _related()
    session = related.read("session", kind, row)
    vars(session).update(_account=Account.read_with_patient(related, row))
    return session
