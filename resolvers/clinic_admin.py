"""Clinic administration: administrators add and change clinics and doctors."""

import strawberry

from models.schedules import clinic_admin
from schema.access_rules import for_administrators
from schema.clinic import Clinic
from schema.clinic_admin import (
    AddDoctorInput,
    AddDoctorResult,
    ChangeClinicInput,
    ChangeClinicResult,
    ChangeDoctorInput,
    ChangeDoctorResult,
    OpenClinicInput,
    OpenClinicResult,
)
from schema.context import Info
from schema.doctor import Doctor
from schema.scalars import private_id


@strawberry.type
class ClinicAdminMutations:
    @strawberry.mutation(extensions=[for_administrators()], description="Add a clinic with its rules.")
    async def open_clinic(self, info: Info, input: OpenClinicInput) -> OpenClinicResult:
        details, by = input.to_model(), info.context.me
        return Clinic.of(await clinic_admin.open_clinic(details, by=by, is_another=input.is_another))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Change a clinic or its rules. Visits that are already booked stay as they are.",
    )
    async def change_clinic(self, info: Info, input: ChangeClinicInput) -> ChangeClinicResult:
        clinic_id, by = private_id("Clinic", input.clinic_id), info.context.me
        row = await clinic_admin.change_clinic(clinic_id, input.to_model(), by=by, is_another=input.is_another)
        return Clinic.of(row)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Add a doctor. The doctor has no slots until a schedule is published (`publishSchedule`).",
    )
    async def add_doctor(self, info: Info, input: AddDoctorInput) -> AddDoctorResult:
        details, by = input.to_model(), info.context.me
        return Doctor.of(await clinic_admin.add_doctor(details, by=by, is_another=input.is_another))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Change a doctor's data, or the clinics in which the doctor sees patients.",
    )
    async def change_doctor(self, info: Info, input: ChangeDoctorInput) -> ChangeDoctorResult:
        doctor_id = private_id("Doctor", input.doctor_id)
        return Doctor.of(await clinic_admin.change_doctor(doctor_id, input.to_model(), by=info.context.me))
