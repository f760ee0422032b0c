"""Clinic access: a receptionist whose work is limited to some clinics has no access to the others."""

from collections.abc import Collection, Iterable
from uuid import UUID

from infra import database
from models.refusals.schedule import ClinicNotYours

# For each kind of object, the clinics to which it belongs. An absence belongs to all of its doctor's clinics.
_CLINICS_OF = {
    "Clinic": "SELECT unnest(:ids::uuid[]) AS clinic_id",
    "Slot": "SELECT clinic_id FROM slot WHERE id = ANY(:ids::uuid[])",
    "Visit": "SELECT clinic_id FROM visit WHERE id = ANY(:ids::uuid[])",
    "Schedule": "SELECT clinic_id FROM schedule WHERE id = ANY(:ids::uuid[])",
    "WaitingListEntry": "SELECT clinic_id FROM waiting_list_entry WHERE id = ANY(:ids::uuid[])",
    "Offer": """
        SELECT slot.clinic_id FROM offer JOIN slot ON slot.id = offer.slot_id WHERE offer.id = ANY(:ids::uuid[])
        UNION SELECT visit.clinic_id FROM offer JOIN visit ON visit.id = offer.visit_id
        WHERE offer.id = ANY(:ids::uuid[])
    """,
    "Message": """
        SELECT visit.clinic_id FROM message JOIN visit ON visit.id = message.visit_id
        WHERE message.id = ANY(:ids::uuid[])
        UNION SELECT slot.clinic_id FROM message
        JOIN offer ON offer.id::text = message.details->>'offer_id' JOIN slot ON slot.id = offer.slot_id
        WHERE message.id = ANY(:ids::uuid[])
    """,
    "Call": """
        SELECT visit.clinic_id FROM phone_call JOIN visit ON visit.id = phone_call.visit_id
        WHERE phone_call.id = ANY(:ids::uuid[])
    """,
    "Absence": """
        SELECT doctor_clinic.clinic_id FROM absence JOIN doctor_clinic ON doctor_clinic.doctor_id = absence.doctor_id
        WHERE absence.id = ANY(:ids::uuid[])
    """,
    "Doctor": "SELECT clinic_id FROM doctor_clinic WHERE doctor_id = ANY(:ids::uuid[])",
}
OF_CLINICS = frozenset(_CLINICS_OF) - {"Doctor"}


async def allows(allowed: Collection[UUID], kind: str, ids: Iterable[UUID]) -> bool:
    """Whether these objects belong only to the allowed clinics; objects that do not exist belong to none."""
    rows = await database.fetch(_CLINICS_OF[kind], {"ids": list(ids)})
    return {UUID(str(row["clinic_id"])) for row in rows} <= set(allowed)


async def check(allowed: Collection[UUID], named: Iterable[tuple[str, UUID]]) -> None:
    """Raise ClinicNotYours if one of these objects, each given with its kind, belongs to another clinic."""
    by_kind: dict[str, list[UUID]] = {}
    for kind, id_ in named:
        by_kind.setdefault(kind, []).append(id_)
    for kind, ids in by_kind.items():
        if not await allows(allowed, kind, ids):
            raise ClinicNotYours
