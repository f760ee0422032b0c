"""Clinic (poradnia): a place with doctors, and its rules for online booking."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model
from uuid6 import uuid7

from infra import clock, database
from infra.keyset import Key, rows_after
from infra.transliteration import fold


class Clinic(Model):
    """`closed_from`: the first local day on which it is closed (schedules/closing.py)."""

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
    closed_from = fields.DateField(null=True)

    @property
    def is_closed(self) -> bool:
        return self.closed_from is not None and self.closed_from <= clock.today()

    @classmethod
    async def open(cls, name: str, **details: Any) -> Self:
        return await cls.create(name=name, search_name=fold(name), **details)

    @classmethod
    async def lock(cls, clinic_id: UUID) -> None:
        """Lock the clinic, before any patient; code that adds slots takes a shared lock on it (`Doctor.lock`)."""
        database.require_transaction()
        await cls.filter(id=clinic_id).select_for_update(no_key=True).only("id")

    @classmethod
    async def list_page(
        cls, search: str | None, after: Key | None, limit: int, *, with_closed: bool = False
    ) -> list[Self]:
        """Clinics by name; `search` matches any part of the name, in any case, with or without Polish letters."""
        query = cls.filter(rows_after("search_name", after))
        if not with_closed:
            query = query.filter(Q(closed_from=None) | Q(closed_from__gt=clock.today()))
        if search:
            query = query.filter(search_name__contains=fold(search))
        return await query.order_by("search_name", "id").limit(limit)

    def describe_slot(self, starts_at: datetime) -> dict[str, str]:
        """What letters and texts say about a slot here; it names neither the clinic nor the doctor."""
        return {"starts_at": starts_at.isoformat(), "address": self.address, "phone": self.phone}
