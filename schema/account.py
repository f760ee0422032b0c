"""Account: who is signed in; and the forms of signing up, signing in and looking after the account."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

import models.account
from models.account import Language, Role
from models.session import Session as SessionRow
from schema.context import Info
from schema.patient import Patient

strawberry.enum(Language, name="Language", description="The language of letters and texts.")


@strawberry.type(description="The signed-in person's account.")
class Account:
    login: str = strawberry.field(description="What is typed at log-in: the e-mail address.")
    email: str = strawberry.field(description="Where letters go.")
    role: Role = strawberry.field(description="What the account may do.")
    must_change_password: bool = strawberry.field(
        description="Signed in with a one-time password: changePassword is the only thing to do."
    )
    patient: Patient | None = strawberry.field(description="The person, for a patient's account.")
    row_id: strawberry.Private[UUID]

    @strawberry.field(description="Whether log-in asks for a code beside the password; staff only, so far.")
    async def has_second_factor(self, info: Info) -> bool:
        return await info.context.second_factors.load(self.row_id)

    @classmethod
    def of(cls, session: SessionRow) -> Self:
        account: models.account.Account = session.account
        return cls(
            login=account.email or "",
            email=account.email or "",
            role=account.role,
            must_change_password=session.must_change_password,
            patient=Patient.of(account.patient, account.email) if account.patient else None,
            row_id=account.id,
        )


@strawberry.type(description="A signed-in client.")
class Session:
    token: str | None = strawberry.field(description="For `Authorization: Bearer`; null when it went into a cookie.")
    expires_at: datetime = strawberry.field(description="The latest end; idling ends it sooner (30 min by default).")
    account: Account = strawberry.field(description="Who is signed in.")

    @classmethod
    def of(cls, opened: tuple[SessionRow, str], *, in_cookie: bool = False) -> Self:
        session, token = opened
        return cls(
            token=None if in_cookie else token, expires_at=session.expires_at, account=Account.of(session)
        )  # fmt: skip


@strawberry.type(description="The wish was received; what comes of it is sent by mail.")
class Accepted:
    message: str = strawberry.field(description="What happens next, for people.")


@strawberry.input(description="An application for an account: one a person, with an e-mail address of their own.")
class SignUpInput:
    email: str = strawberry.field(description="An address of the patient's own: login and letters.")
    pesel: str = strawberry.field(description="Eleven digits; people without one: by telephone or at reception.")
    first_name: str = strawberry.field(description="Given name, at most 100 characters.")
    last_name: str = strawberry.field(description="Surname, at most 100 characters.")
    phone: str | None = strawberry.field(default=None, description="A mobile number; needed for SMS reminders.")
    sms_reminders: bool = strawberry.field(default=False, description="An SMS the day before a visit.")
    language: Language = strawberry.field(default=Language.PL, description="Of letters and texts.")


@strawberry.input(description="Who signs in.")
class LogInInput:
    login: str = strawberry.field(description="The e-mail address.")
    password: str = strawberry.field(description="The own password, or the one-time password from a letter.")
    as_cookie: bool = strawberry.field(
        default=False, description="Browsers: the session goes into an HttpOnly cookie and `token` is null."
    )
    one_time_code: str | None = strawberry.field(
        default=None, description="Of the second factor, when SecondFactorRequired asks for it; or a recovery code."
    )


@strawberry.input(description="The old password and the new one.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The own password, or the one-time one just signed in with.")
    new_password: str = strawberry.field(
        description="At least 15 characters, at most 128; a sentence is fine, a common word is not (NIST SP 800-63B)."
    )


@strawberry.input(description="Who needs a new password.")
class RequestNewPasswordInput:
    email: str = strawberry.field(description="The address of the account.")


@strawberry.input(description="What to change; what is left out stays.")
class UpdateContactInput:
    current_password: str = strawberry.field(description="The password once more.")
    email: str | None = strawberry.field(default=None, description="The new address: also the new login.")
    phone: str | None = strawberry.field(default=None, description='A mobile number; "" removes it.')
    sms_reminders: bool | None = strawberry.field(default=None, description="An SMS the day before a visit.")
    language: Language | None = strawberry.field(default=None, description="Of letters and texts.")


@strawberry.input(description="Confirmation that the account shall be closed.")
class CloseAccountInput:
    current_password: str = strawberry.field(description="The password once more.")
