"""Clinic (poradnia): a place with doctors, and what it allows online."""

from datetime import datetime
from typing import Any, Self

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models.keyset import Key, behind
from models.spelling import folded


class Clinic(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    name = fields.CharField(200)
    search_name = fields.CharField(200, db_index=True)
    description = fields.TextField(default="")
    address = fields.CharField(300)
    phone = fields.CharField(40)
    days_ahead = fields.IntField(default=90)
    minimum_notice_minutes = fields.IntField(default=60)
    cancel_until_minutes = fields.IntField(default=0)
    planned_visits_per_patient = fields.IntField(default=3)

    @classmethod
    async def opened(cls, name: str, **details: Any) -> Self:
        return await cls.create(name=name, search_name=folded(name), **details)

    @classmethod
    async def listed(cls, search: str | None, after: Key | None, limit: int) -> list[Self]:
        """By name; `search` is any part of it, in any case, with or without Polish letters."""
        query = cls.filter(behind("search_name", after))
        if search:
            query = query.filter(search_name__contains=folded(search))
        return await query.order_by("search_name", "id").limit(limit)

    def term(self, starts_at: datetime) -> dict[str, str]:
        """What letters and texts say of a term here: no name of the clinic, no doctor."""
        return {"starts_at": starts_at.isoformat(), "address": self.address, "phone": self.phone}
