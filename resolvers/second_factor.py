"""Securing: a second factor beside the password, which staff set up, give up, and get reset by administration."""

import strawberry

import tasks.letters
from models import staff as colleagues
from models.account import Language
from models.second_factor import SecondFactor
from schema.account import Accepted
from schema.context import Info
from schema.directives import for_administrators, for_staff
from schema.scalars import private_id
from schema.second_factor import (
    BeginSecondFactorInput,
    ConfirmSecondFactorInput,
    RemoveSecondFactorInput,
    ResetSecondFactorInput,
    SecondFactorOffer,
    SecondFactorSet,
)
from schema.second_factor_result import (
    BeginSecondFactorResult,
    ConfirmSecondFactorResult,
    RemoveSecondFactorResult,
    ResetSecondFactorResult,
)
from schema.staff import StaffMember
from tasks.broker import nudge

REMOVED = ("From now on the password is enough.", "Od teraz wystarczy hasło.")


@strawberry.type
class Securing:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Begin to set up a second factor: a secret for an authenticator program. It counts once confirmed.",
    )
    async def begin_second_factor(self, info: Info, input: BeginSecondFactorInput) -> BeginSecondFactorResult:
        account = info.context.me
        await account.prove(input.current_password, info.context.open_session)
        secret, uri = await SecondFactor.begin(account)
        return SecondFactorOffer(secret=secret, uri=uri)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Confirm it by a code: from now on log-in asks for one, and all other sessions end.",
    )
    async def confirm_second_factor(self, info: Info, input: ConfirmSecondFactorInput) -> ConfirmSecondFactorResult:
        codes = await SecondFactor.confirm(info.context.me, info.context.open_session, input.code)
        await nudge(tasks.letters.send_letters)
        return SecondFactorSet(recovery_codes=codes)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Give up the second factor, with password and code; all other sessions end.",
    )
    async def remove_second_factor(self, info: Info, input: RemoveSecondFactorInput) -> RemoveSecondFactorResult:
        account = info.context.me
        await account.prove(input.current_password, info.context.open_session)
        await SecondFactor.remove(account, info.context.open_session, input.code)
        await nudge(tasks.letters.send_letters)
        return Accepted(message=REMOVED[1 if info.context.language == Language.PL else 0])

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="For a colleague who has lost telephone and recovery codes: the password is enough again, their"
        " sessions end, they are told by mail.",
    )
    async def reset_second_factor(self, info: Info, input: ResetSecondFactorInput) -> ResetSecondFactorResult:
        colleague_id = private_id("StaffMember", input.staff_member_id)
        row = await colleagues.reset_second_factor(colleague_id, by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return StaffMember.of(row)
