"""Event: what happened to slots and visits, as partners may know it; append-only, ids and times only."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models import clock


class Happening(StrEnum):
    SLOTS_PUBLISHED = "SlotsPublished"
    SLOTS_WITHDRAWN = "SlotsWithdrawn"
    VISIT_BOOKED = "VisitBooked"
    VISIT_RESCHEDULED = "VisitRescheduled"
    VISIT_CANCELLED = "VisitCancelled"


class Event(Model):
    """`position` is given later, in the order of commits, by the one relay: a serial column would not be that order."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    position = fields.BigIntField(null=True, unique=True)
    occurred_at = fields.DatetimeField()
    clinic_id = fields.UUIDField()
    happening = fields.CharEnumField(Happening, max_length=30)
    details: dict[str, Any] = fields.JSONField()

    @classmethod
    async def append(cls, happening: Happening, clinic_id: UUID, **details: Any) -> Self:
        """Joins the caller's transaction: what is rolled back never happened."""
        plain = {name: str(value) if isinstance(value, UUID) else value for name, value in details.items()}
        return await cls.create(occurred_at=clock.now(), clinic_id=clinic_id, happening=happening, details=plain)
