"""Staff: receptionists and administrators, as administrators see and manage them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

import models.accounts.account
from models.accounts.account import Language, Role
from schema.clinic import Clinic
from schema.context import Info
from schema.execution.limits import at_most
from schema.node import Node
from schema.problems.booking import InvalidInput
from schema.problems.desk import LastAdministrator, StaffAtWork, StaffNotFound
from schema.scalars import optional_ids, private_id, public_id


@strawberry.type(description="A member of reception or administration.")
class StaffMember(Node):
    name: str = strawberry.field(description="The member's name; the audit trail shows it.")
    email: str | None = strawberry.field(
        description="The e-mail address, which is also the login; null once the member has been removed."
    )
    role: Role = strawberry.field(description="RECEPTIONIST or ADMINISTRATOR.")
    invited_at: datetime = strawberry.field(description="When the member was invited.")
    has_own_password: bool = strawberry.field(
        description="Whether the member has set a password: false until they replace the one-time password."
    )
    row_id: strawberry.Private[UUID]
    clinic_ids: strawberry.Private[list[UUID] | None]

    @strawberry.field(
        directives=[at_most(10)],
        description="The clinics to which a receptionist's work is limited, ordered by name; null if it is not"
        " limited.",
    )
    async def clinics(self) -> list[Clinic] | None:
        return await Clinic.limiting(self.clinic_ids)

    @strawberry.field(description="Whether `logIn` also asks this member for a code.")
    async def has_second_factor(self, info: Info) -> bool:
        return await info.context.second_factors.load(self.row_id)

    @classmethod
    def of(cls, row: models.accounts.account.Account) -> Self:
        return cls(
            id=public_id("StaffMember", row.id),
            name=row.staff_name or "",
            email=row.email,
            role=row.role,
            invited_at=row.created_at,
            has_own_password=row.password_hash is not None,
            row_id=row.id,
            clinic_ids=row.allowed_clinics,
        )


@strawberry.input(
    description="A new colleague. They get a one-time password by e-mail and set their own at the first log-in."
)
class InviteStaffInput:
    email: str = strawberry.field(
        description="The colleague's own e-mail address, at most 254 characters; no other account may use it."
    )
    name: str = strawberry.field(description="The colleague's name: 1 to 200 characters.")
    role: Role = strawberry.field(
        description="RECEPTIONIST or ADMINISTRATOR; other roles are refused: InvalidInput, OUT_OF_RANGE."
    )
    language: Language = strawberry.field(default=Language.PL, description="The language of e-mails.")
    clinic_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="The clinics to which a receptionist's work is limited. If omitted or empty, it is not limited.",
    )

    def to_model(self) -> dict[str, Any]:
        told = {"email": self.email, "name": self.name, "role": self.role, "language": self.language}
        return told | {"clinic_ids": optional_ids("Clinic", self.clinic_ids)}


@strawberry.input(description="The colleague to change. Fields that are omitted or null stay as they are.")
class ChangeStaffInput:
    staff_member_id: strawberry.ID = strawberry.field(description="The colleague.")
    name: str | None = strawberry.field(default=None, description="The colleague's name: 1 to 200 characters.")
    role: Role | None = strawberry.field(
        default=None,
        description="RECEPTIONIST or ADMINISTRATOR; other roles are refused: InvalidInput, OUT_OF_RANGE. A new role"
        " ends the colleague's sessions.",
    )
    clinic_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="The full list of clinics to which a receptionist's work is limited; an empty list removes the"
        " limit.",
    )

    def to_model(self) -> dict[str, Any]:
        told = {"account_id": private_id("StaffMember", self.staff_member_id), "name": self.name, "role": self.role}
        return told | {"clinic_ids": optional_ids("Clinic", self.clinic_ids)}


@strawberry.input(description="The colleague who has not finished the first log-in.")
class InviteStaffAgainInput:
    staff_member_id: strawberry.ID = strawberry.field(description="A colleague who has not set a password yet.")

    def to_model(self) -> dict[str, Any]:
        return {"account_id": private_id("StaffMember", self.staff_member_id)}


@strawberry.input(description="The colleague to remove.")
class RemoveStaffInput:
    staff_member_id: strawberry.ID = strawberry.field(description="The colleague. Their sessions end at once.")

    def to_model(self) -> dict[str, Any]:
        return {"account_id": private_id("StaffMember", self.staff_member_id)}


InviteStaffResult = Annotated[StaffMember | InvalidInput, strawberry.union("InviteStaffResult")]
RemoveStaffResult = Annotated[StaffMember | StaffNotFound | LastAdministrator, strawberry.union("RemoveStaffResult")]
ChangeStaffResult = Annotated[
    StaffMember | StaffNotFound | LastAdministrator | InvalidInput, strawberry.union("ChangeStaffResult")
]
InviteStaffAgainResult = Annotated[
    StaffMember | StaffNotFound | StaffAtWork, strawberry.union("InviteStaffAgainResult")
]
