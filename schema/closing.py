"""Closing: the changes made when a clinic closes or reopens, or a doctor retires or returns."""

from datetime import date
from typing import Annotated, Any, Self

import strawberry

from models.schedules import closing
from models.visits.visit_search import VisitFilter
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.execution.limits import PAGED, at_most
from schema.page import After, Connection, First, Page
from schema.problems.booking import InvalidInput
from schema.problems.schedule import ClinicClosed, DoctorRetired
from schema.scalars import private_id
from schema.schedule import Schedule
from schema.visit import Visit

FROM = "The first local day: today at the earliest, at most 1098 days (three years) away."


@strawberry.type(
    description="The changes that closing a clinic or retiring a doctor makes, from the first day of the closing or"
    " retirement on."
)
class ClosingChanges:
    withdrawn_slots: int = strawberry.field(
        description="The number of free slots that are withdrawn, including held and offered ones."
    )
    ended_holds: int = strawberry.field(description="How many of these slots are held by patients themselves.")
    withdrawn_offers: int = strawberry.field(
        description="How many of these slots are offered; the patients are notified that the offer is withdrawn."
    )
    schedules: list[Schedule] = strawberry.field(
        directives=[at_most(20)], description="The schedules that will create no more slots from that day on."
    )
    waiting_list_entries: int = strawberry.field(
        description="The number of waiting list entries whose last day is that day or later. They are kept: see"
        " `waitingList`."
    )
    visits_total: int = strawberry.field(
        description="The number of booked visits from that day on. They stay booked, and appear on `callList` with the"
        " reason PLACE_CLOSED until they are moved or cancelled."
    )
    filter: strawberry.Private[VisitFilter]

    @strawberry.field(directives=[PAGED], description="These visits, earliest first.")
    async def visits(self, first: First = 50, after: After = None) -> Connection[Visit]:
        page = Page("closingVisits", first, after)
        return Connection.of(await self.filter.find(page.after, page.limit), page, "starts_at", Visit.of)

    @classmethod
    def of(cls, changes: closing.ClosingChanges) -> Self:
        return cls(
            withdrawn_slots=changes.withdrawn,
            ended_holds=changes.holds,
            withdrawn_offers=changes.offers,
            schedules=[Schedule.of(row) for row in changes.schedules],
            waiting_list_entries=changes.waiting,
            visits_total=changes.visit_count,
            filter=changes.visits,
        )


@strawberry.type(description="A clinic that is closed from a given day on.")
class ClosedClinic:
    clinic: Clinic = strawberry.field(description="The clinic.")
    changes: ClosingChanges = strawberry.field(description="The changes made.")


@strawberry.type(description="A doctor who sees no patients from a given day on.")
class RetiredDoctor:
    doctor: Doctor = strawberry.field(description="The doctor.")
    changes: ClosingChanges = strawberry.field(description="The changes made.")


@strawberry.type(description="The changes that reopening a clinic or reinstating a doctor would make.")
class ReopeningChanges:
    restored_slots: int = strawberry.field(
        description="The number of slots that would be restored: slots of schedules and slots added individually,"
        " unless they were withdrawn by hand or blocked."
    )


@strawberry.type(description="A clinic that is open again.")
class ReopenedClinic:
    clinic: Clinic = strawberry.field(description="The clinic.")
    restored_slots: int = strawberry.field(description="The number of slots that were restored.")


@strawberry.type(description="A doctor who sees patients again.")
class ReinstatedDoctor:
    doctor: Doctor = strawberry.field(description="The doctor.")
    restored_slots: int = strawberry.field(description="The number of slots that were restored.")


@strawberry.input(description="The clinic to close, and the first day of the closing.")
class CloseClinicInput:
    clinic_id: strawberry.ID = strawberry.field(description="The clinic.")
    from_: date = strawberry.field(name="from", description=FROM)

    def to_model(self) -> dict[str, Any]:
        return {"kind": closing.CLINIC, "id_": private_id("Clinic", self.clinic_id), "from_": self.from_}


@strawberry.input(description="The doctor who retires, and the first day of the retirement.")
class RetireDoctorInput:
    doctor_id: strawberry.ID = strawberry.field(description="The doctor.")
    from_: date = strawberry.field(name="from", description=FROM)

    def to_model(self) -> dict[str, Any]:
        return {"kind": closing.DOCTOR, "id_": private_id("Doctor", self.doctor_id), "from_": self.from_}


@strawberry.input(description="The clinic to open again.")
class ReopenClinicInput:
    clinic_id: strawberry.ID = strawberry.field(description="A clinic that is closed or is going to close.")

    def to_model(self) -> dict[str, Any]:
        return {"kind": closing.CLINIC, "id_": private_id("Clinic", self.clinic_id)}


@strawberry.input(description="The doctor who returns or stays after all.")
class ReinstateDoctorInput:
    doctor_id: strawberry.ID = strawberry.field(description="A doctor who has retired or is going to retire.")

    def to_model(self) -> dict[str, Any]:
        return {"kind": closing.DOCTOR, "id_": private_id("Doctor", self.doctor_id)}


PreviewClosingResult = Annotated[
    ClosingChanges | InvalidInput | ClinicClosed | DoctorRetired,
    strawberry.union(
        "PreviewClosingResult",
        description="The result of `previewCloseClinic` and `previewRetireDoctor`: either the requested object or a"
        " Problem that says why it was refused.",
    ),
]
PreviewReopeningResult = Annotated[
    ReopeningChanges | InvalidInput,
    strawberry.union(
        "PreviewReopeningResult",
        description="The result of `previewReopenClinic` and `previewReinstateDoctor`: either the requested object or a"
        " Problem that says why it was refused.",
    ),
]
CloseClinicResult = Annotated[ClosedClinic | InvalidInput | ClinicClosed, strawberry.union("CloseClinicResult")]
RetireDoctorResult = Annotated[RetiredDoctor | InvalidInput | DoctorRetired, strawberry.union("RetireDoctorResult")]
ReopenClinicResult = Annotated[ReopenedClinic | InvalidInput, strawberry.union("ReopenClinicResult")]
ReinstateDoctorResult = Annotated[ReinstatedDoctor | InvalidInput, strawberry.union("ReinstateDoctorResult")]
