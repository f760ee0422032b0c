"""Signing in: log-in, log-out, and setting an own password."""

import strawberry

import tasks.letters
from models.account import Account as AccountRow
from models.audit import AuditEntry
from schema.account import Account, ChangePasswordInput, LogInInput, Session
from schema.context import Info
from schema.directives import Anybody, EvenWithOneTimePassword, SignedIn, Sparingly
from schema.result import ChangePasswordResult, LogInResult
from tasks.broker import nudge


@strawberry.type
class WhoAmI:
    @strawberry.field(extensions=[Anybody()], description="The signed-in person; null when nobody is signed in.")
    def me(self, info: Info) -> Account | None:
        return Account.of(info.context.session) if info.context.session else None


@strawberry.type
class SigningIn:
    @strawberry.mutation(
        extensions=[Anybody(), Sparingly()],
        description="Open a session with the own password, or with a one-time password from a letter: that session can"
        " do nothing but changePassword and logOut. Who has set up a second factor is asked for its code.",
    )
    async def log_in(self, info: Info, input: LogInInput) -> LogInResult:
        opened = await AccountRow.log_in(
            input.login, input.password, address=info.context.address, code=input.one_time_code
        )
        if info.context.session:  # what came along is not kept beside it (ASVS 5.0, 7.2.4)
            await info.context.session.end()
        if input.as_cookie:
            info.context.keep_cookie(opened[1])
        return Session.of(opened, in_cookie=input.as_cookie)

    @strawberry.mutation(
        extensions=[EvenWithOneTimePassword()], description="End this session; false when nobody was signed in."
    )
    async def log_out(self, info: Info) -> bool:
        info.context.keep_cookie("")
        if info.context.session is None:
            return False
        await info.context.session.end()
        await AuditEntry.record("log_out", account=info.context.account)
        return True

    @strawberry.mutation(
        extensions=[SignedIn()],
        description="Set an own password: obliged after a one-time password, until then every other field answers"
        " PASSWORD_CHANGE_REQUIRED. All sessions of the account end, and a new one begins.",
    )
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordResult:
        session = info.context.open_session
        opened = await info.context.me.change_password(session, input.current_password, input.new_password)
        await nudge(tasks.letters.send_letters)
        if in_cookie := info.context.came_by_cookie:
            info.context.keep_cookie(opened[1])
        return Session.of(opened, in_cookie=in_cookie)
