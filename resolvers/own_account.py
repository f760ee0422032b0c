"""One's own account: patients change their contact data, export their data and close the account."""

import strawberry

import settings
import tasks.account_requests
import tasks.letters
from infra.text import Text
from models.accounts import email_change
from models.accounts.account import Role
from models.admin import data_export, own_account
from schema.access_rules import Anybody, Requires, SignInRateLimit
from schema.account import (
    Accepted,
    CloseAccountInput,
    CloseAccountResult,
    ConfirmEmailInput,
    ConfirmEmailResult,
    UpdateContactInput,
    UpdateContactResult,
)
from schema.context import Info
from schema.patient import Patient
from tasks.broker import nudge

CLOSED = Text(
    pl="Konto jest zamknięte. Zaplanowane wizyty pozostają ważne; aby odwołać wizytę, prosimy o telefon.",
    en="The account is closed. Booked visits stay booked; to cancel one, please telephone reception.",
)
CONFIRMED = Text(
    pl="Dziękujemy. Adres jest potwierdzony: od teraz służy do logowania i na niego piszemy.",
    en="Thank you. The address is confirmed: from now on it is your login, and we write to it.",
)


@strawberry.type
class OwnAccountMutations:
    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Change your e-mail address, telephone number, reminders or language; your password is required as"
        " confirmation. A new e-mail address takes effect when it is confirmed by the link sent to it (`confirmEmail`);"
        " the current one is notified of both steps. Whether another account has the address is never revealed.",
    )
    async def update_contact(self, info: Info, input: UpdateContactInput) -> UpdateContactResult:
        account = info.context.me
        await account.reauthenticate(input.current_password, info.context.open_session)
        try:
            await own_account.update_contact(account, info.context.patient, **input.to_model())
        finally:
            await nudge(tasks.letters.send_letters)
            await nudge(tasks.account_requests.process_account_requests, within=settings.APPLICATION_SECONDS)
        return Patient.of(info.context.patient, account.email)

    @strawberry.mutation(
        extensions=[Anybody(), SignInRateLimit()],
        description="Confirm a new e-mail address by the link sent to it: from then on it is the login, and e-mails go"
        " there. Repeating the call changes nothing and returns the same result.",
    )
    async def confirm_email(self, info: Info, input: ConfirmEmailInput) -> ConfirmEmailResult:
        await email_change.confirm(**input.to_model())
        await nudge(tasks.letters.send_letters)
        return Accepted(message=CONFIRMED.in_(info.context.language))

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Export all data about you as JSON text (GDPR, articles 15 and 20). The PESEL stays masked.",
    )
    async def export_my_data(self, info: Info) -> str:
        return await data_export.export(info.context.me)

    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Close your account: its contact data are deleted, and nobody can sign in any more. If you have"
        " never had a visit, everything known about you is deleted. Visits are medical records and are kept for 20"
        " years (Ustawa o prawach pacjenta, art. 29). Planned visits stay booked; a last e-mail lists them.",
    )
    async def close_account(self, info: Info, input: CloseAccountInput) -> CloseAccountResult:
        account = info.context.me
        await account.reauthenticate(input.current_password, info.context.open_session)
        await own_account.close_account(account, info.context.patient)
        await nudge(tasks.letters.send_letters)
        info.context.keep_cookie("")
        return Accepted(message=CLOSED.in_(info.context.language))
