"""Signing in: logging in and out, and changing the password."""

import strawberry

import tasks.letters
from models.accounts import known_device
from models.accounts.account import Account as AccountRow
from models.accounts.session import Session as SessionRow
from models.audit import AuditEntry
from schema.access_rules import Anybody, SignedIn, SignInRateLimit
from schema.account import (
    Account,
    ChangePasswordInput,
    ChangePasswordResult,
    LogInInput,
    LogInResult,
    OpenSession,
    Session,
)
from schema.context import Info
from tasks.broker import nudge


def _give(info: Info, opened: tuple[SessionRow, str], shown: str, *, in_cookie: bool) -> Session:
    """Return the session. A device on which the account's own password was entered becomes a known device."""
    session, token = opened
    device = None if session.must_change_password else known_device.remember(shown, session.account)
    if in_cookie:
        info.context.keep_cookie(token)
        if device:
            info.context.keep_device(device)
    return Session.of(opened, in_cookie=in_cookie, device=device)


@strawberry.type
class MeQuery:
    @strawberry.field(extensions=[Anybody()], description="The account that is signed in; null if nobody is signed in.")
    def me(self, info: Info) -> Account | None:
        return Account.of(info.context.session) if info.context.session else None


@strawberry.type
class SignInMutations:
    @strawberry.mutation(
        extensions=[Anybody(), SignInRateLimit()],
        description="Open a session with the password, or with a one-time password from an e-mail; until"
        " `changePassword`, a session opened with a one-time password sees only what everybody can see. If the account"
        " has a second factor, its code is required too (SecondFactorRequired).",
    )
    async def log_in(self, info: Info, input: LogInInput) -> LogInResult:
        shown = input.device or info.context.device
        opened = await AccountRow.log_in(**input.to_model(), address=info.context.address, device=shown)
        if info.context.session:  # the new session replaces it (ASVS 5.0, 7.2.4)
            await info.context.session.end()
        return _give(info, opened, shown, in_cookie=input.as_cookie)

    @strawberry.mutation(
        extensions=[Anybody()],
        description="End this session. The result is true if somebody was signed in, otherwise false.",
    )
    async def log_out(self, info: Info) -> bool:
        info.context.keep_cookie("")
        if info.context.session is None:
            return False
        await info.context.session.end()
        await AuditEntry.record("log_out", account=info.context.account)
        return True

    @strawberry.mutation(
        extensions=[Anybody()],
        description="Keep this session from timing out, even if it was opened with a one-time password. The result is"
        " null if nobody is signed in any more.",
    )
    async def extend_session(self, info: Info) -> OpenSession | None:
        if info.context.session is None:
            return None
        await info.context.session.extend()
        return OpenSession.of(info.context.session)

    @strawberry.mutation(
        extensions=[SignedIn()],
        description="Change the password. All sessions of the account end, and the result is a new session. After"
        " signing in with a one-time password this is required: until then, fields that require a role are refused with"
        " the error PASSWORD_CHANGE_REQUIRED.",
    )
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordResult:
        session = info.context.open_session
        opened = await info.context.me.change_password(session, **input.to_model())
        await nudge(tasks.letters.send_letters)
        return _give(info, opened, info.context.device, in_cookie=info.context.came_by_cookie)
