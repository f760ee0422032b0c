"""Absence: a period in which a doctor sees no patients, and what it means for booked visits."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

import models.slots.absence
from models.schedules import absence_rebooking
from models.schedules.absence_rebooking import AbsenceNotice, ReportedAbsence
from schema import wall_clock
from schema.doctor import Doctor
from schema.execution.limits import at_most
from schema.node import Node
from schema.offer import Offer
from schema.patient import Patient
from schema.problems.booking import InvalidInput
from schema.problems.schedule import ClinicNotYours
from schema.scalars import private_id, public_id
from schema.visit import Visit


@strawberry.type(description="A period in which a doctor sees no patients.")
class Absence(Node):
    doctor: Doctor = strawberry.field(description="The absent doctor.")
    starts_at: datetime = strawberry.field(description="When the absence starts.")
    ends_at: datetime = strawberry.field(description="When the absence ends, exclusive.")
    reason: str = strawberry.field(description="The reason, for colleagues. Patients never see it.")
    reported_at: datetime = strawberry.field(description="When the absence was reported.")
    ended_at: datetime | None = strawberry.field(description="When `endAbsence` ended it early; null if nobody did.")

    @classmethod
    def of(cls, row: models.slots.absence.Absence) -> Self:
        return cls(
            id=public_id("Absence", row.id),
            doctor=Doctor.of(row.doctor),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=row.reason,
            reported_at=row.reported_at,
            ended_at=row.ended_at,
        )


@strawberry.type(
    description="A booked visit that cannot take place because the doctor is absent. It stays booked until the patient"
    " decides."
)
class AffectedVisit:
    visit: Visit = strawberry.field(description="The visit, as it is booked.")
    patient: Patient = strawberry.field(
        description="The patient. If they have no e-mail address, they have not been notified: telephone them."
    )
    offer: Offer = strawberry.field(description="The offer of another slot. Its `slot` is null if none was found.")


@strawberry.type(description="The changes made when an absence was reported.")
class AbsenceReport:
    absence: Absence = strawberry.field(description="The absence that is now recorded.")
    withdrawn_slots: int = strawberry.field(description="The number of free slots that were withdrawn.")
    affected_visits: list[AffectedVisit] = strawberry.field(
        description="The booked visits that cannot take place, earliest first."
    )

    @classmethod
    def of(cls, reported: ReportedAbsence, emails: dict[UUID | None, str | None]) -> Self:
        affected = [
            AffectedVisit(
                visit=Visit.of(visit),
                patient=Patient.of(visit.patient, emails.get(visit.patient_id)),
                offer=Offer.of(offer),
            )
            for visit, offer in reported.affected
        ]
        return cls(absence=Absence.of(reported.absence), withdrawn_slots=reported.withdrawn, affected_visits=affected)


@strawberry.type(description="The changes that reporting an absence would make.")
class AbsencePreview:
    withdrawn_slots: int = strawberry.field(description="The number of free slots that would be withdrawn.")
    affected_visits: list[Visit] = strawberry.field(
        directives=[at_most(50)], description="The booked visits that could not take place, earliest first."
    )

    @classmethod
    def of(cls, preview: absence_rebooking.AbsencePreview) -> Self:
        return cls(withdrawn_slots=preview.withdrawn, affected_visits=[Visit.of(row) for row in preview.visits])


@strawberry.input(description="The absence of a doctor.")
class ReportAbsenceInput:
    doctor_id: strawberry.ID = strawberry.field(description="The absent doctor.")
    from_: datetime = strawberry.field(name="from", description="When the absence starts; may lie in the past.")
    until: datetime = strawberry.field(
        description="When the absence ends, exclusive; in the future, and at most 366 days after `from`."
    )
    reason: str = strawberry.field(
        description="The reason, for colleagues: 1 to 500 characters. Patients never see it."
    )
    offer_minutes: int | None = strawberry.field(
        default=None,
        description="For how many minutes the offered slots are held: 1 to 20160 (14 days). Default: 1440, a day"
        " (setting ABSENCE_OFFER_MINUTES). Every offer ends before the visit starts.",
    )

    def to_model(self) -> AbsenceNotice:
        moments = wall_clock.resolve(from_=self.from_, until=self.until)
        return AbsenceNotice(
            doctor_id=private_id("Doctor", self.doctor_id),
            starts_at=moments["from_"],
            ends_at=moments["until"],
            reason=self.reason,
            offer_minutes=self.offer_minutes,
        )


@strawberry.input(description="The early end of a doctor's absence.")
class EndAbsenceInput:
    absence_id: strawberry.ID = strawberry.field(description="The absence to end now.")

    def to_model(self) -> dict[str, Any]:
        return {"absence_id": private_id("Absence", self.absence_id)}


PreviewAbsenceResult = Annotated[
    AbsencePreview | InvalidInput | ClinicNotYours, strawberry.union("PreviewAbsenceResult")
]
ReportAbsenceResult = Annotated[AbsenceReport | InvalidInput | ClinicNotYours, strawberry.union("ReportAbsenceResult")]
