"""Visit details: a visit with all that answers and letters show of it, read by one prewritten statement."""

from functools import cache
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from infra import database
from infra.joined_rows import Joined
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot

if TYPE_CHECKING:
    from models.visits.visit import Visit

V = TypeVar("V", bound="Visit")

_FIND = """
    SELECT {columns}
    FROM visit
    JOIN clinic ON clinic.id = visit.clinic_id
    JOIN doctor ON doctor.id = visit.doctor_id
    JOIN slot ON slot.id = visit.slot_id
    JOIN patient ON patient.id = visit.patient_id
    LEFT JOIN account ON account.patient_id = patient.id
    WHERE visit.id = $1
"""


@cache
def _related() -> Joined:
    from models.visits.visit import Visit  # imported here because it imports this module

    return Joined(visit=Visit, clinic=Clinic, doctor=Doctor, slot=Slot, patient=Patient, account=Account)


async def find(kind: type[V], visit_id: UUID) -> V | None:
    related = _related()
    rows = await database.fetch_rows(_FIND.format(columns=related.columns), [visit_id])
    if not rows:
        return None
    row = rows[0]
    visit, patient = related.read("visit", kind, row), related.read("patient", Patient, row)
    vars(patient).update(_account=related.find("account", Account, row))
    vars(visit).update(  # as the ORM would set them
        _patient=patient,
        _clinic=related.read("clinic", Clinic, row),
        _doctor=related.read("doctor", Doctor, row),
        _slot=related.read("slot", Slot, row),
    )
    return visit
