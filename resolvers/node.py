"""Finding: whatever has an id, again by its id; each kind shown to whom it is shown elsewhere."""

from uuid import UUID

import strawberry

from models import correspondence, staff
from models.absence import Absence as AbsenceRow
from models.account import Role
from models.audit import AuditEntry as AuditRow
from models.clinic import Clinic as ClinicRow
from models.doctor import Doctor as DoctorRow
from models.offer import Offer as OfferRow
from models.partner import Partner as PartnerRow
from models.patient import Patient as PatientRow
from models.schedule import Schedule as ScheduleRow
from models.slot import Slot as SlotRow
from models.visit import Visit as VisitRow
from models.visit_facts import SHOWN
from models.waiting_list import WaitingListEntry as EntryRow
from schema.absence import Absence
from schema.audit import AuditEntry
from schema.clinic import Clinic
from schema.context import Context, Info
from schema.directives import Anybody
from schema.doctor import Doctor
from schema.fault import BadInput
from schema.message import Message
from schema.node import Node
from schema.offer import Offer
from schema.partner import Partner
from schema.patient import Patient
from schema.scalars import kind_of, private_id
from schema.schedule import Schedule
from schema.slot import Slot
from schema.staff import StaffMember
from schema.visit import Visit
from schema.waiting_list import WaitingListEntry


async def _clinic(context: Context, id_: UUID) -> Clinic | None:
    row = await ClinicRow.get_or_none(id=id_)
    return Clinic.of(row) if row else None


async def _doctor(context: Context, id_: UUID) -> Doctor | None:
    row = await DoctorRow.get_or_none(id=id_)
    return Doctor.of(row) if row else None


async def _slot(context: Context, id_: UUID) -> Slot | None:
    row = await SlotRow.get_or_none(id=id_).select_related("clinic", "doctor")
    return Slot.of(row, context.viewer) if row else None


async def _visit(context: Context, id_: UUID) -> Visit | None:
    if context.is_staff:
        found = await VisitRow.get_or_none(id=id_).select_related(*SHOWN)
        return Visit.of(found) if found else None
    row = await VisitRow.of_patient(id_, context.patient) if context.viewer else None
    return Visit.of(row) if row else None


async def _patient(context: Context, id_: UUID) -> Patient | None:
    if context.is_staff and (row := await PatientRow.get_or_none(id=id_).select_related("account")):
        await context.open_record(id_)
        return Patient.shown(row)
    return Patient.of(context.patient, context.me.email) if id_ == context.viewer else None


async def _audit_entry(context: Context, id_: UUID) -> AuditEntry | None:
    row = await AuditRow.get_or_none(id=id_, patient_id=context.viewer) if context.viewer else None
    return AuditEntry.of(row, context.language) if row else None


async def _message(context: Context, id_: UUID) -> Message | None:
    row = await correspondence.of(id_, context.me) if context.is_staff else None
    return Message.of(row) if row else None


async def _staff_member(context: Context, id_: UUID) -> StaffMember | None:
    row = await staff.of(id_) if context.role == Role.ADMINISTRATOR else None
    return StaffMember.of(row) if row else None


async def _entry(context: Context, id_: UUID) -> WaitingListEntry | None:
    if context.viewer is None:
        return None
    row = await EntryRow.waiting(context.viewer).filter(id=id_).select_related("clinic", "doctor").first()
    return WaitingListEntry.of(row) if row else None


async def _offer(context: Context, id_: UUID) -> Offer | None:
    found = OfferRow.shown([id_])
    row = await (found if context.is_staff else found.filter(patient_id=context.viewer)).first()
    return Offer.of(row) if row else None


async def _schedule(context: Context, id_: UUID) -> Schedule | None:
    row = await ScheduleRow.get_or_none(id=id_).select_related("doctor", "clinic") if context.is_staff else None
    return Schedule.of(row) if row else None


async def _absence(context: Context, id_: UUID) -> Absence | None:
    row = await AbsenceRow.get_or_none(id=id_).select_related("doctor") if context.is_staff else None
    return Absence.of(row) if row else None


async def _partner(context: Context, id_: UUID) -> Partner | None:
    row = await PartnerRow.get_or_none(id=id_) if context.role == Role.ADMINISTRATOR else None
    return Partner.of(row) if row else None


FINDERS = {
    "Absence": _absence,
    "AuditEntry": _audit_entry,
    "Clinic": _clinic,
    "Doctor": _doctor,
    "Slot": _slot,
    "Visit": _visit,
    "Patient": _patient,
    "Message": _message,
    "StaffMember": _staff_member,
    "WaitingListEntry": _entry,
    "Offer": _offer,
    "Partner": _partner,
    "Schedule": _schedule,
}


@strawberry.type
class Finding:
    @strawberry.field(
        extensions=[Anybody()],
        description="What has this id: a clinic, doctor or slot, or your own visit, offer, waiting list entry, audit"
        " entry or self (for reception: any visit, offer or patient, and a record so opened is noted in the patient's"
        " accessLog; schedules, absences and messages); else null.",
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        find = FINDERS.get(kind_of(id))
        if find is None:
            raise BadInput("This is not an id of this service.")
        found: Node | None = await find(info.context, private_id(kind_of(id), id))
        return found
