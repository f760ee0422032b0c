"""Second factor (a code besides the password): staff set it up and remove it; administrators reset a colleague's."""

import strawberry

import tasks.letters
from infra.text import Text
from models.accounts import staff
from models.accounts.second_factor import SecondFactor
from schema.access_rules import for_administrators, for_staff
from schema.account import Accepted
from schema.context import Info
from schema.second_factor import (
    BeginSecondFactorInput,
    BeginSecondFactorResult,
    ConfirmSecondFactorInput,
    ConfirmSecondFactorResult,
    RemoveSecondFactorInput,
    RemoveSecondFactorResult,
    ResetSecondFactorInput,
    ResetSecondFactorResult,
    SecondFactorOffer,
    SecondFactorSet,
)
from schema.staff import StaffMember
from tasks.broker import nudge

REMOVED = Text(pl="Od teraz do logowania wystarczy hasło.", en="From now on the password is enough to log in.")


@strawberry.type
class SecondFactorMutations:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Begin setting up a second factor: the result is a secret for an authenticator app. The second"
        " factor is in use only after `confirmSecondFactor`.",
    )
    async def begin_second_factor(self, info: Info, input: BeginSecondFactorInput) -> BeginSecondFactorResult:
        account = info.context.me
        await account.reauthenticate(input.current_password, info.context.open_session)
        secret, uri = await SecondFactor.begin(account)
        return SecondFactorOffer(secret=secret, uri=uri)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Confirm the second factor with a code. From then on `logIn` asks for a code. All other sessions of"
        " the account end, and an e-mail reports the change.",
    )
    async def confirm_second_factor(self, info: Info, input: ConfirmSecondFactorInput) -> ConfirmSecondFactorResult:
        codes = await SecondFactor.confirm(info.context.me, info.context.open_session, **input.to_model())
        await nudge(tasks.letters.send_letters)
        return SecondFactorSet(recovery_codes=codes)

    @strawberry.mutation(
        extensions=[for_staff()],
        description="Remove the second factor, confirmed by password and code. All other sessions of the account end,"
        " and an e-mail reports the change.",
    )
    async def remove_second_factor(self, info: Info, input: RemoveSecondFactorInput) -> RemoveSecondFactorResult:
        account = info.context.me
        await account.reauthenticate(input.current_password, info.context.open_session)
        await SecondFactor.remove(account, info.context.open_session, **input.to_model())
        await nudge(tasks.letters.send_letters)
        return Accepted(message=REMOVED.in_(info.context.language))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Remove the second factor of a colleague who has lost their telephone and recovery codes. Their"
        " password alone is enough again, their sessions end, and an e-mail notifies them.",
    )
    async def reset_second_factor(self, info: Info, input: ResetSecondFactorInput) -> ResetSecondFactorResult:
        row = await staff.reset_second_factor(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return StaffMember.of(row)
