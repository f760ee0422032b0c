"""Account: who is signed in; the inputs and results of signing up, signing in and managing one's own account."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

import models.accounts.account
from models.accounts import email_change
from models.accounts.account import Language, Role
from models.accounts.session import Session as SessionRow
from models.accounts.workspace import Workspace
from models.values.form import SignUpDetails
from schema.access_rules import for_staff
from schema.clinic import Clinic
from schema.context import Info
from schema.execution.limits import at_most
from schema.patient import Patient
from schema.problems.booking import (
    InvalidInput,
    LinkNotValid,
    OutsideServiceHours,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from schema.problems.desk import SecondFactorRequired


@strawberry.type(description="A session that is open now, and until when.")
class OpenSession:
    ends_at: datetime = strawberry.field(
        description="When it ends unless something is asked before: after 30 minutes without a request (setting"
        " SESSION_IDLE_MINUTES), or at `latestEnd`. It never ends earlier than this."
    )
    latest_end: datetime = strawberry.field(
        description="When it ends whatever is asked: 8 hours after log-in (setting SESSION_HOURS)."
    )

    @classmethod
    def of(cls, row: SessionRow) -> Self:
        return cls(ends_at=row.ends_at, latest_end=row.expires_at)


@strawberry.type(description="The account of the signed-in person.")
class Account:
    login: str = strawberry.field(description="The login: the e-mail address.")
    email: str = strawberry.field(description="The address to which e-mails go.")
    role: Role = strawberry.field(description="What the account may do.")
    must_change_password: bool = strawberry.field(
        description="True after signing in with a one-time password: until a new password is set, what needs a role is"
        " refused with the error PASSWORD_CHANGE_REQUIRED."
    )
    pending_email: str | None = strawberry.field(
        description="A new e-mail address that is not confirmed yet (`confirmEmail`); null if there is none."
    )
    language: Language = strawberry.field(description="The language of the account's e-mails and text messages.")
    session: OpenSession = strawberry.field(
        description="The session of this request. The request counts as activity, so the session does not time out."
    )
    patient: Patient | None = strawberry.field(description="The patient whose account this is; null for staff.")
    row_id: strawberry.Private[UUID]
    session_row: strawberry.Private[SessionRow]
    clinic_ids: strawberry.Private[list[UUID] | None]

    @strawberry.field(
        extensions=[for_staff()],
        description="What this session's desk has kept (`keepWorkspace`); null if it has kept nothing. It is gone when"
        " the session ends.",
    )
    async def workspace(self) -> str | None:
        return await Workspace.find(self.session_row)

    @strawberry.field(
        directives=[at_most(10)],
        description="The clinics to which a receptionist's work is limited, by name; null if it is not limited.",
    )
    async def clinics(self) -> list[Clinic] | None:
        return await Clinic.limiting(self.clinic_ids)

    @strawberry.field(description="Whether `logIn` also asks for a code. Only staff can set up a second factor.")
    async def has_second_factor(self, info: Info) -> bool:
        return await info.context.second_factors.load(self.row_id)

    @classmethod
    def of(cls, session: SessionRow) -> Self:
        account: models.accounts.account.Account = session.account
        has_patient = not session.must_change_password  # a letter alone shows nobody's record
        return cls(
            login=account.email or "",
            email=account.email or "",
            role=account.role,
            must_change_password=session.must_change_password,
            language=account.language,
            session=OpenSession.of(session),
            pending_email=email_change.pending_email_of(account),
            patient=Patient.of(account.patient, account.email) if has_patient and account.patient else None,
            row_id=account.id,
            session_row=session,
            clinic_ids=account.allowed_clinics,
        )


@strawberry.type(description="A session of a signed-in person.")
class Session:
    token: str | None = strawberry.field(
        description="The token for the header `Authorization: Bearer`; null when the session went into a cookie."
    )
    expires_at: datetime = strawberry.field(
        description="When the session ends at the latest: 8 hours after log-in (setting SESSION_HOURS). It ends"
        " earlier if it is not used for 30 minutes (setting SESSION_IDLE_MINUTES)."
    )
    account: Account = strawberry.field(description="The account that is signed in.")
    device: str | None = strawberry.field(
        description="Makes this device a known one: keep it, also after log-out, and send it with the next `logIn`."
        " Others who fail to guess the password then cannot make this device wait. A new password makes it void. Null"
        " when the session went into a cookie (this did so too), and after a one-time password."
    )

    @classmethod
    def of(cls, opened: tuple[SessionRow, str], *, in_cookie: bool, device: str | None) -> Self:
        session, token = opened
        return cls(
            token=None if in_cookie else token,
            expires_at=session.expires_at,
            account=Account.of(session),
            device=None if in_cookie else device,
        )


@strawberry.type(description="The request was accepted. What follows is sent by e-mail.")
class Accepted:
    message: str = strawberry.field(description="What happens next: a sentence to show, in the caller's language.")


@strawberry.input(
    description="A request for a patient's account. Each person has one, with an e-mail address of their own."
)
class SignUpInput:
    email: str = strawberry.field(
        description="The patient's own e-mail address, at most 254 characters: the login, and where e-mails go."
    )
    pesel: str = strawberry.field(
        description="The PESEL number: eleven digits with a valid checksum (Ustawa o ewidencji ludności, art. 15)."
        " People without one register by telephone or at reception."
    )
    first_name: str = strawberry.field(description="Given name, 1 to 100 characters.")
    last_name: str = strawberry.field(description="Surname, 1 to 100 characters.")
    phone: str | None = strawberry.field(
        default=None, description="A mobile number; Polish ones need no country code. Required for SMS reminders."
    )
    sms_reminders: bool = strawberry.field(
        default=False, description="Whether the patient wants an SMS on the day before each visit."
    )
    language: Language = strawberry.field(default=Language.PL, description="The language of e-mails and text messages.")

    def to_model(self) -> SignUpDetails:
        return SignUpDetails(
            email=self.email,
            pesel=self.pesel,
            first_name=self.first_name,
            last_name=self.last_name,
            phone=self.phone,
            sms_reminders=self.sms_reminders,
        )


@strawberry.input(description="Login and password.")
class LogInInput:
    login: str = strawberry.field(description="The e-mail address of the account.")
    password: str = strawberry.field(description="The password, or the one-time password from an e-mail.")
    as_cookie: bool = strawberry.field(
        default=False,
        description="For browsers: the session goes into an HttpOnly cookie, and `Session.token` is null.",
    )
    one_time_code: str | None = strawberry.field(
        default=None,
        description="The code of the second factor, or a recovery code; needed when `logIn` has answered"
        " SecondFactorRequired.",
    )
    device: str | None = strawberry.field(
        default=None,
        description="`Session.device` as `logIn` or `changePassword` last returned on this device, no matter who signed"
        " in; browsers with `asCookie` need not send it.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"login": self.login, "secret": self.password, "code": self.one_time_code}


@strawberry.input(description="The present password and the new one.")
class ChangePasswordInput:
    current_password: str | None = strawberry.field(
        default=None,
        description="The present password, or the one-time password with which this session was opened; it may be left"
        " out in a session that a one-time password has opened.",
    )
    new_password: str = strawberry.field(
        description="The new password: 15 to 128 characters of any kind (setting PASSWORD_MIN_LENGTH). Common"
        " passwords and personal data are refused with WeakPassword (NIST SP 800-63B)."
    )

    def to_model(self) -> dict[str, Any]:
        return {"current": self.current_password, "new": self.new_password}


@strawberry.input(description="The account that needs a new one-time password.")
class RequestNewPasswordInput:
    email: str = strawberry.field(description="The e-mail address of the account.")

    def to_model(self) -> dict[str, Any]:
        return {"email": self.email.strip()}


@strawberry.input(description="Changes of the contact data. Fields that are left out or null stay as they are.")
class UpdateContactInput:
    current_password: str = strawberry.field(description="The present password, as a confirmation.")
    email: str | None = strawberry.field(
        default=None,
        description="The new e-mail address, which becomes the login once the letter sent to it is confirmed"
        " (`confirmEmail`). The present one withdraws an earlier change.",
    )
    phone: str | None = strawberry.field(
        default=None, description='The new mobile number; an empty string ("") removes the number.'
    )
    sms_reminders: bool | None = strawberry.field(
        default=None, description="Whether the patient wants an SMS on the day before each visit; needs a `phone`."
    )
    language: Language | None = strawberry.field(default=None, description="The language of e-mails and text messages.")

    def to_model(self) -> dict[str, Any]:
        return {
            "email": self.email,
            "phone": self.phone,
            "sms_reminders": self.sms_reminders,
            "language": self.language,
        }


@strawberry.input(description="What the desk has open.")
class KeepWorkspaceInput:
    content: str = strawberry.field(
        description='At most 64 KiB of text in a form of your choice; an empty string ("") forgets what was kept.'
    )

    def to_model(self) -> dict[str, Any]:
        return {"content": self.content}


@strawberry.input(description="The confirmation that the account is to be closed.")
class CloseAccountInput:
    current_password: str = strawberry.field(description="The present password, as a confirmation.")


@strawberry.input(description="Proof that a letter arrived at the new address.")
class ConfirmEmailInput:
    token: str = strawberry.field(description="The token of the letter's link: what stands behind the `#`.")

    def to_model(self) -> dict[str, Any]:
        return {"token": self.token}


SignUpResult = Annotated[Accepted | InvalidInput | OutsideServiceHours, strawberry.union("SignUpResult")]
LogInResult = Annotated[
    Session | WrongCredentials | TooManyAttempts | SecondFactorRequired, strawberry.union("LogInResult")
]
ChangePasswordResult = Annotated[Session | WrongCredentials | WeakPassword, strawberry.union("ChangePasswordResult")]
UpdateContactResult = Annotated[Patient | WrongCredentials | InvalidInput, strawberry.union("UpdateContactResult")]
CloseAccountResult = Annotated[Accepted | WrongCredentials, strawberry.union("CloseAccountResult")]
ConfirmEmailResult = Annotated[Accepted | LinkNotValid, strawberry.union("ConfirmEmailResult")]
