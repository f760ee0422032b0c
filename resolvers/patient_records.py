"""Patient records: reception creates and corrects them, and gives patients an account."""

import strawberry

import tasks.letters
from models.accounts import double_record, patient_record
from models.visits import identity_confirmation
from schema.access_rules import for_staff
from schema.context import Info
from schema.patient import Patient
from schema.patient_record import (
    ChangePatientInput,
    ChangePatientResult,
    ConfirmIdentityInput,
    ConfirmIdentityResult,
    InvitePatientInput,
    InvitePatientResult,
    MarkDoubleInput,
    MarkDoubleResult,
    RegisterPatientInput,
    RegisterPatientResult,
    ReplacePatientEmailInput,
    ReplacePatientEmailResult,
    RevealedIdentity,
    RevealPeselInput,
    RevealPeselResult,
    UnmarkDoubleInput,
    UnmarkDoubleResult,
)
from schema.scalars import private_id
from tasks.broker import nudge


@strawberry.type
class RecordMutations:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Create a patient's record. A person without a PESEL is identified by an identity document. A"
        " caller who has neither at hand is identified by name and telephone number (`toBeCompleted`). A person"
        " without an e-mail address gets no account and is served by reception only. Search for an existing record"
        " first (`patients`).",
    )
    async def register_patient(self, info: Info, input: RegisterPatientInput) -> RegisterPatientResult:
        row = await patient_record.register(
            input.to_model(), by=info.context.me, language=input.language, seen=input.identity_seen
        )
        await nudge(tasks.letters.send_letters)
        return Patient.with_account(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Correct a record, for example by adding a PESEL that was assigned later. If the patient has an"
        " account, an e-mail notifies them of the change. The data of an unconfirmed account are not changed: instead,"
        " the person's record at reception is corrected (and created, if there is none) and returned.",
    )
    async def change_patient(self, info: Info, input: ChangePatientInput) -> ChangePatientResult:
        patient_id = private_id("Patient", input.patient_id)
        row = await patient_record.change(patient_id, input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return Patient.with_account(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Mark a record as a double of another record of the same person. Nothing is moved, because visits"
        " are medical records. Booking a visit for the double is refused with PatientIsDouble, unless this is"
        " overridden with a reason. Repeating the call changes nothing.",
    )
    async def mark_double(self, info: Info, input: MarkDoubleInput) -> MarkDoubleResult:
        return Patient.with_account(await double_record.mark(**input.to_model(), by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()], description="Remove the mark that a record is a double (`markDouble`)."
    )
    async def unmark_double(self, info: Info, input: UnmarkDoubleInput) -> UnmarkDoubleResult:
        return Patient.with_account(await double_record.unmark(**input.to_model(), by=info.context.me))

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Give a patient an account: its login and one-time password are sent by e-mail. Confirm the"
        " identity first (`confirmIdentity`): until then the account shows only what is done through it. To correct a"
        " mistyped address, use `replacePatientEmail`.",
    )
    async def invite_patient(self, info: Info, input: InvitePatientInput) -> InvitePatientResult:
        row = await patient_record.invite(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return Patient.with_account(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Confirm a patient's identity, having seen a document. Everything done through an account that"
        " claims to belong to this person is added to the person's record, and the account then shows the whole record."
        " If a person has two accounts, the later one is kept, and both addresses are notified. Repeating the call"
        " changes nothing.",
    )
    async def confirm_identity(self, info: Info, input: ConfirmIdentityInput) -> ConfirmIdentityResult:
        row = await identity_confirmation.confirm(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return Patient.with_account(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Replace the e-mail address of a patient's account. Until its owner has set a password, reception"
        " can correct a mistyped address: everything sent to it becomes invalid, and a new e-mail is sent. After that,"
        " only an administrator can replace the address, giving a reason; both addresses are notified, and all sessions"
        " end.",
    )
    async def replace_patient_email(self, info: Info, input: ReplacePatientEmailInput) -> ReplacePatientEmailResult:
        row = await patient_record.replace_email(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return Patient.with_account(row)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Show a patient's full PESEL and document number. The patient can see in their `accessLog` that the"
        " numbers were read.",
    )
    async def reveal_pesel(self, info: Info, input: RevealPeselInput) -> RevealPeselResult:
        row = await patient_record.reveal_pesel(**input.to_model(), by=info.context.me)
        number = row.document.number if row.document else None
        return RevealedIdentity(patient=Patient.with_account(row), pesel=row.pesel or None, document_number=number)
