"""Enrolling: patients' records opened and corrected at reception, and colleagues let in and out."""

import strawberry

import tasks.letters
from models import enrolment
from models import staff as colleagues
from schema.context import Info
from schema.directives import for_administrators, for_staff
from schema.enrolment import (
    ChangePatientInput,
    InvitePatientInput,
    RegisterPatientInput,
    RevealedIdentity,
    RevealPeselInput,
)
from schema.patient import Patient
from schema.scalars import private_id
from schema.staff import InviteStaffInput, RemoveStaffInput, StaffMember
from schema.staff_result import (
    ChangePatientResult,
    InvitePatientResult,
    InviteStaffResult,
    RegisterPatientResult,
    RemoveStaffResult,
    RevealPeselResult,
)
from tasks.broker import nudge


@strawberry.type
class Enrolling:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Open a record: also without PESEL (a document instead) and without e-mail (no account then: served"
        " by reception only). Look whether there is one before: patients.",
    )
    async def register_patient(self, info: Info, input: RegisterPatientInput) -> RegisterPatientResult:
        row = await enrolment.register(input.entry(), by=info.context.me, language=input.language)
        await nudge(tasks.letters.send_letters)
        return Patient.shown(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Correct a record, such as adding a PESEL that was assigned later. The holder of an account is told"
        " by mail of a new telephone.",
    )
    async def change_patient(self, info: Info, input: ChangePatientInput) -> ChangePatientResult:
        patient_id = private_id("Patient", input.patient_id)
        row = await enrolment.change(patient_id, input.entry(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return Patient.shown(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Open an account for a record: login and one-time password are mailed. Make sure who asks: whoever"
        " reads that mail sees the visits.",
    )
    async def invite_patient(self, info: Info, input: InvitePatientInput) -> InvitePatientResult:
        patient_id = private_id("Patient", input.patient_id)
        row = await enrolment.invite(patient_id, input.email, by=info.context.me, language=input.language)
        await nudge(tasks.letters.send_letters)
        return Patient.shown(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="The whole PESEL and document number; the patient sees in their accessLog that they were read.",
    )
    async def reveal_pesel(self, info: Info, input: RevealPeselInput) -> RevealPeselResult:
        row = await enrolment.reveal(private_id("Patient", input.patient_id), by=info.context.me)
        number = row.document.number if row.document else None
        return RevealedIdentity(patient=Patient.shown(row), pesel=row.pesel or None, document_number=number)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Let a colleague in: a one-time password is mailed, the first login asks for an own one.",
    )
    async def invite_staff(self, info: Info, input: InviteStaffInput) -> InviteStaffResult:
        row = await colleagues.invite(
            input.email, input.name, input.role, by=info.context.me, language=input.language
        )  # fmt: skip
        await nudge(tasks.letters.send_letters)
        return StaffMember.of(row)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Let a colleague out: their sessions end at once, nobody signs in with the account again; what they"
        " did stays in the audit trail under their name.",
    )
    async def remove_staff(self, info: Info, input: RemoveStaffInput) -> RemoveStaffResult:
        account_id = private_id("StaffMember", input.staff_member_id)
        return StaffMember.of(await colleagues.remove(account_id, by=info.context.me))
