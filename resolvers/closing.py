"""Closing: administrators close and reopen clinics, and retire and reinstate doctors."""

import strawberry

import tasks.freed_slots
import tasks.letters
from models.schedules import closing
from schema.access_rules import for_administrators
from schema.clinic import Clinic
from schema.closing import (
    CloseClinicInput,
    CloseClinicResult,
    ClosedClinic,
    ClosingChanges,
    PreviewClosingResult,
    PreviewReopeningResult,
    ReinstatedDoctor,
    ReinstateDoctorInput,
    ReinstateDoctorResult,
    ReopenClinicInput,
    ReopenClinicResult,
    ReopenedClinic,
    ReopeningChanges,
    RetiredDoctor,
    RetireDoctorInput,
    RetireDoctorResult,
)
from schema.context import Info
from schema.doctor import Doctor
from tasks.broker import nudge

WHAT_CLOSES = (
    " Free slots from that day on are withdrawn. Booked visits stay booked, and appear on `callList` until they are"
    " moved or cancelled. Nothing new can be planned from that day on. Repeating the call changes nothing. To choose"
    " another day, first reopen the clinic or reinstate the doctor."
)


def _preview(called: str) -> str:
    return f"Show what `{called}` would change now with the same input. Nothing is changed, and nobody is notified."


@strawberry.type
class ClosingMutations:
    @strawberry.mutation(extensions=[for_administrators()], description=_preview("closeClinic"))
    async def preview_close_clinic(self, input: CloseClinicInput) -> PreviewClosingResult:
        return ClosingChanges.of(await closing.preview(**input.to_model()))

    @strawberry.mutation(
        extensions=[for_administrators()], description="Close a clinic from a given day on." + WHAT_CLOSES
    )
    async def close_clinic(self, info: Info, input: CloseClinicInput) -> CloseClinicResult:
        row, changes = await closing.close(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return ClosedClinic(clinic=Clinic.of(row), changes=ClosingChanges.of(changes))

    @strawberry.mutation(extensions=[for_administrators()], description=_preview("reopenClinic"))
    async def preview_reopen_clinic(self, input: ReopenClinicInput) -> PreviewReopeningResult:
        return ReopeningChanges(restored_slots=await closing.preview_reopening(**input.to_model()))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Reopen a closed clinic, or cancel a planned closing. Slots of schedules and slots added"
        " individually become free again: first for the waiting list, then for others.",
    )
    async def reopen_clinic(self, info: Info, input: ReopenClinicInput) -> ReopenClinicResult:
        row, restored = await closing.reopen(**input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return ReopenedClinic(clinic=Clinic.of(row), restored_slots=restored)

    @strawberry.mutation(extensions=[for_administrators()], description=_preview("retireDoctor"))
    async def preview_retire_doctor(self, input: RetireDoctorInput) -> PreviewClosingResult:
        return ClosingChanges.of(await closing.preview(**input.to_model()))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Retire a doctor in all clinics, from a given day on." + WHAT_CLOSES,
    )
    async def retire_doctor(self, info: Info, input: RetireDoctorInput) -> RetireDoctorResult:
        row, changes = await closing.close(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return RetiredDoctor(doctor=Doctor.of(row), changes=ClosingChanges.of(changes))

    @strawberry.mutation(extensions=[for_administrators()], description=_preview("reinstateDoctor"))
    async def preview_reinstate_doctor(self, input: ReinstateDoctorInput) -> PreviewReopeningResult:
        return ReopeningChanges(restored_slots=await closing.preview_reopening(**input.to_model()))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Reinstate a doctor who has retired, or cancel a planned retirement. Slots of schedules and slots"
        " added individually become free again: first for the waiting list, then for others.",
    )
    async def reinstate_doctor(self, info: Info, input: ReinstateDoctorInput) -> ReinstateDoctorResult:
        row, restored = await closing.reopen(**input.to_model(), by=info.context.me)
        await nudge(tasks.freed_slots.offer_slots)
        return ReinstatedDoctor(doctor=Doctor.of(row), restored_slots=restored)
