"""Signing up: applications of people who are not signed in; the answer never tells who is known."""

import strawberry

import settings
import tasks.applications
from models import intake
from models.account import Language
from models.application import Application, Wish
from schema.account import Accepted, RequestNewPasswordInput, SignUpInput
from schema.context import Info
from schema.directives import Anybody, ServiceHours, Sparingly
from schema.result import SignUpResult
from tasks.broker import nudge

RECEIVED = {
    Wish.SIGN_UP: (
        "Thank you. In a few minutes a mail will come to the address given, with login and one-time password."
        " If none comes, please telephone reception.",
        "Dziękujemy. Za kilka minut na podany adres przyjdzie wiadomość z loginem i hasłem jednorazowym."
        " Jeśli nie przyjdzie, prosimy o telefon do rejestracji.",
    ),
    Wish.NEW_PASSWORD: (
        "If this address has an account, a mail with a one-time password will come in a few minutes.",
        "Jeśli ten adres ma konto, za kilka minut przyjdzie wiadomość z hasłem jednorazowym.",
    ),
}


async def _receive(info: Info, wish: Wish, **form: object) -> Accepted:
    await Application.receive(wish, info.context.request_id, **form)
    await nudge(tasks.applications.decide_applications, within=settings.APPLICATION_SECONDS)
    english, polish = RECEIVED[wish]
    return Accepted(message=polish if info.context.language == Language.PL else english)


@strawberry.type
class SigningUp:
    @strawberry.mutation(
        extensions=[ServiceHours(), Anybody(), Sparingly()],
        description="Apply for an account: a mail brings the login and a one-time password. The same answer in the"
        " same time for a known e-mail or PESEL, whose owner is told by mail.",
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> SignUpResult:
        form = intake.sign_up(
            email=input.email,
            pesel=input.pesel,
            first_name=input.first_name,
            last_name=input.last_name,
            phone=input.phone or "",
            sms_reminders=input.sms_reminders,
        )
        return await _receive(info, Wish.SIGN_UP, language=input.language.value, **form)

    @strawberry.mutation(
        extensions=[Anybody(), Sparingly()],
        description="Mails a new one-time password, if the address has an account. Always the same answer, in the same"
        " time. The own password stays good until it is changed.",
    )
    async def request_new_password(self, info: Info, input: RequestNewPasswordInput) -> Accepted:
        email = input.email.strip()
        if len(email) > intake.EMAIL_LENGTH or "\0" in email:
            email = ""  # nobody's address: the same answer
        return await _receive(info, Wish.NEW_PASSWORD, email=email)
