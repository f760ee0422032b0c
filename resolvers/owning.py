"""Owning an account: how its holder is reached, all that is known of them, closing it."""

import strawberry

import tasks.letters
from models import dossier, ownership
from models.account import Language, Role
from schema.account import Accepted, CloseAccountInput, UpdateContactInput
from schema.context import Info
from schema.directives import Requires
from schema.patient import Patient
from schema.result import CloseAccountResult, UpdateContactResult
from tasks.broker import nudge

CLOSED = (
    "The account is closed. Booked visits stay booked; to cancel one, please telephone reception.",
    "Konto jest zamknięte. Zarezerwowane wizyty pozostają ważne; aby odwołać wizytę, prosimy o telefon.",
)


@strawberry.type
class Owning:
    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Change address, telephone, reminders or language, with the password once more. Both the old and"
        " the new address are told by mail.",
    )
    async def update_contact(self, info: Info, input: UpdateContactInput) -> UpdateContactResult:
        account = info.context.me
        await account.prove(input.current_password, info.context.open_session)
        try:
            await ownership.update_contact(
                account,
                info.context.patient,
                email=input.email,
                phone=input.phone,
                sms_reminders=input.sms_reminders,
                language=input.language,
            )
        finally:
            await nudge(tasks.letters.send_letters)
        return Patient.of(info.context.patient, account.email)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="All that is known of you, as JSON text (GDPR, articles 15 and 20). The PESEL stays masked.",
    )
    async def export_my_data(self, info: Info) -> str:
        return await dossier.export(info.context.me)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Close the account: contact data are removed, nobody can sign in. Visits are medical records and"
        " stay (20 years); planned ones stay booked and are listed in a last letter.",
    )
    async def close_account(self, info: Info, input: CloseAccountInput) -> CloseAccountResult:
        account = info.context.me
        await account.prove(input.current_password, info.context.open_session)
        await ownership.close(account, info.context.patient)
        await nudge(tasks.letters.send_letters)
        info.context.keep_cookie("")
        return Accepted(message=CLOSED[1 if info.context.language == Language.PL else 0])
