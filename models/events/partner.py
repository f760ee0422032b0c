"""Partner: another organisation's system, which uses a key to read the events of some clinics."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import batches, clock, crypto
from models.audit import AuditEntry
from models.refusals.partner import PartnerNotFound
from models.values.form import NAME_LENGTH

if TYPE_CHECKING:
    from models.accounts.account import Account

KEY_PREFIX = "erp_"  # distinguishes a key from a session token, and lets scanners of leaked secrets find it


class Partner(Model):
    """`tokens` and `refilled_at`: its token bucket, see partner_quota.py."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    name = fields.CharField(NAME_LENGTH)
    clinic_ids: list[UUID] = ArrayField(element_type="uuid")
    shows_references = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)
    tokens = fields.FloatField()
    refilled_at = fields.DatetimeField()

    @classmethod
    async def add(
        cls, name: str, clinic_ids: Collection[UUID], *, shows_references: bool, by: "Account"
    ) -> tuple[Self, str]:
        """Add a partner; returns it with its first key, which cannot be shown again."""
        now = clock.now()
        async with in_transaction():
            partner = await cls.create(
                name=name,
                clinic_ids=sorted(set(clinic_ids)),
                shows_references=shows_references,
                created_at=now,
                tokens=settings.PARTNER_COST_PER_MINUTE,
                refilled_at=now,
            )
            key = await PartnerKey.issue(partner)
            await AuditEntry.record("add_partner", account=by, subject_id=partner.id)
        return partner, key

    @classmethod
    async def rotate_key(
        cls, partner_id: UUID, *, by: "Account", end_others_now: bool = False
    ) -> tuple[Self, str, datetime]:
        """Issue a new key; the other keys stay valid until the returned time, at most for the usual overlap."""
        async with in_transaction():
            partner = await cls._lock(partner_id)
            overlap = 0 if end_others_now else settings.PARTNER_KEY_OVERLAP_HOURS
            ends_at = clock.now() + timedelta(hours=overlap)
            later = Q(ends_at=None) | Q(ends_at__gt=ends_at)
            await PartnerKey.filter(later, partner_id=partner.id).update(ends_at=ends_at)
            key = await PartnerKey.issue(partner)
            await AuditEntry.record("rotate_partner_key", account=by, subject_id=partner.id)
        return partner, key, ends_at

    @classmethod
    async def remove(cls, partner_id: UUID, *, by: "Account") -> Self:
        """Remove the partner: its keys end now, its open subscriptions within seconds."""
        async with in_transaction():
            partner = await cls._lock(partner_id)
            partner.removed_at = clock.now()
            await partner.save(update_fields=["removed_at"])
            await PartnerKey.valid().filter(partner_id=partner.id).update(ends_at=clock.now())
            await AuditEntry.record("remove_partner", account=by, subject_id=partner.id)
        return partner

    @classmethod
    async def _lock(cls, partner_id: UUID) -> Self:
        partner = await cls.filter(id=partner_id, removed_at=None).select_for_update().first()
        if partner is None:
            raise PartnerNotFound
        return partner

    @classmethod
    async def list_all(cls) -> list[Self]:
        return await cls.filter(removed_at=None).order_by("name", "id")

    @classmethod
    async def purge(cls) -> int:
        """Delete removed partners once the audit trail no longer contains entries about them."""
        before = clock.now() - timedelta(days=366 * settings.AUDIT_YEARS)
        return await batches.remove(cls.filter(removed_at__lt=before))


class PartnerKey(Model):
    """Only the hash is stored: a lost key is replaced, not looked up."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField("models.Partner", on_delete=fields.RESTRICT)
    key_hash = fields.CharField(64, unique=True)
    created_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)

    class Meta:
        table = "partner_key"

    @classmethod
    async def issue(cls, partner: Partner) -> str:
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        await cls.create(partner=partner, key_hash=crypto.hash_token(key), created_at=clock.now())
        return key

    @classmethod
    def valid(cls) -> QuerySet[Self]:
        return cls.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))

    @classmethod
    async def find_by_key(cls, key: str) -> Self | None:
        """The row of this key with its partner, if the key is valid now."""
        return await cls.valid().filter(key_hash=crypto.hash_token(key)).select_related("partner").first()

    @classmethod
    async def purge(cls) -> int:
        before = clock.now() - timedelta(days=settings.ENDED_SESSION_DAYS)
        return await batches.remove(cls.filter(ends_at__lt=before))

    @classmethod
    async def filter_valid(cls, ids: Collection[UUID]) -> set[UUID]:
        return {row.id for row in await cls.valid().filter(id__in=ids).only("id")}


class PartnerStream(Model):
    """A partner's open subscription, in any process; it counts until `lapses_at`, which that process postpones."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField("models.Partner", on_delete=fields.CASCADE)
    lapses_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "partner_stream"
