"""Node: fetches any object by its id, under the access rules that apply to it elsewhere."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.accounts import staff
from models.accounts.account import Role
from models.accounts.patient import Patient as PatientRow
from models.audit import AuditEntry as AuditRow
from models.events.partner import Partner as PartnerRow
from models.schedules.schedule import Schedule as ScheduleRow
from models.slots.absence import Absence as AbsenceRow
from models.slots.clinic import Clinic as ClinicRow
from models.slots.doctor import Doctor as DoctorRow
from models.slots.slot import Slot as SlotRow
from models.visits import clinic_access, message_search
from models.visits.phone_call import PhoneCall
from models.visits.visit import WITH_DETAILS
from models.visits.visit import Visit as VisitRow
from models.waiting.offer import Offer as OfferRow
from models.waiting.waiting_list import WaitingListEntry as EntryRow
from schema.absence import Absence
from schema.access_rules import Anybody
from schema.audit import AuditEntry
from schema.clinic import Clinic
from schema.context import Context, Info
from schema.doctor import Doctor
from schema.execution.errors import BadUserInput
from schema.message import Message
from schema.node import Node
from schema.offer import Offer
from schema.partner import Partner
from schema.patient import Patient
from schema.phone_call import Call
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
        found = await VisitRow.get_or_none(id=id_).select_related(*WITH_DETAILS)
        return Visit.of(found) if found else None
    row = await VisitRow.find_for_patient(id_, context.patient) if context.viewer else None
    return Visit.of(row) if row else None


async def _patient(context: Context, id_: UUID) -> Patient | None:
    current = await PatientRow.find_current_id(id_)  # the id of a claim stays valid when the claim joins the record
    if context.is_staff and (row := await PatientRow.get_or_none(id=current).select_related("account")):
        return Patient.with_account(row)
    return Patient.of(context.patient, context.me.email) if current == context.viewer else None


async def _audit_entry(context: Context, id_: UUID) -> AuditEntry | None:
    if context.viewer is None:
        return None
    ids = await PatientRow.find_aliases(context.viewer)
    row = await AuditRow.of_patient(ids, is_claim=context.patient.is_claim).get_or_none(id=id_)
    return AuditEntry.of(row, context.language) if row else None


async def _message(context: Context, id_: UUID) -> Message | None:
    row = await message_search.get(id_, context.me) if context.is_staff else None
    return Message.of(row) if row else None


async def _staff_member(context: Context, id_: UUID) -> StaffMember | None:
    row = await staff.get(id_) if context.role == Role.ADMINISTRATOR else None
    return StaffMember.of(row) if row else None


async def _entry(context: Context, id_: UUID) -> WaitingListEntry | None:
    row = await EntryRow.find_open(id_) if context.role else None
    if row is None or not (context.is_staff or row.patient_id == context.viewer):
        return None
    return WaitingListEntry.of(row)


async def _offer(context: Context, id_: UUID) -> Offer | None:
    found = OfferRow.find_with_details([id_])
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


async def _call(context: Context, id_: UUID) -> Call | None:
    row = await PhoneCall.get_with_details(id_) if context.is_staff else None
    return Call.of(row) if row else None


FINDERS = {
    "Call": _call,
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


LIMITED = clinic_access.OF_CLINICS - {"Clinic", "Slot"}  # clinics and slots are visible to everybody


@strawberry.type
class NodeQuery:
    @strawberry.field(
        extensions=[Anybody()],
        description="The object with this id; null if it does not exist or the caller may not see it. Everybody may see"
        " clinics, doctors and slots; patients also see themselves and their own visits, offers, waiting list entries"
        " and audit entries. Reception sees all visits, offers, waiting list entries, calls, patients, schedules,"
        " absences and messages, or only those of certain clinics if their work is limited to these; patients can see"
        " in their `accessLog` that their data were opened. Administrators also see staff and partners.",
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Any `Node.id`.")]
    ) -> Node | None:
        find = FINDERS.get(kind_of(id))
        if find is None:
            raise BadUserInput(pl="To nie jest identyfikator tej usługi.", en="This is not an id of this service.")
        kind, key, allowed = kind_of(id), private_id(kind_of(id), id), info.context.allowed_clinics
        if allowed is not None and kind in LIMITED and not await clinic_access.allows(allowed, kind, [key]):
            return None
        found: Node | None = await find(info.context, key)
        return found
