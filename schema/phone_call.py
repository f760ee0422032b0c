"""Call: a telephone call to a patient about a visit."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from models.visits.phone_call import CallOutcome, PhoneCall
from schema.context import Info
from schema.node import Node
from schema.reading_audit import Shown
from schema.scalars import public_id
from schema.visit import Visit


@strawberry.type(description="A telephone call to a patient about a visit.")
class Call(Node):
    at: datetime = strawberry.field(description="When the call was recorded.")
    outcome: CallOutcome = strawberry.field(description="The outcome of the call.")
    again_at: datetime | None = strawberry.field(description="When to try again; null if nothing was agreed.")
    note: str | None = strawberry.field(description="What was said; null if it was not recorded.")
    visit: Visit = strawberry.field(description="The visit that the call was about.")
    account_id: strawberry.Private[UUID | None]
    key: strawberry.Private[UUID]

    @strawberry.field(description="The colleague who telephoned.")
    async def staff_name(self, info: Info) -> str:
        return (await info.context.staff_names.load(self.account_id) if self.account_id else None) or ""

    def shown(self) -> Shown:
        return "Call", self.key, self.visit.row.patient_id

    @classmethod
    def of(cls, row: PhoneCall) -> Self:
        return cls(
            id=public_id("Call", row.id),
            at=row.at,
            outcome=row.outcome,
            again_at=row.again_at,
            note=row.change.reason,
            visit=Visit.of(row.visit),
            account_id=row.change.account_id,
            key=row.id,
        )
