"""Clinic administration: the inputs and results of adding and changing clinics and doctors.

They are not in clinic.py and doctor.py, because their refusals contain slots: imports would be circular.
"""

from typing import Annotated

import strawberry

from models.schedules.clinic_admin import ClinicDetails, DoctorDetails
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.problems.booking import InvalidInput
from schema.problems.schedule import ClinicExists, DoctorExists
from schema.scalars import optional_ids, private_ids

LICENCE = "seven digits, the first of which is a check digit (Naczelna Izba Lekarska)"


@strawberry.input(description="A new clinic. Rules that are omitted get their default values.")
class OpenClinicInput:
    name: str = strawberry.field(
        description="The name in Polish, such as `Poradnia kardiologiczna`: 1 to 200 characters."
    )
    description: str = strawberry.field(
        default="", description="What the clinic treats, and for whom: at most 2000 characters."
    )
    address: str = strawberry.field(
        description="Street, number, postal code and town, in one line: 1 to 300 characters."
    )
    phone: str = strawberry.field(
        description="Reception's telephone number: at most 40 characters, no letters; Polish if it has no country code."
    )
    days_ahead: int | None = strawberry.field(default=None, description="See BookingRules: 1 to 365, by default 90.")
    minimum_notice_minutes: int | None = strawberry.field(
        default=None, description="See BookingRules: 0 to 20160, by default 60."
    )
    cancel_until_minutes: int | None = strawberry.field(
        default=None, description="See BookingRules: 0 to 43200, by default 0."
    )
    planned_visits_per_patient: int | None = strawberry.field(
        default=None, description="See BookingRules: 1 to 50, by default 3."
    )
    is_another: bool = strawberry.field(
        default=False,
        description="Confirms that this is a different clinic, even though the name and address are the same"
        " (ClinicExists).",
    )

    def to_model(self) -> ClinicDetails:
        return ClinicDetails(
            name=self.name,
            description=self.description,
            address=self.address,
            phone=self.phone,
            days_ahead=self.days_ahead,
            minimum_notice_minutes=self.minimum_notice_minutes,
            cancel_until_minutes=self.cancel_until_minutes,
            planned_visits_per_patient=self.planned_visits_per_patient,
        )


@strawberry.input(description="Changes to a clinic or its rules. Fields that are omitted or null stay as they are.")
class ChangeClinicInput:
    clinic_id: strawberry.ID = strawberry.field(description="The clinic to change.")
    name: str | None = strawberry.field(default=None, description="The new name: 1 to 200 characters.")
    description: str | None = strawberry.field(
        default=None, description="What the clinic treats, and for whom: at most 2000 characters."
    )
    address: str | None = strawberry.field(
        default=None, description="The new address, in one line: 1 to 300 characters."
    )
    phone: str | None = strawberry.field(
        default=None, description="Reception's new telephone number, in the same format as in OpenClinicInput."
    )
    days_ahead: int | None = strawberry.field(default=None, description="See BookingRules: 1 to 365.")
    minimum_notice_minutes: int | None = strawberry.field(default=None, description="See BookingRules: 0 to 20160.")
    cancel_until_minutes: int | None = strawberry.field(default=None, description="See BookingRules: 0 to 43200.")
    planned_visits_per_patient: int | None = strawberry.field(default=None, description="See BookingRules: 1 to 50.")
    is_another: bool = strawberry.field(
        default=False,
        description="Confirms that this is a different clinic, even though the name and address are the same"
        " (ClinicExists).",
    )

    def to_model(self) -> ClinicDetails:
        return ClinicDetails(
            name=self.name,
            description=self.description,
            address=self.address,
            phone=self.phone,
            days_ahead=self.days_ahead,
            minimum_notice_minutes=self.minimum_notice_minutes,
            cancel_until_minutes=self.cancel_until_minutes,
            planned_visits_per_patient=self.planned_visits_per_patient,
        )


@strawberry.input(description="A new doctor.")
class AddDoctorInput:
    title: str = strawberry.field(
        default="", description="The title, such as `lek.` or `dr n. med.`: at most 60 characters."
    )
    first_name: str = strawberry.field(description="Given name, 1 to 100 characters.")
    last_name: str = strawberry.field(description="Surname, 1 to 100 characters.")
    specialties: list[str] = strawberry.field(
        description="Specialties in Polish, such as `kardiolog`: at most 10, each of 1 to 100 characters."
    )
    licence: str | None = strawberry.field(
        default=None,
        description=f"The licence number (PWZ): {LICENCE}. The API never returns it. It must be unique.",
    )
    clinic_ids: list[strawberry.ID] = strawberry.field(
        description="The clinics in which the doctor sees patients: at least one."
    )
    is_another: bool = strawberry.field(
        default=False,
        description="Confirms that this is a different person, even though the name is the same (DoctorExists).",
    )

    def to_model(self) -> DoctorDetails:
        return DoctorDetails(
            title=self.title,
            first_name=self.first_name,
            last_name=self.last_name,
            specialties=self.specialties,
            licence=self.licence,
            clinic_ids=private_ids("Clinic", self.clinic_ids),
        )


@strawberry.input(description="Changes to a doctor. Fields that are omitted or null stay as they are.")
class ChangeDoctorInput:
    doctor_id: strawberry.ID = strawberry.field(description="The doctor to change.")
    title: str | None = strawberry.field(default=None, description="The new title: at most 60 characters.")
    first_name: str | None = strawberry.field(default=None, description="The new given name, 1 to 100 characters.")
    last_name: str | None = strawberry.field(default=None, description="The new surname, 1 to 100 characters.")
    specialties: list[str] | None = strawberry.field(
        default=None, description="All specialties, which replace the current ones: at most 10."
    )
    licence: str | None = strawberry.field(
        default=None, description=f'The licence number (PWZ): {LICENCE}; an empty string ("") removes it.'
    )
    clinic_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="All of the doctor's clinics, which replace the current ones. Omitting a clinic in which the doctor"
        " still has future slots is refused: InvalidInput, NOT_AVAILABLE.",
    )

    def to_model(self) -> DoctorDetails:
        return DoctorDetails(
            title=self.title,
            first_name=self.first_name,
            last_name=self.last_name,
            specialties=self.specialties,
            licence=self.licence,
            clinic_ids=optional_ids("Clinic", self.clinic_ids),
        )


OpenClinicResult = Annotated[Clinic | InvalidInput | ClinicExists, strawberry.union("OpenClinicResult")]
ChangeClinicResult = Annotated[Clinic | InvalidInput | ClinicExists, strawberry.union("ChangeClinicResult")]
AddDoctorResult = Annotated[Doctor | InvalidInput | DoctorExists, strawberry.union("AddDoctorResult")]
ChangeDoctorResult = Annotated[Doctor | InvalidInput, strawberry.union("ChangeDoctorResult")]
