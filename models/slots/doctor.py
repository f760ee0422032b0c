"""Doctor (lekarz): a person who sees patients, with the clinics in which they work."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.models import Model
from uuid6 import uuid7

from infra import clock, database
from infra.keyset import Key, rows_after
from infra.transliteration import fold
from models.slots.clinic import Clinic


class Doctor(Model):
    """`retired_from`: the first local day on which they no longer see patients (schedules/closing.py)."""

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
    retired_from = fields.DateField(null=True)

    @property
    def full_name(self) -> str:
        return f"{self.title} {self.first_name} {self.last_name}".strip()

    @classmethod
    async def add(cls, *, clinics: list[Clinic], **details: Any) -> Self:
        """Add a doctor; `search_name` begins with the surname because lists are ordered by it."""
        name = cls.build_search_name(details["last_name"], details["first_name"], details["specialties"])
        doctor = await cls.create(search_name=name, **details)
        await doctor.clinics.add(*clinics)
        return doctor

    @staticmethod
    def build_search_name(last_name: str, first_name: str, specialties: list[str]) -> str:
        return fold(f"{last_name} {first_name} {' '.join(specialties)}")[:500]

    @classmethod
    async def list_page(
        cls, clinic_id: UUID | None, search: str | None, after: Key | None, limit: int, *, with_retired: bool = False
    ) -> list[Self]:
        """Doctors by surname; `search` is part of a name or specialty, in any case, with or without Polish letters."""
        query = cls.filter(rows_after("search_name", after))
        if not with_retired:
            query = query.filter(Q(retired_from=None) | Q(retired_from__gt=clock.today()))
        if clinic_id:
            query = query.filter(clinics__id=clinic_id)
        if search:
            query = query.filter(search_name__contains=fold(search))
        return await query.order_by("search_name", "id").limit(limit)

    @classmethod
    async def lock(cls, doctor_id: UUID) -> None:
        """Lock the doctor, first in the order doctor, patient, slots; everything that adds or closes slots does so.

        The doctor's clinics cannot close in the meantime.
        """
        database.require_transaction()
        await cls.filter(id=doctor_id).select_for_update(no_key=True).only("id")
        await database.fetch(_SHARE_CLINICS, {"doctor_id": doctor_id})

    @classmethod
    async def find_clinics(cls, ids: Collection[UUID], *, with_closed: bool) -> dict[UUID, list[Clinic]]:
        """The clinics of each doctor, ordered by name, in two statements for any number of doctors."""
        found = await cls.filter(id__in=ids).prefetch_related("clinics")
        return {
            doctor.id: sorted(
                (clinic for clinic in doctor.clinics if with_closed or not clinic.is_closed),
                key=lambda clinic: clinic.search_name,
            )
            for doctor in found
        }


_SHARE_CLINICS = """
    SELECT clinic.id FROM clinic JOIN doctor_clinic ON doctor_clinic.clinic_id = clinic.id
    WHERE doctor_clinic.doctor_id = :doctor_id::uuid
    ORDER BY clinic.id
    FOR SHARE OF clinic
"""
