"""Message: a letter or text as reception sees it: to whom, what for, and what became of it; never what it said."""

from datetime import datetime
from typing import Self

import strawberry

import models.message
from models.correspondence import Sought
from models.message import Kind, Medium, State
from models.visit import Visit as VisitRow
from schema.node import Node
from schema.scalars import private_id, public_id
from schema.visit import Visit

strawberry.enum(Kind, name="MessageKind", description="What a message is about.")
strawberry.enum(Medium, name="Medium", description="How a message goes.")
strawberry.enum(
    State,
    name="MessageState",
    description="DUE: waits for its turn or the next try. DROPPED: no longer wanted when its turn came.",
)


@strawberry.type(description="A letter or text in the outbox, or sent.")
class Message(Node):
    kind: Kind = strawberry.field(description="What it is about.")
    medium: Medium = strawberry.field(description="Letter or text.")
    state: State = strawberry.field(description="What became of it.")
    to: str = strawberry.field(description='Where it goes or went; "" after the account was closed.')
    reason: str | None = strawberry.field(description="Why it failed, waits or was dropped, as the gateway said.")
    tries: int = strawberry.field(description="How often it was tried.")
    created_at: datetime = strawberry.field(description="When it was written.")
    due_at: datetime = strawberry.field(description="When it is tried next, or was first.")
    sent_at: datetime | None = strawberry.field(description="When the gateway took it.")
    settled_at: datetime | None = strawberry.field(description="When it was delivered, failed or dropped, or sent.")
    row: strawberry.Private[models.message.Message]

    @strawberry.field(description="The visit that it tells of; null for letters about an account.")
    async def visit(self) -> Visit | None:
        return Visit.of(await VisitRow.whole(self.row.visit_id)) if self.row.visit_id else None

    @classmethod
    def of(cls, row: models.message.Message) -> Self:
        return cls(
            id=public_id("Message", row.id),
            kind=row.kind,
            medium=row.medium,
            state=row.state,
            to=row.to,
            reason=row.reason,
            tries=row.tries,
            created_at=row.created_at,
            due_at=row.due_at,
            sent_at=row.sent_at,
            settled_at=row.settled_at,
            row=row,
        )


@strawberry.input(description="Which messages; all conditions hold together.")
class MessagesFilter:
    visit_id: strawberry.ID | None = strawberry.field(default=None, description="About this visit.")
    patient_id: strawberry.ID | None = strawberry.field(default=None, description="To this patient.")
    state: list[State] | None = strawberry.field(default=None, description="In one of these states.")
    medium: Medium | None = strawberry.field(default=None, description="Letters, or texts.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Written at or after.")
    until: datetime | None = strawberry.field(default=None, description="Written before.")

    def sought(self) -> Sought:
        return Sought(
            visit_id=private_id("Visit", self.visit_id) if self.visit_id is not None else None,
            patient_id=private_id("Patient", self.patient_id) if self.patient_id is not None else None,
            states=self.state,
            medium=self.medium,
            from_=self.from_,
            until=self.until,
        )


@strawberry.input(description="Which message to send again.")
class ResendMessageInput:
    message_id: strawberry.ID = strawberry.field(description="One that has failed, or was sent and not received.")
