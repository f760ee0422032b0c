"""Desk queries: visits, patients, the call list, messages, the audit trail, and why a slot cannot be booked."""

from dataclasses import replace
from datetime import date
from typing import Annotated

import strawberry

from models.accounts import patient_search, staff
from models.accounts.patient import Patient as PatientRow
from models.audit import AuditEntry as AuditRow
from models.slots import slot_search
from models.visits import booking_check, call_list
from resolvers.node import FINDERS
from schema import wall_clock
from schema.access_rules import for_administrators, for_staff
from schema.audit import AuditEntry
from schema.context import Info
from schema.desk_lists import CallListEntry, VisitsFilter
from schema.execution.errors import BadUserInput
from schema.execution.limits import PAGED
from schema.message import Message, MessagesFilter
from schema.page import After, Connection, First, InClinic, Page
from schema.patient import Patient
from schema.problems.problem import Problem
from schema.problems.registry import problem_of
from schema.scalars import kind_of, optional_id, private_id
from schema.slot import Slot, SlotsFilter
from schema.visit import Visit

LARGEST_SHEET = 200
FirstOfSheet = Annotated[int, strawberry.argument(description="The number of rows per page: 1 to 200.")]
PatientSearch = Annotated[
    str,
    strawberry.argument(
        description="The beginning of a surname or given name, or a whole PESEL, document number, telephone number or"
        " visit reference: 2 to 100 characters. In a name, further words narrow the search; case and Polish diacritics"
        " do not matter."
    ),
]


@strawberry.type
class DeskQueries:
    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="The visits that meet the filter, earliest first.",
    )
    async def visits(
        self, info: Info, filter: VisitsFilter, first: First = 50, after: After = None
    ) -> Connection[Visit]:
        wall_clock.resolve_filter(from_=filter.from_, until=filter.until)
        page = Page("visits", first, after)
        wanted = replace(filter.to_model(), allowed_clinics=info.context.allowed_clinics)
        info.context.open_record(wanted.patient_id)
        return Connection.of(await wanted.find(page.after, page.limit), page, "starts_at", Visit.of)

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="Reception's sheet: the slots of a day or period, in any state, ordered by time and then by the"
        " doctor's surname.",
    )
    async def slots(
        self, info: Info, filter: SlotsFilter, first: FirstOfSheet = 100, after: After = None
    ) -> Connection[Slot]:
        page = Page("slots", first, after, LARGEST_SHEET)
        wanted = filter.to_model(info.context.language)
        if wanted.clinic_ids is None:
            wanted = replace(wanted, clinic_ids=info.context.allowed_clinics)
        rows = await wanted.find(page.after, page.limit)
        nodes = Slot.many(rows[: page.first], info.context.viewer)
        return Connection.from_rows(rows, page, slot_search.sheet_key, nodes)

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="The patients found, ordered by name. Each page adds an entry to the `accessLog` of the patients"
        " that it shows; so does opening a record (`node`, `plannedVisits`, `pastVisits`).",
    )
    async def patients(self, search: PatientSearch, first: First = 20, after: After = None) -> Connection[Patient]:
        page = Page("patients", first, after)
        if not patient_search.SHORTEST <= len(search.strip()) <= patient_search.LONGEST or "\0" in search:
            shortest, longest = patient_search.SHORTEST, patient_search.LONGEST
            raise BadUserInput(
                pl=f"`search` musi mieć od {shortest} do {longest} znaków, bez znaku NUL.",
                en=f"`search` must have {shortest} to {longest} characters, without NUL.",
            )
        return Connection.of(
            await patient_search.search(search, page.after, page.limit), page, "sort_name", Patient.with_account
        )

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="The records that have neither a PESEL nor a document yet (`toBeCompleted`), oldest first.",
    )
    async def patients_to_complete(self, first: First = 50, after: After = None) -> Connection[Patient]:
        page = Page("patientsToComplete", first, after)
        rows = await PatientRow.list_to_complete(page.after, page.limit)
        return Connection.of(rows, page, "created_at", Patient.with_account)

    @strawberry.field(
        extensions=[for_staff()],
        description="The visits of a local day about which the patients must be telephoned, earliest first. Either no"
        " message has reached the patient, or the doctor will be absent and the patient has not accepted another slot,"
        " or the clinic will be closed or the doctor retired. After the call, use `markCalled`.",
    )
    async def call_list(
        self,
        info: Info,
        day: Annotated[date, strawberry.argument(description="The local day of the visits.")],
        clinic_id: InClinic = None,
    ) -> list[CallListEntry]:
        calls = await call_list.list_for_day(optional_id("Clinic", clinic_id), day)
        return [CallListEntry.of(call) for call in calls if info.context.may_work_in(call.visit.clinic_id)]

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_staff()],
        description="The e-mails and text messages that meet the filter, latest first. Only administrators see messages"
        " to staff.",
    )
    async def messages(
        self, info: Info, filter: MessagesFilter, first: First = 50, after: After = None
    ) -> Connection[Message]:
        wall_clock.resolve_filter(from_=filter.from_, until=filter.until)
        page, wanted = Page("messages", first, after), filter.to_model()
        info.context.open_record(wanted.patient_id)
        rows = await wanted.find(info.context.me, page.after, page.limit)
        return Connection.of(rows, page, "created_at", Message.of)

    @strawberry.field(
        extensions=[for_staff()],
        description="All reasons why a slot cannot be booked, not just the first; empty if it can be booked.",
    )
    async def why_not_bookable(
        self,
        info: Info,
        slot_id: Annotated[strawberry.ID, strawberry.argument(description="The slot.")],
        patient_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="The patient. If given, their other visits are considered too; if omitted, the slot is"
                " checked for patients in general."
            ),
        ] = None,
    ) -> list[Problem]:
        info.context.open_record(asked := optional_id("Patient", patient_id))
        found = await booking_check.find_refusals(private_id("Slot", slot_id), asked)
        return [problem_of(refusal, info.context) for refusal in found]

    @strawberry.field(
        directives=[PAGED],
        extensions=[for_administrators()],
        description="All recorded actions on an object or by a member of staff, latest first, with the names of staff"
        " and the reasons for overrides.",
    )
    async def audit_trail(
        self,
        info: Info,
        subject_id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="Any `Node.id`, such as that of a patient, visit, slot, message or staff member."
            ),
        ],
        first: First = 50,
        after: After = None,
    ) -> Connection[AuditEntry]:
        page = Page("auditTrail", first, after)
        if (kind := kind_of(subject_id)) not in FINDERS:
            raise BadUserInput(pl="To nie jest identyfikator tej usługi.", en="This is not an id of this service.")
        id_ = private_id(kind, subject_id)
        ids = await PatientRow.find_aliases(await PatientRow.find_current_id(id_)) if kind == "Patient" else [id_]
        rows = await AuditRow.list_for_object(ids, page.after, page.limit)
        names = await staff.find_names({row.account_id for row in rows if row.account_id})
        return Connection.of(rows, page, "at", lambda row: AuditEntry.of(row, info.context.language, names))
