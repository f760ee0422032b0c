"""Partner: a system of others that follows the centre's events with a key; sees its own clinics only."""

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
from models import clock, seal
from models.audit import AuditEntry
from models.intake import NAME_LENGTH
from models.partner_refusal import PartnerNotFound

if TYPE_CHECKING:
    from models.account import Account

KEY_PREFIX = "erp_"  # tells a key from a session's token, and lets scanners of leaked secrets find it


class Partner(Model):
    """`tokens` and `refilled_at`: what is left of its budget, see models/allowance.py."""

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
        """The partner and its first key, which is told this once."""
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
            key = await PartnerKey.new_for(partner)
            await AuditEntry.record("add_partner", account=by, subject_id=partner.id)
        return partner, key

    @classmethod
    async def rotate_key(cls, partner_id: UUID, *, by: "Account") -> tuple[Self, str, datetime]:
        """A new key; the others stay good for the overlap, until the time that is given back too."""
        async with in_transaction():
            partner = await cls._lock(partner_id)
            ends_at = clock.now() + timedelta(hours=settings.PARTNER_KEY_OVERLAP_HOURS)
            await PartnerKey.good().filter(partner_id=partner.id, ends_at=None).update(ends_at=ends_at)
            key = await PartnerKey.new_for(partner)
            await AuditEntry.record("rotate_partner_key", account=by, subject_id=partner.id)
        return partner, key, ends_at

    @classmethod
    async def remove(cls, partner_id: UUID, *, by: "Account") -> Self:
        """All its keys end now; its open streams follow within seconds."""
        async with in_transaction():
            partner = await cls._lock(partner_id)
            partner.removed_at = clock.now()
            await partner.save(update_fields=["removed_at"])
            await PartnerKey.good().filter(partner_id=partner.id).update(ends_at=clock.now())
            await AuditEntry.record("remove_partner", account=by, subject_id=partner.id)
        return partner

    @classmethod
    async def _lock(cls, partner_id: UUID) -> Self:
        partner = await cls.filter(id=partner_id, removed_at=None).select_for_update().first()
        if partner is None:
            raise PartnerNotFound
        return partner

    @classmethod
    async def listed(cls) -> list[Self]:
        return await cls.filter(removed_at=None).order_by("name", "id")


class PartnerKey(Model):
    """Only its hash is kept: a lost key is rotated, not looked up."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField("models.Partner", on_delete=fields.RESTRICT)
    key_hash = fields.CharField(64, unique=True)
    created_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)

    class Meta:
        table = "partner_key"

    @classmethod
    async def new_for(cls, partner: Partner) -> str:
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        await cls.create(partner=partner, key_hash=seal.token_hash(key), created_at=clock.now())
        return key

    @classmethod
    def good(cls) -> QuerySet[Self]:
        return cls.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))

    @classmethod
    async def of_key(cls, key: str) -> Self | None:
        """The row of a key that is still good, with its partner."""
        return await cls.good().filter(key_hash=seal.token_hash(key)).select_related("partner").first()

    @classmethod
    async def still_good(cls, ids: Collection[UUID]) -> set[UUID]:
        return {row.id for row in await cls.good().filter(id__in=ids).only("id")}


class PartnerStream(Model):
    """A subscription that a partner has open, in whichever process; it lapses when nobody renews it."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    partner: fields.ForeignKeyRelation[Partner] = fields.ForeignKeyField("models.Partner", on_delete=fields.CASCADE)
    lapses_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "partner_stream"
