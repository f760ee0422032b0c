"""Phone call (telefon): the outcome of a call to a patient about a visit; details are in the visit's history."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from infra.keyset import Key, rows_after
from models.visits.visit import WITH_DETAILS, Visit
from models.visits.visit_history import VisitChange

MAX_TRIES_SHOWN = 10
WITH_VISIT = ("change", *(f"visit__{name}" for name in WITH_DETAILS))


class CallOutcome(StrEnum):
    """Only REACHED takes a visit off the call list."""

    REACHED = "REACHED"
    NO_ANSWER = "NO_ANSWER"
    LEFT_MESSAGE = "LEFT_MESSAGE"


class PhoneCall(Model):
    """Note and caller are in `change`. Calls recorded by earlier releases have no row: they reached the patient."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    change: fields.OneToOneRelation[VisitChange] = fields.OneToOneField(
        "models.VisitChange", related_name="call", on_delete=fields.RESTRICT
    )
    visit: fields.ForeignKeyRelation[Visit] = fields.ForeignKeyField(
        "models.Visit", related_name="calls", on_delete=fields.RESTRICT
    )
    at = fields.DatetimeField()
    outcome = fields.CharEnumField(CallOutcome, max_length=20)
    again_at: datetime | None = fields.DatetimeField(null=True)
    visit_id: UUID

    class Meta:
        table = "phone_call"

    @classmethod
    async def get_with_details(cls, call_id: UUID) -> Self | None:
        return await cls.get_or_none(id=call_id).select_related(*WITH_VISIT)

    @classmethod
    async def list_page(
        cls, patient_id: UUID, after: Key | None, limit: int, clinic_ids: Collection[UUID] | None = None
    ) -> list[Self]:
        """The calls to a patient, latest first; only about visits in these clinics, if they are given."""
        query = cls.filter(rows_after("at", after, descending=True), visit__patient_id=patient_id)
        if clinic_ids is not None:
            query = query.filter(visit__clinic_id__in=list(clinic_ids))
        return await query.order_by("-at", "-id").limit(limit).select_related(*WITH_VISIT)

    @classmethod
    async def find_tries(cls, visit_ids: Collection[UUID]) -> dict[UUID, list[Self]]:
        """The calls about each visit since its patient was last reached, latest first."""
        found: dict[UUID, list[Self]] = {id_: [] for id_ in visit_ids}
        reached = set[UUID]()
        calls = cls.filter(visit_id__in=list(visit_ids)).order_by("-at", "-id")
        for call in await calls.select_related(*WITH_VISIT):
            if call.outcome is CallOutcome.REACHED:
                reached.add(call.visit_id)
            elif call.visit_id not in reached and len(found[call.visit_id]) < MAX_TRIES_SHOWN:
                found[call.visit_id].append(call)
        return found
