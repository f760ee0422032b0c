"""Message: an e-mail or text message as reception sees it: its recipient, subject and state, never its text."""

from datetime import date, datetime
from typing import Annotated, Any, Self

import strawberry

import models.outbox
from models.outbox import Medium, MessageKind, MessageState
from models.visits.message_search import MessageFilter
from models.visits.visit import Visit as VisitRow
from schema.node import Node
from schema.problems.desk import MessageNotFound, MessageNotResendable
from schema.problems.schedule import ClinicNotYours
from schema.reading_audit import Shown
from schema.scalars import optional_id, private_id, public_id
from schema.visit import Visit


@strawberry.type(description="An e-mail or text message, sent or waiting to be sent. Its text is never shown.")
class Message(Node):
    kind: MessageKind = strawberry.field(description="What the message is about.")
    medium: Medium = strawberry.field(description="How the message is sent.")
    state: MessageState = strawberry.field(description="The state of the message.")
    to: str = strawberry.field(
        description="The e-mail address or telephone number; an empty string once the account has been closed."
    )
    reason: str | None = strawberry.field(
        description="Why the message failed, is waiting or was dropped, such as the gateway's answer; otherwise null."
    )
    tries: int = strawberry.field(description="The number of attempts to send the message.")
    created_at: datetime = strawberry.field(description="When the message was written.")
    due_at: datetime = strawberry.field(description="When the message is due to be sent, or was last due.")
    sent_at: datetime | None = strawberry.field(
        description="When the mail server or gateway accepted it; null until then."
    )
    settled_at: datetime | None = strawberry.field(
        description="When the message reached its current state, if that is SENT, DELIVERED, FAILED or DROPPED;"
        " otherwise null."
    )
    row: strawberry.Private[models.outbox.Message]

    @strawberry.field(description="The visit that the message is about; null for messages about an account.")
    async def visit(self) -> Visit | None:
        return Visit.of(await VisitRow.get_with_details(self.row.visit_id)) if self.row.visit_id else None

    def shown(self) -> Shown | None:
        return ("Message", self.row.id, self.row.patient_id) if self.row.patient_id else None

    @classmethod
    def of(cls, row: models.outbox.Message) -> Self:
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


@strawberry.input(description="Selects the messages that meet all conditions.")
class MessagesFilter:
    visit_id: strawberry.ID | None = strawberry.field(default=None, description="About this visit.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="To this patient. This counts as opening the patient's record, and the patient can see it in their"
        " `accessLog`.",
    )
    state: list[MessageState] | None = strawberry.field(default=None, description="In one of these states.")
    medium: Medium | None = strawberry.field(default=None, description="Sent by this medium.")
    from_: datetime | None = strawberry.field(name="from", default=None, description="Written at or after this time.")
    until: datetime | None = strawberry.field(default=None, description="Written before this time.")
    day: date | None = strawberry.field(default=None, description="Written on this local day.")

    def to_model(self) -> MessageFilter:
        return MessageFilter(
            visit_id=optional_id("Visit", self.visit_id),
            patient_id=optional_id("Patient", self.patient_id),
            states=self.state,
            medium=self.medium,
            from_=self.from_,
            until=self.until,
            day=self.day,
        )


@strawberry.input(description="The message to send again.")
class ResendMessageInput:
    message_id: strawberry.ID = strawberry.field(
        description="A message that has failed, or that was sent and did not arrive."
    )

    def to_model(self) -> dict[str, Any]:
        return {"message_id": private_id("Message", self.message_id)}


ResendMessageResult = Annotated[
    Message | MessageNotFound | MessageNotResendable | ClinicNotYours, strawberry.union("ResendMessageResult")
]
