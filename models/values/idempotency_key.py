"""Kept answer: what an idempotency key was answered, so that a repeated request changes nothing twice."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from models import clock, database
from models.refusal import KeyReused, Refusal

KEPT_FOR = timedelta(hours=24)

_CLAIM = """
    INSERT INTO kept_answer (account_id, key, asked, kept_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account_id, key) DO UPDATE SET asked = $3, kept_at = $4, subject_id = NULL, refusal = NULL
    WHERE kept_answer.kept_at < $5
    RETURNING id
"""


class KeptAnswer(Model):
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
    async def once(
        cls, account_id: UUID, key: str | None, asked: list[Any], deed: Callable[[], Awaitable[UUID]]
    ) -> UUID:
        """Do the deed in one transaction and give the id of what it changed; with a known key, the first answer again.

        Two requests with one key at once: the second waits for the first. A refusal is an answer too: the deed is
        undone, the refusal kept. Raises KeyReused when the key came with another request before.
        """
        if key is None:
            async with in_transaction():
                return await deed()
        fingerprint = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()
        now, refusal = clock.now(), None
        async with in_transaction():
            claimed = await database.rows(_CLAIM, [account_id, key, fingerprint, now, now - KEPT_FOR])
            if not claimed:
                return (await cls.get(account_id=account_id, key=key))._again(fingerprint)
            try:
                async with in_transaction():  # a savepoint: a refusal undoes the deed, not its memory
                    subject_id = await deed()
                await cls.filter(id=claimed[0]["id"]).update(subject_id=subject_id)
            except Refusal as refused:
                refusal = refused
                await cls.filter(id=claimed[0]["id"]).update(refusal=refused.frozen())
        if refusal:
            raise refusal
        return subject_id

    def _again(self, fingerprint: str) -> UUID:
        if self.asked != fingerprint:
            raise KeyReused
        if self.refusal:
            raise Refusal.thawed(self.refusal)
        if self.subject_id is None:
            raise RuntimeError("A kept answer without an answer cannot have been committed.")
        return self.subject_id

    @classmethod
    async def purge(cls) -> int:
        return await cls.filter(kept_at__lt=clock.now() - KEPT_FOR).delete()
