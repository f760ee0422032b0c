"""Premises: the forms by which administration keeps clinics and doctors."""

import strawberry


@strawberry.input(description="A new clinic; rules that are left out have their usual values.")
class OpenClinicInput:
    name: str = strawberry.field(description="Poradnia kardiologiczna; at most 200 characters.")
    description: str = strawberry.field(default="", description="What it treats, for whom.")
    address: str = strawberry.field(description="Street, number, postal code and town, in one line.")
    phone: str = strawberry.field(description="Reception's telephone.")
    days_ahead: int | None = strawberry.field(default=None, description="From 1 to 365; usually 90.")
    minimum_notice_minutes: int | None = strawberry.field(default=None, description="Up to 14 days; usually 60.")
    cancel_until_minutes: int | None = strawberry.field(default=None, description="Up to 30 days; usually 0.")
    planned_visits_per_patient: int | None = strawberry.field(default=None, description="From 1 to 50; usually 3.")


@strawberry.input(description="What to change of a clinic and its rules; what is left out stays.")
class ChangeClinicInput:
    clinic_id: strawberry.ID = strawberry.field(description="Which clinic.")
    name: str | None = strawberry.field(default=None, description="At most 200 characters.")
    description: str | None = strawberry.field(default=None, description="What it treats, for whom.")
    address: str | None = strawberry.field(default=None, description="In one line.")
    phone: str | None = strawberry.field(default=None, description="Reception's telephone.")
    days_ahead: int | None = strawberry.field(default=None, description="From 1 to 365.")
    minimum_notice_minutes: int | None = strawberry.field(default=None, description="Up to 14 days.")
    cancel_until_minutes: int | None = strawberry.field(default=None, description="Up to 30 days.")
    planned_visits_per_patient: int | None = strawberry.field(default=None, description="From 1 to 50.")


@strawberry.input(description="A new doctor.")
class AddDoctorInput:
    title: str = strawberry.field(default="", description="lek., dr n. med.")
    first_name: str = strawberry.field(description="Given name.")
    last_name: str = strawberry.field(description="Surname.")
    specialties: list[str] = strawberry.field(description="In Polish, such as kardiolog; at most 10.")
    licence: str | None = strawberry.field(default=None, description="PWZ: seven digits, checked; not shown to anyone.")
    clinic_ids: list[strawberry.ID] = strawberry.field(description="Where the doctor sees patients; at least one.")


@strawberry.input(description="What to change of a doctor; what is left out stays.")
class ChangeDoctorInput:
    doctor_id: strawberry.ID = strawberry.field(description="Which doctor.")
    title: str | None = strawberry.field(default=None, description="lek., dr n. med.")
    first_name: str | None = strawberry.field(default=None, description="Given name.")
    last_name: str | None = strawberry.field(default=None, description="Surname.")
    specialties: list[str] | None = strawberry.field(default=None, description="All of them, anew.")
    licence: str | None = strawberry.field(default=None, description='PWZ; "" removes it.')
    clinic_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="All of them, anew. One in which the doctor has slots to come cannot be left out."
    )
