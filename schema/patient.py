"""Patient: a person for whom visits are booked, and their visits, offers and waiting list."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

import models.accounts.former_name
import models.accounts.patient
from models.accounts.account import Role
from models.audit import AuditEntry as AuditRow
from models.values.identity_document import DocumentKind, SeenDocument
from models.values.identity_document import IdentityDocument as Document
from models.values.visit_status import Status
from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit as VisitRow
from models.waiting.offer import Offer as OfferRow
from models.waiting.waiting_list import WaitingListEntry as EntryRow
from schema.access_rules import Requires, for_staff
from schema.audit import AuditEntry
from schema.context import STAFF, Info
from schema.execution.limits import PAGED, at_most
from schema.node import Node
from schema.offer import Offer
from schema.page import After, Connection, First, Page
from schema.reading_audit import Shown
from schema.scalars import public_id
from schema.visit import Visit

if TYPE_CHECKING:
    from schema.phone_call import Call
    from schema.waiting_list import WaitingListEntry


@strawberry.type(
    description="The identity document of a person without a PESEL. `revealPesel` shows reception the whole number."
)
class IdentityDocument:
    kind: DocumentKind = strawberry.field(description="The kind of document.")
    country: str = strawberry.field(description="The issuing country: two letters (ISO 3166-1), such as `UA`.")
    number_masked: str = strawberry.field(
        description="The number with all but its last three characters replaced by asterisks, such as `*****123`."
    )

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(kind=document.kind, country=document.country, number_masked=document.masked)


@strawberry.type(description="A former name of a patient.")
class FormerName:
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    until: datetime = strawberry.field(description="When the record's name was changed.")

    @classmethod
    def of(cls, row: models.accounts.former_name.FormerName) -> Self:
        return cls(first_name=row.first_name, last_name=row.last_name, until=row.until)


@strawberry.type(description="A person for whom visits are booked.")
class Patient(Node):
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    pesel_masked: str = strawberry.field(
        description="The PESEL with all but its last four digits replaced by asterisks, such as `*******1359`; an empty"
        " string if there is none. `revealPesel` shows reception the whole number."
    )
    document: IdentityDocument | None = strawberry.field(
        description="The document by which a person without a PESEL is identified; null if there is none."
    )
    phone: str | None = strawberry.field(
        description="The telephone number in E.164 form, such as `+48501234567`; null if unknown."
    )
    sms_reminders: bool = strawberry.field(description="Whether the patient wants an SMS on the day before each visit.")
    identity_confirmed_at: datetime | None = strawberry.field(
        description="When reception confirmed the patient's identity by a document; null while the identity is only"
        " claimed. Until it is confirmed, an account shows only what was done through it."
    )
    identity_seen: SeenDocument | None = strawberry.field(
        description="The document that reception saw; null if it has not seen one yet."
    )
    to_be_completed: bool = strawberry.field(
        description="Whether the record has neither a PESEL nor a document yet, because the patient has only"
        " telephoned."
    )
    account_email: strawberry.Private[str | None]
    row: strawberry.Private[models.accounts.patient.Patient]

    @strawberry.field(
        description="The e-mail address of the patient's account; null if there is none. Until the"
        " identity is confirmed, reception also sees the address of the account that it opened for the patient."
    )
    async def email(self, info: Info) -> str | None:
        if self.account_email or self.row.is_claim or self.row.identity_confirmed_at or not info.context.is_staff:
            return self.account_email
        return await info.context.invited_emails.load(self.row.id)

    @strawberry.field(
        extensions=[Requires(*STAFF)],
        directives=[at_most(3)],
        description="The patient's former names, latest first. `patients` finds the patient by them, too.",
    )
    async def former_names(self, info: Info) -> list[FormerName]:
        return [FormerName.of(row) for row in await info.context.former_names.load(self.row.id)]

    @strawberry.field(
        extensions=[Requires(*STAFF)],
        description="The birth date: from the PESEL, or as stated by the patient; null if unknown.",
    )
    def birth_date(self) -> date | None:
        return self.row.birth_date

    @strawberry.field(
        extensions=[Requires(*STAFF)],
        description="The record to use instead, if this one is marked as a double (`markDouble`); otherwise null.",
    )
    async def double_of(self, info: Info) -> Annotated["Patient", strawberry.lazy("schema.patient")] | None:
        found = await info.context.patients.load(self.row.double_of_id) if self.row.double_of_id else None
        return Patient.with_account(found) if found else None

    @strawberry.field(
        directives=[PAGED],
        description="Planned visits (wizyty planowane): BOOKED or ARRIVED and not over yet, earliest first.",
    )
    async def planned_visits(self, info: Info, first: First = 50, after: After = None) -> Connection[Visit]:
        info.context.open_record(self.row.id)
        page = Page("plannedVisits", first, after)
        rows = await VisitRow.list_page(
            self.row.id, page.after, page.limit, past=False, clinic_ids=info.context.allowed_clinics
        )
        return Connection.of(rows, page, "starts_at", Visit.of)

    @strawberry.field(directives=[PAGED], description="Visits that are over or cancelled, latest first.")
    async def past_visits(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        status: Annotated[
            list[Status] | None, strawberry.argument(description="Only in one of these states; if omitted, in any.")
        ] = None,
    ) -> Connection[Visit]:
        info.context.open_record(self.row.id)
        page = Page("pastVisits", first, after)
        rows = await VisitRow.list_page(
            self.row.id,
            page.after,
            page.limit,
            past=True,
            statuses=status,
            clinic_ids=info.context.allowed_clinics,
        )
        return Connection.of(rows, page, "starts_at", Visit.of)

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, *STAFF)],
        directives=[PAGED],
        description="The patient's entries on the waiting list, oldest first.",
    )
    async def waiting_list(
        self, info: Info, first: First = 50, after: After = None
    ) -> Connection[Annotated["WaitingListEntry", strawberry.lazy("schema.waiting_list")]]:
        from schema.waiting_list import WaitingListEntry

        info.context.open_record(self.row.id)
        page = Page("waitingList", first, after)
        rows = await EntryRow.list_page(self.row.id, page.after, page.limit, info.context.allowed_clinics)
        return Connection.of(rows, page, "joined_at", WaitingListEntry.of)

    @strawberry.field(
        directives=[at_most(10)],
        description="The patient's open offers: for visits that cannot take place, and from the waiting list; oldest"
        " first.",
    )
    async def offers(self, info: Info) -> list[Offer]:
        info.context.open_record(self.row.id)
        rows = await OfferRow.find_standing(patient_id=self.row.id)
        return [Offer.of(row) for row in rows if row.slot and info.context.may_work_in(row.slot.clinic_id)]

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, Role.ADMINISTRATOR)],
        directives=[PAGED],
        description="Who read or changed the patient's data, in plain words, latest first. While the identity is not"
        " confirmed, the list contains only what was done through the account.",
    )
    async def access_log(
        self,
        info: Info,
        first: First = 50,
        after: After = None,
        by_others: Annotated[
            bool | None,
            strawberry.argument(
                description="True: only what others did; false: only what the patient did; if omitted, both."
            ),
        ] = None,
    ) -> Connection[AuditEntry]:
        info.context.open_record(self.row.id)
        page = Page("accessLog", first, after)
        ids = await self.row.find_aliases(self.row.id)
        rows = await AuditRow.list_for_patient(
            ids, page.after, page.limit, is_claim=self.row.is_claim, by_others=by_others
        )
        return Connection.of(rows, page, "at", lambda row: AuditEntry.of(row, info.context.language))

    @strawberry.field(
        extensions=[for_staff()],
        directives=[PAGED],
        description="The telephone calls to the patient about visits, latest first.",
    )
    async def calls(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Annotated["Call", strawberry.lazy("schema.phone_call")]]:
        from schema.phone_call import Call

        info.context.open_record(self.row.id)
        page = Page("calls", first, after)
        rows = await PhoneCall.list_page(self.row.id, page.after, page.limit, info.context.allowed_clinics)
        return Connection.of(rows, page, "at", Call.of)

    def shown(self) -> Shown:
        return "Patient", self.row.id, self.row.id

    @classmethod
    def of(cls, row: models.accounts.patient.Patient, email: str | None) -> Self:
        return cls(
            id=public_id("Patient", row.id),
            first_name=row.first_name,
            last_name=row.last_name,
            pesel_masked=row.pesel_masked,
            document=IdentityDocument.of(row.document) if row.document else None,
            account_email=email,
            phone=row.phone,
            sms_reminders=row.sms_reminders,
            identity_confirmed_at=row.identity_confirmed_at,
            identity_seen=row.identity_seen,
            to_be_completed=row.is_to_be_completed,
            row=row,
        )

    @classmethod
    def with_account(cls, row: models.accounts.patient.Patient) -> Self:
        """The patient of a row that was read together with its account."""
        return cls.of(row, row.account.email if row.account else None)
