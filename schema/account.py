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
from schema import wall_clock
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


@strawberry.type(description="An open session, and when it ends.")
class OpenSession:
    ends_at: datetime = strawberry.field(
        description="When the session ends if no further request is made: after 30 minutes without a request (setting"
        " SESSION_IDLE_MINUTES), or at `latestEnd` if that is earlier. It does not end earlier by itself."
    )
    latest_end: datetime = strawberry.field(
        description="When the session ends in any case: 8 hours after log-in (setting SESSION_HOURS)."
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
        description="True after signing in with a one-time password: until a new password is set, fields that require a"
        " role are refused with the error PASSWORD_CHANGE_REQUIRED."
    )
    pending_email: str | None = strawberry.field(
        description="A new e-mail address that has not been confirmed yet (`confirmEmail`); null if there is none."
    )
    language: Language = strawberry.field(description="The language of the account's e-mails and text messages.")
    session: OpenSession = strawberry.field(
        description="The session of this request. The request counts as activity: it keeps the session from timing out."
    )
    patient: Patient | None = strawberry.field(description="The patient whose account this is; null for staff.")
    row_id: strawberry.Private[UUID]
    session_row: strawberry.Private[SessionRow]
    clinic_ids: strawberry.Private[list[UUID] | None]

    @strawberry.field(
        extensions=[for_staff()],
        description="The workspace that the desk has saved in this session (`keepWorkspace`); null if it has saved"
        " nothing. It is deleted when the session ends.",
    )
    async def workspace(self) -> str | None:
        return await Workspace.find(self.session_row)

    @strawberry.field(
        directives=[at_most(10)],
        description="The clinics to which a receptionist's work is limited, ordered by name; null if it is not"
        " limited.",
    )
    async def clinics(self) -> list[Clinic] | None:
        return await Clinic.limiting(self.clinic_ids)

    @strawberry.field(description="Whether `logIn` also asks for a code. Only staff can set up a second factor.")
    async def has_second_factor(self, info: Info) -> bool:
        return await info.context.second_factors.load(self.row_id)

    @classmethod
    def of(cls, session: SessionRow) -> Self:
        account: models.accounts.account.Account = session.account
        has_patient = not session.must_change_password  # a one-time password alone gives no access to a record
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
        description="The token for the header `Authorization: Bearer`; null if the session is kept in a cookie."
    )
    expires_at: datetime = strawberry.field(
        description="The latest time at which the session ends: 8 hours after log-in (setting SESSION_HOURS). It ends"
        " earlier if it is not used for 30 minutes (setting SESSION_IDLE_MINUTES)."
    )
    account: Account = strawberry.field(description="The account that is signed in.")
    device: str | None = strawberry.field(
        description="A value that makes this device a known one: store it, even after log-out, and send it with the"
        " next `logIn`. Other people's failed attempts to log in then cannot delay a log-in on this device. A new"
        " password makes it invalid. Null if the session is kept in a cookie (this value is then kept in a cookie too),"
        " and after signing in with a one-time password."
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


@strawberry.type(description="The request was accepted. Anything further is sent by e-mail.")
class Accepted:
    message: str = strawberry.field(description="What happens next: a sentence to show, in the caller's language.")


@strawberry.input(
    description="A request for a patient's account. Each person has one account, with an e-mail address of their own."
)
class SignUpInput:
    email: str = strawberry.field(
        description="The patient's own e-mail address, at most 254 characters. It is the login, and e-mails are sent to"
        " it."
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
        description="For browsers: the session is kept in an HttpOnly cookie, and `Session.token` is null.",
    )
    one_time_code: str | None = strawberry.field(
        default=None,
        description="The code of the second factor, or a recovery code; required if `logIn` has returned"
        " SecondFactorRequired.",
    )
    device: str | None = strawberry.field(
        default=None,
        description="The `Session.device` that `logIn` or `changePassword` last returned on this device, no matter who"
        " signed in; browsers that use `asCookie` need not send it.",
    )

    def to_model(self) -> dict[str, Any]:
        return {"login": self.login, "secret": self.password, "code": self.one_time_code}


@strawberry.input(description="The current password and the new one.")
class ChangePasswordInput:
    current_password: str | None = strawberry.field(
        default=None,
        description="The current password, or the one-time password with which this session was opened. It can be"
        " omitted in a session that was opened with a one-time password.",
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


@strawberry.input(description="Changes to the contact data. Fields that are omitted or null stay as they are.")
class UpdateContactInput:
    current_password: str = strawberry.field(description="The current password, as confirmation.")
    email: str | None = strawberry.field(
        default=None,
        description="The new e-mail address. It becomes the login once it is confirmed by the link sent to it"
        " (`confirmEmail`). Giving the current address cancels a change that has not been confirmed yet.",
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


@strawberry.input(description="What is open at the desk.")
class KeepWorkspaceInput:
    content: str = strawberry.field(
        description='At most 64 KiB of text in a form of your choice; an empty string ("") deletes what was saved.'
    )

    changed_at: datetime | None = strawberry.field(
        default=None,
        description="When the content was changed, by the client's clock. If newer content has already been saved, this"
        " content is ignored: a later request has overtaken this one. If omitted, the content replaces whatever is"
        " saved.",
    )

    def to_model(self) -> dict[str, Any]:
        wall_clock.require_offsets(self.changed_at)
        return {"content": self.content, "changed_at": self.changed_at}


@strawberry.input(description="The confirmation that the account is to be closed.")
class CloseAccountInput:
    current_password: str = strawberry.field(description="The current password, as confirmation.")


@strawberry.input(description="Proof that the e-mail arrived at the new address.")
class ConfirmEmailInput:
    token: str = strawberry.field(
        description="The token from the link in the e-mail: the part of its address after the `#`."
    )

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
