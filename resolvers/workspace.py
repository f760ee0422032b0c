"""Workspace: a colleague's open work at the desk is kept on the server, not in the browser, and survives a reload."""

import strawberry

from models.accounts.workspace import Workspace
from schema.access_rules import for_staff
from schema.account import KeepWorkspaceInput
from schema.context import Info


@strawberry.type
class WorkspaceMutations:
    @strawberry.mutation(
        extensions=[for_staff()],
        description="Save what is open at the desk until this session ends: encrypted on the server, not in the"
        " browser. The result is false if the content is too long; in that case nothing has changed.",
    )
    async def keep_workspace(self, info: Info, input: KeepWorkspaceInput) -> bool:
        return await Workspace.keep(info.context.open_session, **input.to_model())
