"""Staff: colleagues in reception and administration, as administrators see them."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

import models.account
from models.account import Language, Role
from schema.context import Info
from schema.node import Node
from schema.scalars import public_id


@strawberry.type(description="A colleague who may sign in.")
class StaffMember(Node):
    name: str = strawberry.field(description="As given at the invitation; the audit trail names them so.")
    email: str | None = strawberry.field(description="Login and letters; null once removed.")
    role: Role = strawberry.field(description="RECEPTIONIST or ADMINISTRATOR.")
    invited_at: datetime = strawberry.field(description="Since when.")
    has_own_password: bool = strawberry.field(description="false until the first login is finished.")
    row_id: strawberry.Private[UUID]

    @strawberry.field(description="Whether log-in asks for a code beside the password.")
    async def has_second_factor(self, info: Info) -> bool:
        return await info.context.second_factors.load(self.row_id)

    @classmethod
    def of(cls, row: models.account.Account) -> Self:
        return cls(
            id=public_id("StaffMember", row.id),
            name=row.staff_name or "",
            email=row.email,
            role=row.role,
            invited_at=row.created_at,
            has_own_password=row.password_hash is not None,
            row_id=row.id,
        )


@strawberry.input(description="Invite a colleague: a one-time password is mailed, the first login asks for an own one.")
class InviteStaffInput:
    email: str = strawberry.field(description="An address of their own that no other account uses.")
    name: str = strawberry.field(description="Who they are, at most 200 characters.")
    role: Role = strawberry.field(description="RECEPTIONIST or ADMINISTRATOR.")
    language: Language = strawberry.field(default=Language.PL, description="Of letters.")


@strawberry.input(description="Who leaves.")
class RemoveStaffInput:
    staff_member_id: strawberry.ID = strawberry.field(description="Their sessions end at once.")
