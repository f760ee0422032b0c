"""Event: something that happened to slots or visits, as partners may see it: only ids and times, immutable."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from infra import clock

SLOT_NAMES = ("slot_id", "from_slot_id", "to_slot_id")


class EventType(StrEnum):
    SLOTS_PUBLISHED = "SlotsPublished"
    SLOTS_WITHDRAWN = "SlotsWithdrawn"
    VISIT_BOOKED = "VisitBooked"
    VISIT_RESCHEDULED = "VisitRescheduled"
    VISIT_CANCELLED = "VisitCancelled"


class Event(Model):
    """`position` is assigned after the commit by one relay at a time, as a serial would not follow commit order."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    position = fields.BigIntField(null=True, unique=True)
    occurred_at = fields.DatetimeField()
    clinic_id = fields.UUIDField()
    happening = fields.CharEnumField(EventType, max_length=30)
    details: dict[str, Any] = fields.JSONField()

    @classmethod
    async def append(cls, happening: EventType, clinic_id: UUID, **details: Any) -> Self:
        """Append an event in the transaction of the change itself, so that a change rolled back leaves no event."""
        plain = {name: str(value) if isinstance(value, UUID) else value for name, value in details.items()}
        return await cls.create(occurred_at=clock.now(), clinic_id=clinic_id, happening=happening, details=plain)

    @property
    def slot_ids(self) -> list[str]:
        """The slots that the event is about."""
        return [*self.details.get("slot_ids", []), *(self.details[name] for name in SLOT_NAMES if name in self.details)]
