"""Patient: the person behind an account, and their visits."""

from typing import Self

import strawberry

import models.patient
from models.account import Role
from models.audit import AuditEntry as AuditRow
from models.document import Document, Kind
from models.offer import Offer as OfferRow
from models.visit import Visit as VisitRow
from models.waiting_list import WaitingListEntry as EntryRow
from schema.audit import AuditEntry
from schema.context import Info
from schema.directives import Requires
from schema.limits import PAGED, at_most
from schema.node import Node
from schema.offer import Offer
from schema.page import Connection, Page
from schema.scalars import public_id
from schema.visit import Visit
from schema.waiting_list import WaitingListEntry

strawberry.enum(Kind, name="DocumentKind", description="What a person without a PESEL shows.")


@strawberry.type(description="A document that a person is known by; whole only for reception: revealPesel.")
class IdentityDocument:
    kind: Kind = strawberry.field(description="Which sort of document.")
    country: str = strawberry.field(description="Who issued it: two letters, ISO 3166-1, PL.")
    number_masked: str = strawberry.field(description="*****123.")

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(kind=document.kind, country=document.country, number_masked=document.masked)


@strawberry.type(description="A person for whom visits are booked.")
class Patient(Node):
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    pesel_masked: str = strawberry.field(
        description='*******1359; "" without one. The whole number: revealPesel, for reception.'
    )
    document: IdentityDocument | None = strawberry.field(description="What a person without a PESEL is known by.")
    email: str | None = strawberry.field(description="The address of the account, if there is one.")
    phone: str | None = strawberry.field(description="Telephone in E.164, +48501234567.")
    sms_reminders: bool = strawberry.field(description="Whether an SMS the day before a visit is wanted.")
    row: strawberry.Private[models.patient.Patient]

    @strawberry.field(
        directives=[PAGED], description='"Wizyty planowane": visits to come, soonest first. `first` is at most 100.'
    )
    async def planned_visits(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Visit]:
        await info.context.open_record(self.row.id)
        page = Page("plannedVisits", first, after)
        rows = await VisitRow.listed(self.row.id, page.after, page.limit, past=False)
        return Connection.of(rows, page, "starts_at", Visit.of)

    @strawberry.field(
        directives=[PAGED], description="Visits that are over or cancelled, latest first. `first` is at most 100."
    )
    async def past_visits(self, info: Info, first: int = 50, after: str | None = None) -> Connection[Visit]:
        await info.context.open_record(self.row.id)
        page = Page("pastVisits", first, after)
        rows = await VisitRow.listed(self.row.id, page.after, page.limit, past=True)
        return Connection.of(rows, page, "starts_at", Visit.of)

    @strawberry.field(
        extensions=[Requires(Role.PATIENT)],
        directives=[PAGED],
        description="What you wait for, in the order in which you joined; `offer` is what is kept for you now."
        " `first` is at most 100.",
    )
    async def waiting_list(self, first: int = 50, after: str | None = None) -> Connection[WaitingListEntry]:
        page = Page("waitingList", first, after)
        rows = await EntryRow.listed(self.row.id, page.after, page.limit)
        return Connection.of(rows, page, "joined_at", WaitingListEntry.of)

    @strawberry.field(
        directives=[at_most(10)],
        description="Terms that are kept for the patient: for a visit that cannot take place, or as they wait.",
    )
    async def offers(self) -> list[Offer]:
        return [Offer.of(row) for row in await OfferRow.standing(patient_id=self.row.id)]

    @strawberry.field(
        extensions=[Requires(Role.PATIENT, Role.ADMINISTRATOR)],
        directives=[PAGED],
        description="Who read or changed my data, in plain words, latest first. `first` is at most 100.",
    )
    async def access_log(self, info: Info, first: int = 50, after: str | None = None) -> Connection[AuditEntry]:
        page = Page("accessLog", first, after)
        rows = await AuditRow.about_patient(self.row.id, page.after, page.limit)
        return Connection.of(rows, page, "at", lambda row: AuditEntry.of(row, info.context.language))

    @classmethod
    def of(cls, row: models.patient.Patient, email: str | None) -> Self:
        return cls(
            id=public_id("Patient", row.id),
            first_name=row.first_name,
            last_name=row.last_name,
            pesel_masked=row.pesel_masked,
            document=IdentityDocument.of(row.document) if row.document else None,
            email=email,
            phone=row.phone,
            sms_reminders=row.sms_reminders,
            row=row,
        )

    @classmethod
    def shown(cls, row: models.patient.Patient) -> Self:
        """Of a row that was read with its account."""
        return cls.of(row, row.account.email if row.account else None)
