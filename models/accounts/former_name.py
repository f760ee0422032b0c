"""Former name (poprzednie nazwisko): a name that a patient used before and by which reception can still find them."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models.accounts.patient import Patient


class FormerName(Model):
    """`until`: when the record's name was changed. The database indexes the words of the name for the search."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="former_names", on_delete=fields.CASCADE
    )
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    until: datetime = fields.DatetimeField()
    patient_id: UUID

    class Meta:
        table = "former_name"

    @classmethod
    async def find_for(cls, patient_ids: Collection[UUID]) -> dict[UUID, list[Self]]:
        """The former names of each of these patients, latest first."""
        found: dict[UUID, list[Self]] = {id_: [] for id_ in patient_ids}
        for name in await cls.filter(patient_id__in=list(patient_ids)).order_by("-until", "-id"):
            found[name.patient_id].append(name)
        return found
