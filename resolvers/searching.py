"""Searching: clinics, doctors and free terms; everybody may look."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from models import correspondence, staff, vacancy
from models.account import Role
from models.audit import AuditEntry as AuditRow
from models.clinic import Clinic as ClinicRow
from models.doctor import Doctor as DoctorRow
from models.patient import Patient as PatientRow
from models.slot import Slot as SlotRow
from models.visit import Visit as VisitRow
from models.visit_facts import SHOWN
from schema.audit import AuditEntry
from schema.clinic import Clinic
from schema.context import Context, Info
from schema.directives import Anybody, for_staff
from schema.doctor import Doctor
from schema.fault import BadInput
from schema.limits import PAGED, at_most
from schema.message import Message
from schema.node import Node
from schema.page import Connection, Page
from schema.patient import Patient
from schema.scalars import kind_of, private_id
from schema.service_hours import ServiceHours
from schema.slot import FreeDay, FreeSlotsFilter, Slot
from schema.staff import StaffMember
from schema.visit import Visit

LONGEST_SEARCH = 100


def _searchable(text: str | None) -> str | None:
    if text is not None and (len(text) > LONGEST_SEARCH or "\0" in text):
        raise BadInput(f"`search` must be at most {LONGEST_SEARCH} characters.")
    return text


@strawberry.type
class Searching:
    @strawberry.field(
        extensions=[Anybody()],
        description="What has this id: a clinic, doctor or slot, or your own visit, audit entry or self (for reception:"
        " any visit or patient, and a record so opened is noted in the patient's accessLog); else null.",
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        find = FINDERS.get(kind_of(id))
        if find is None:
            raise BadInput("This is not an id of this service.")
        found: Node | None = await find(info.context, private_id(kind_of(id), id))
        return found

    @strawberry.field(extensions=[Anybody()], description="When e-registration is open.")
    def service_hours(self) -> ServiceHours:
        return ServiceHours.at_present()

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Clinics by name; `search` is any part of it, in any case, with or without Polish letters."
        " `first` is at most 100.",
    )
    async def clinics(self, search: str | None = None, first: int = 50, after: str | None = None) -> Connection[Clinic]:
        page = Page("clinics", first, after)
        rows = await ClinicRow.listed(_searchable(search), page.after, page.limit)
        return Connection.of(rows, page, "search_name", Clinic.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Doctors by surname; `search` is any part of name or specialty, in any case, with or without"
        " Polish letters. `first` is at most 100.",
    )
    async def doctors(
        self,
        clinic_id: strawberry.ID | None = None,
        search: str | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Doctor]:
        page = Page("doctors", first, after)
        place = private_id("Clinic", clinic_id) if clinic_id is not None else None
        rows = await DoctorRow.listed(place, _searchable(search), page.after, page.limit)
        return Connection.of(rows, page, "search_name", Doctor.of)

    @strawberry.field(
        extensions=[Anybody()],
        directives=[PAGED],
        description="Slots that can be booked online now, in time order. `first` is at most 100.",
    )
    async def free_slots(
        self, info: Info, filter: FreeSlotsFilter, first: int = 50, after: str | None = None
    ) -> Connection[Slot]:  # fmt: skip
        page, viewer = Page("freeSlots", first, after), info.context.viewer
        if filter.beyond_rules:
            for_staff().check(info.context)
        rows = await vacancy.free_slots(filter.wanted(), viewer, page.after, page.limit)
        return Connection.of_many(rows, page, "starts_at", Slot.many(rows[: page.first], viewer))

    @strawberry.field(
        extensions=[Anybody()],
        directives=[at_most(vacancy.LONGEST_CALENDAR_DAYS)],
        description="How many slots are free on each local day from `from` to `until` (included), at most 92 days;"
        " days without any are left out.",
    )
    async def free_days(
        self,
        info: Info,
        clinic_id: strawberry.ID,
        from_: Annotated[date, strawberry.argument(name="from")],
        until: date,
        doctor_id: strawberry.ID | None = None,
    ) -> list[FreeDay]:
        doctors = None if doctor_id is None else [private_id("Doctor", doctor_id)]
        if not 0 <= (until - from_).days < vacancy.LONGEST_CALENDAR_DAYS:
            raise BadInput(f"`from` must not be after `until`, and at most {vacancy.LONGEST_CALENDAR_DAYS} days apart.")
        wanted = vacancy.Wanted.on_days(private_id("Clinic", clinic_id), doctors, from_, until)
        days = await vacancy.free_days(wanted, info.context.viewer)
        return [FreeDay(date=day.date, free_slots=day.free_slots, first_starts_at=day.first_starts_at) for day in days]


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


FINDERS = {
    "AuditEntry": _audit_entry,
    "Clinic": _clinic,
    "Doctor": _doctor,
    "Slot": _slot,
    "Visit": _visit,
    "Patient": _patient,
    "Message": _message,
    "StaffMember": _staff_member,
}
