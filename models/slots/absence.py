"""Absence (nieobecność): a time during which a doctor sees no patients; its reason is for colleagues only."""

from datetime import datetime
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet
from uuid6 import uuid7

from infra import clock
from models.slots.doctor import Doctor


class Absence(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField("models.Doctor", on_delete=fields.RESTRICT)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    reason = fields.CharField(500)
    reported_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    doctor_id: UUID

    @classmethod
    async def list_current(cls, doctor_id: UUID) -> list[Self]:
        """Current and future absences, ordered by start time."""
        current = cls.filter(doctor_id=doctor_id, ended_at=None, ends_at__gt=clock.now())
        return await current.order_by("starts_at", "id").select_related("doctor")

    @classmethod
    async def has_any(cls, doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> bool:
        return await cls.overlapping(doctor_id, starts_at, ends_at).exists()

    @classmethod
    async def find_reason(cls, doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> str | None:
        absence = await cls.overlapping(doctor_id, starts_at, ends_at).order_by("starts_at", "id").first()
        return absence.reason if absence else None

    @classmethod
    def overlapping(cls, doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> QuerySet[Self]:
        return cls.filter(doctor_id=doctor_id, ended_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at)
