"""Reception: what it looks at: visits, patients, calls to make, messages, and why a slot is refused."""

from datetime import date

import strawberry

from models import call_list, objection, patient_search, staff
from models.audit import AuditEntry as AuditRow
from resolvers.finding import FINDERS
from schema.audit import AuditEntry
from schema.context import Info
from schema.desk import CallListEntry, VisitsFilter
from schema.directives import for_administrators, for_staff
from schema.fault import BadInput
from schema.limits import PAGED
from schema.message import Message, MessagesFilter
from schema.page import Connection, Page
from schema.patient import Patient
from schema.problem import Problem
from schema.scalars import kind_of, private_id
from schema.staff import StaffMember
from schema.staff_problem import problem_of
from schema.visit import Visit


@strawberry.type
class Reception:
    @strawberry.field(
        directives=[PAGED], extensions=[for_staff()], description="Visits in time order. `first` is at most 100."
    )
    async def visits(
        self, info: Info, filter: VisitsFilter, first: int = 50, after: str | None = None
    ) -> Connection[Visit]:  # fmt: skip
        page, sought = Page("visits", first, after), filter.sought()
        if sought.patient_id:
            await info.context.open_record(sought.patient_id)
        return Connection.of(await sought.visits(page.after, page.limit), page, "starts_at", Visit.of)

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="Patients by name; `search` is the beginning of a surname or given name (more words narrow it), in"
        " any case, with or without Polish letters; or a whole PESEL, document number, telephone or visit reference."
        " A list is no record: opening one (node, plannedVisits, pastVisits) is noted in the patient's accessLog.",
    )
    async def patients(self, search: str, first: int = 20, after: str | None = None) -> Connection[Patient]:
        page = Page("patients", first, after)
        if not patient_search.SHORTEST <= len(search.strip()) <= patient_search.LONGEST or "\0" in search:
            raise BadInput("`search` must be from 2 to 100 characters.")
        return Connection.of(
            await patient_search.found(search, page.after, page.limit), page, "sort_name", Patient.shown
        )

    @strawberry.field(
        extensions=[for_staff()],
        description="Visits of a local day whose patients could not be reached by letter or text, or whose doctor will"
        " be absent and who have not answered: telephone these, then markCalled. Without `clinicId`: of all clinics.",
    )
    async def call_list(self, day: date, clinic_id: strawberry.ID | None = None) -> list[CallListEntry]:
        place = private_id("Clinic", clinic_id) if clinic_id is not None else None
        return [CallListEntry.of(call) for call in await call_list.of_day(place, day)]

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="What was written and what became of it, latest first. Letters to colleagues: for administrators"
        " only. `first` is at most 100.",
    )
    async def messages(
        self, info: Info, filter: MessagesFilter, first: int = 50, after: str | None = None
    ) -> Connection[Message]:  # fmt: skip
        page, sought = Page("messages", first, after), filter.sought()
        if sought.patient_id:
            await info.context.open_record(sought.patient_id)
        rows = await sought.messages(info.context.me, page.after, page.limit)
        return Connection.of(rows, page, "created_at", Message.of)

    @strawberry.field(
        extensions=[for_staff()],
        description="Why a slot cannot be booked (by this patient): every rule that says no, not just the first; empty"
        " when it can.",
    )
    async def why_not_bookable(
        self, info: Info, slot_id: strawberry.ID, patient_id: strawberry.ID | None = None
    ) -> list[Problem]:
        patient = private_id("Patient", patient_id) if patient_id is not None else None
        found = await objection.against(private_id("Slot", slot_id), patient)
        return [problem_of(refusal, info.context) for refusal in found]

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_administrators()],
        description="All that was done with a patient's data, a visit, a slot, a message, or by a colleague, latest"
        " first; with colleagues' names and the reasons of overrides. `first` is at most 100.",
    )
    async def audit_trail(
        self, info: Info, subject_id: strawberry.ID, first: int = 50, after: str | None = None
    ) -> Connection[AuditEntry]:
        page = Page("auditTrail", first, after)
        if (kind := kind_of(subject_id)) not in FINDERS:
            raise BadInput("This is not an id of this service.")
        rows = await AuditRow.about(private_id(kind, subject_id), page.after, page.limit)
        names = await staff.names({row.account_id for row in rows if row.account_id})
        return Connection.of(rows, page, "at", lambda row: AuditEntry.of(row, info.context.language, names))

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_administrators()],
        description="Colleagues who may sign in, in the order of their invitations. `first` is at most 100.",
    )
    async def staff(self, first: int = 50, after: str | None = None) -> Connection[StaffMember]:
        page = Page("staff", first, after)
        return Connection.of(await staff.listed(page.after, page.limit), page, "created_at", StaffMember.of)
