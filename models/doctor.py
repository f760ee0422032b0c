"""Doctor (lekarz): who sees patients, in which clinics."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model
from uuid6 import uuid7

from models.clinic import Clinic
from models.keyset import Key, behind
from models.spelling import folded


class Doctor(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    title = fields.CharField(60)
    first_name = fields.CharField(100)
    last_name = fields.CharField(100)
    search_name = fields.CharField(500, db_index=True)
    specialties: list[str] = ArrayField(element_type="text")
    clinics: fields.ManyToManyRelation[Clinic] = fields.ManyToManyField(
        "models.Clinic", through="doctor_clinic", related_name="doctors"
    )

    licence = fields.CharField(7, null=True, unique=True)

    @property
    def full_name(self) -> str:
        return f"{self.title} {self.first_name} {self.last_name}".strip()

    @classmethod
    async def added(cls, *, clinics: list[Clinic], **details: Any) -> Self:
        """`search_name` begins with the surname: lists are in its order."""
        name = cls.search_name_of(details["last_name"], details["first_name"], details["specialties"])
        doctor = await cls.create(search_name=name, **details)
        await doctor.clinics.add(*clinics)
        return doctor

    @staticmethod
    def search_name_of(last_name: str, first_name: str, specialties: list[str]) -> str:
        return folded(f"{last_name} {first_name} {' '.join(specialties)}")[:500]

    @classmethod
    async def listed(cls, clinic_id: UUID | None, search: str | None, after: Key | None, limit: int) -> list[Self]:
        """By surname; `search` is any part of name or specialty, in any case, with or without Polish letters."""
        query = cls.filter(behind("search_name", after))
        if clinic_id:
            query = query.filter(clinics__id=clinic_id)
        if search:
            query = query.filter(search_name__contains=folded(search))
        return await query.order_by("search_name", "id").limit(limit)

    @classmethod
    async def lock(cls, doctor_id: UUID) -> None:
        """First of all locks, before patients and slots: all who make or close a doctor's slots wait for each other."""
        await cls.filter(id=doctor_id).select_for_update(no_key=True).only("id")

    @classmethod
    async def with_clinics(cls, ids: Collection[UUID]) -> dict[UUID, list[Clinic]]:
        """The clinics of many doctors, each by name, in a constant number of statements."""
        found = await cls.filter(id__in=ids).prefetch_related("clinics")
        return {doctor.id: sorted(doctor.clinics, key=lambda clinic: clinic.search_name) for doctor in found}
