"""Idempotency key: stores a request's outcome, so that a repeated request does not repeat the change."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from infra import batches, clock, database
from models import refusals
from models.refusals.booking import KeyReused
from models.refusals.refusal import Refusal

KEPT_FOR = timedelta(hours=24)
_KEEP_REFUSAL = """
    INSERT INTO kept_answer (account_id, key, asked, kept_at, refusal) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, key) DO UPDATE SET asked = $3, kept_at = $4, subject_id = NULL, refusal = $5
    WHERE kept_answer.kept_at < $6
    RETURNING id
"""

_CLAIM = """
    INSERT INTO kept_answer (account_id, key, asked, kept_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account_id, key) DO UPDATE SET asked = $3, kept_at = $4, subject_id = NULL, refusal = NULL
    WHERE kept_answer.kept_at < $5
    RETURNING id
"""


class KeyClaim(NamedTuple):
    """A request's key, if it has one, for a statement that stores it together with the change."""

    account_id: UUID
    key: str | None
    fingerprint: str
    now: datetime

    @classmethod
    def of(cls, account_id: UUID, key: str | None, request: list[Any]) -> Self:
        return cls(account_id, key, "" if key is None else _fingerprint(request), clock.now())

    @property
    def known_since(self) -> datetime:
        """Keys from before this time no longer count: a new request may overwrite them."""
        return self.now - KEPT_FOR

    async def keep(self, refusal: Refusal) -> bool:
        """Store a refusal as the outcome; False if the key already has one. Without a key, nothing is stored."""
        if self.key is None:
            return True
        values = [self.account_id, self.key, self.fingerprint, self.now, refusal.to_json(), self.known_since]
        return bool(await database.fetch_rows(_KEEP_REFUSAL, values))


def _fingerprint(request: list[Any]) -> str:
    return hashlib.sha256(json.dumps(request, default=str).encode()).hexdigest()


class IdempotencyKey(Model):
    id = fields.BigIntField(primary_key=True)
    account_id = fields.UUIDField()
    key = fields.CharField(128)
    asked = fields.CharField(64)
    kept_at = fields.DatetimeField(db_index=True)
    subject_id = fields.UUIDField(null=True)
    refusal = fields.TextField(null=True)

    class Meta:
        table = "kept_answer"
        unique_together = (("account_id", "key"),)

    @classmethod
    async def run_once(
        cls, account_id: UUID, key: str | None, request: list[Any], action: Callable[[], Awaitable[UUID]]
    ) -> UUID:
        """Run the action in one transaction and return the id of what it changed; repeat the outcome of a known key.

        Of two concurrent requests with one key the second waits for the first. A refusal is an outcome too: the action
        is rolled back and the refusal stored. Raises KeyReused if the key was used for another request before.
        """
        if key is None:
            async with in_transaction():
                return await action()
        fingerprint = _fingerprint(request)
        now, refusal = clock.now(), None
        async with in_transaction():
            claimed = await database.fetch(_CLAIM, [account_id, key, fingerprint, now, now - KEPT_FOR])
            if not claimed:
                return (await cls.get(account_id=account_id, key=key))._repeat_outcome(fingerprint)
            try:
                async with in_transaction():  # a savepoint: a refusal rolls back the action, not this row
                    subject_id = await action()
                await cls.filter(id=claimed[0]["id"]).update(subject_id=subject_id)
            except Refusal as refused:
                refusal = refused
                await cls.filter(id=claimed[0]["id"]).update(refusal=refused.to_json())
        if refusal:
            raise refusal
        return subject_id

    def _repeat_outcome(self, fingerprint: str) -> UUID:
        if self.asked != fingerprint:
            raise KeyReused
        if self.refusal:
            raise refusals.from_json(self.refusal)
        if self.subject_id is None:
            raise RuntimeError("A stored key without an outcome cannot have been committed.")
        return self.subject_id

    @classmethod
    async def purge(cls) -> int:
        return await batches.remove(cls.filter(kept_at__lt=clock.now() - KEPT_FOR))
