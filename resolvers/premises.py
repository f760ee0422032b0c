"""Premises: administration opens clinics and adds doctors, and changes them."""

from typing import Any

import strawberry

from models import premises
from schema.clinic import Clinic
from schema.context import Info
from schema.directives import for_administrators
from schema.doctor import Doctor
from schema.premises import AddDoctorInput, ChangeClinicInput, ChangeDoctorInput, OpenClinicInput
from schema.scalars import private_id
from schema.schedule_result import AddDoctorResult, ChangeClinicResult, ChangeDoctorResult, OpenClinicResult


def _given(form: object, *without: str) -> dict[str, Any]:
    """What was filled in; None was left out."""
    return {name: value for name, value in vars(form).items() if value is not None and name not in without}


def _clinics(ids: list[strawberry.ID]) -> list[Any]:
    return [private_id("Clinic", id_) for id_ in ids]


@strawberry.type
class Premises:
    @strawberry.mutation(extensions=[for_administrators()], description="Open a clinic, with its rules.")
    async def open_clinic(self, info: Info, input: OpenClinicInput) -> OpenClinicResult:
        return Clinic.of(await premises.open_clinic(by=info.context.me, **_given(input)))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Change a clinic or its rules. Visits that are booked already stay as they are.",
    )
    async def change_clinic(self, info: Info, input: ChangeClinicInput) -> ChangeClinicResult:
        clinic_id = private_id("Clinic", input.clinic_id)
        return Clinic.of(await premises.change_clinic(clinic_id, by=info.context.me, **_given(input, "clinic_id")))

    @strawberry.mutation(
        extensions=[for_administrators()], description="Add a doctor. Then: publishSchedule makes slots."
    )
    async def add_doctor(self, info: Info, input: AddDoctorInput) -> AddDoctorResult:
        ids = _clinics(input.clinic_ids)
        return Doctor.of(
            await premises.add_doctor(by=info.context.me, clinic_ids=ids, **_given(input, "clinic_ids"))
        )  # fmt: skip

    @strawberry.mutation(extensions=[for_administrators()], description="Change a doctor, or where they see patients.")
    async def change_doctor(self, info: Info, input: ChangeDoctorInput) -> ChangeDoctorResult:
        ids = None if input.clinic_ids is None else _clinics(input.clinic_ids)
        row = await premises.change_doctor(
            private_id("Doctor", input.doctor_id),
            by=info.context.me,
            clinic_ids=ids,
            **_given(input, "doctor_id", "clinic_ids"),
        )
        return Doctor.of(row)
