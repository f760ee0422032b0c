"""Signing up and requesting a new password: the answer never reveals whether a person has an account."""

from dataclasses import asdict

import strawberry

import settings
import tasks.account_requests
from infra.text import Text
from models.accounts.account_request import AccountRequest, AccountRequestKind
from models.values import form
from schema.access_rules import Anybody, ServiceHours, SignInRateLimit
from schema.account import Accepted, RequestNewPasswordInput, SignUpInput, SignUpResult
from schema.context import Info
from schema.execution.rate_limits import charge
from tasks.broker import nudge

RECEIVED = {
    AccountRequestKind.SIGN_UP: Text(
        pl="Dziękujemy. Za kilka minut na podany adres przyjdzie wiadomość z loginem i hasłem jednorazowym."
        " Jeżeli nie przyjdzie, prosimy o telefon do rejestracji.",
        en="Thank you. In a few minutes an e-mail with your login and a one-time password will arrive at this address."
        " If it does not, please telephone reception.",
    ),
    AccountRequestKind.NEW_PASSWORD: Text(
        pl="Jeżeli dla tego adresu istnieje konto, za kilka minut przyjdzie wiadomość z hasłem jednorazowym.",
        en="If there is an account with this address, an e-mail with a one-time password will arrive in a few minutes.",
    ),
}


async def _receive(info: Info, kind: AccountRequestKind, **form: object) -> Accepted:
    await AccountRequest.receive(kind, info.context.request_id, **form)
    await nudge(tasks.account_requests.process_account_requests, within=settings.APPLICATION_SECONDS)
    return Accepted(message=RECEIVED[kind].in_(info.context.language))


@strawberry.type
class SignUpMutations:
    @strawberry.mutation(
        extensions=[ServiceHours(), Anybody(), SignInRateLimit()],
        description="Request an account. The login and a one-time password arrive by e-mail, whether or not the centre"
        " already has a patient with this PESEL: until reception has confirmed the identity, the account shows only"
        " what is done through it. If the e-mail address already belongs to an account, the answer and its timing are"
        " the same, and an e-mail notifies the owner (OWASP ASVS 5.0, 6.3.8).",
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> SignUpResult:
        cleaned = asdict(input.to_model().validate())
        await charge(info.context, settings.SIGN_UPS_PER_ADDRESS, "sign-up", info.context.address)
        return await _receive(info, AccountRequestKind.SIGN_UP, language=input.language.value, **cleaned)

    @strawberry.mutation(
        extensions=[Anybody(), SignInRateLimit()],
        description="Request a new one-time password. It is sent by e-mail if the address belongs to an account; the"
        " answer and its timing are the same in any case. The current password works until it is changed.",
    )
    async def request_new_password(self, info: Info, input: RequestNewPasswordInput) -> Accepted:
        email = input.to_model()["email"]
        if len(email) > form.EMAIL_LENGTH or "\0" in email:
            email = ""  # no account has such an address: the answer is the same
        return await _receive(info, AccountRequestKind.NEW_PASSWORD, email=email)
