"""Staff: administrators list, invite and remove colleagues."""

import strawberry

import tasks.letters
from models.accounts import staff
from schema.access_rules import for_administrators
from schema.context import Info
from schema.execution.limits import PAGED
from schema.page import After, Connection, First, Page
from schema.staff import (
    ChangeStaffInput,
    ChangeStaffResult,
    InviteStaffAgainInput,
    InviteStaffAgainResult,
    InviteStaffInput,
    InviteStaffResult,
    RemoveStaffInput,
    RemoveStaffResult,
    StaffMember,
)
from tasks.broker import nudge


@strawberry.type
class StaffQueries:
    @strawberry.field(
        directives=[PAGED],
        extensions=[for_administrators()],
        description="The members of staff who can sign in, in the order in which they were invited.",
    )
    async def staff(self, first: First = 50, after: After = None) -> Connection[StaffMember]:
        page = Page("staff", first, after)
        return Connection.of(await staff.list_page(page.after, page.limit), page, "created_at", StaffMember.of)


@strawberry.type
class StaffMutations:
    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Invite a colleague. They get a one-time password by e-mail and set their own at the first log-in.",
    )
    async def invite_staff(self, info: Info, input: InviteStaffInput) -> InviteStaffResult:
        row = await staff.invite(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return StaffMember.of(row)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="E-mail a new one-time password to a colleague who has not finished the first log-in.",
    )
    async def invite_staff_again(self, info: Info, input: InviteStaffAgainInput) -> InviteStaffAgainResult:
        row = await staff.invite_again(**input.to_model(), by=info.context.me)
        await nudge(tasks.letters.send_letters)
        return StaffMember.of(row)

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Change a colleague's name, role or clinics. Their sessions end when the role changes.",
    )
    async def change_staff(self, info: Info, input: ChangeStaffInput) -> ChangeStaffResult:
        return StaffMember.of(await staff.change(**input.to_model(), by=info.context.me))

    @strawberry.mutation(
        extensions=[for_administrators()],
        description="Remove a colleague. Their sessions end at once, and nobody can sign in with the account again. The"
        " audit trail keeps their actions under their name.",
    )
    async def remove_staff(self, info: Info, input: RemoveStaffInput) -> RemoveStaffResult:
        return StaffMember.of(await staff.remove(**input.to_model(), by=info.context.me))
