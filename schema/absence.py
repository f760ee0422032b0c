"""Absence: a doctor will not be there; what that means for visits, and who is to be told how."""

from datetime import datetime
from typing import Self

import strawberry

import models.absence
from models.relief import Relief
from schema.doctor import Doctor
from schema.node import Node
from schema.offer import Offer
from schema.patient import Patient
from schema.scalars import public_id
from schema.visit import Visit


@strawberry.type(description="A time in which a doctor sees nobody.")
class Absence(Node):
    doctor: Doctor = strawberry.field(description="Who.")
    starts_at: datetime = strawberry.field(description="Begin.")
    ends_at: datetime = strawberry.field(description="End, excluded.")
    reason: str = strawberry.field(description="Why, for colleagues.")
    reported_at: datetime = strawberry.field(description="When it was reported.")
    ended_at: datetime | None = strawberry.field(description="When the doctor was reported back, if that was earlier.")

    @classmethod
    def of(cls, row: models.absence.Absence) -> Self:
        return cls(
            id=public_id("Absence", row.id),
            doctor=Doctor.of(row.doctor),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=row.reason,
            reported_at=row.reported_at,
            ended_at=row.ended_at,
        )


@strawberry.type(description="A visit that cannot take place as booked. It stays booked until its patient decides.")
class AffectedVisit:
    visit: Visit = strawberry.field(description="As it is booked.")
    patient: Patient = strawberry.field(description="Whose it is; without an e-mail address: telephone.")
    offer: Offer = strawberry.field(description="What is offered instead; without a slot: nothing could be found.")


@strawberry.type(description="What a reported absence has changed.")
class AbsenceReport:
    absence: Absence = strawberry.field(description="The time that is closed now.")
    withdrawn_slots: int = strawberry.field(description="How many free slots were withdrawn.")
    affected_visits: list[AffectedVisit] = strawberry.field(description="In order of time.")

    @classmethod
    def of(cls, relief: Relief, emails: dict[object, str | None]) -> Self:
        affected = [
            AffectedVisit(
                visit=Visit.of(visit),
                patient=Patient.of(visit.patient, emails.get(visit.patient_id)),
                offer=Offer.of(offer),
            )
            for visit, offer in relief.affected
        ]
        return cls(absence=Absence.of(relief.absence), withdrawn_slots=relief.withdrawn, affected_visits=affected)


@strawberry.input(description="A doctor will not be there.")
class ReportAbsenceInput:
    doctor_id: strawberry.ID = strawberry.field(description="Who.")
    from_: datetime = strawberry.field(name="from", description="Begin; may lie in the past.")
    until: datetime = strawberry.field(description="End, excluded.")
    reason: str = strawberry.field(description="Why, for colleagues; at most 500 characters. Patients are not told.")
    offer_minutes: int | None = strawberry.field(
        default=None,
        description="How long the offered terms are held; left out: a day (setting ABSENCE_OFFER_MINUTES).",
    )


@strawberry.input(description="The doctor is back earlier.")
class EndAbsenceInput:
    absence_id: strawberry.ID = strawberry.field(description="The absence.")
