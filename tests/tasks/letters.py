"""Helpers to create letters and read their state."""

from typing import Any

from tortoise.transactions import in_transaction

from infra import clock
from models.accounts.account import Account
from models.outbox import Medium, Message, MessageKind, MessageState
from tests import cast


async def post(kind: MessageKind, account: Account, **details: Any) -> Message | None:
    """Post a letter whose cause does not matter to the test."""
    async with in_transaction():
        return await Message.post(kind, account, **details)


async def a_letter(to: str = "anna@example.pl") -> Message:
    account = await cast.patient_account(to, None, "Anna", "Żółć")
    message = await post(MessageKind.PASSWORD_CHANGED, account)
    assert message
    return message


async def now(message: Message) -> Message:
    return await Message.get(id=message.id)


async def text_sent(state: MessageState = MessageState.SENT, gateway_id: str | None = "G1") -> Message:
    """A text message that the gateway has accepted."""
    return await Message.create(
        kind=MessageKind.VISIT_REMINDER,
        medium=Medium.SMS,
        to="+48501234567",
        language="PL",
        details={},
        request_id="",
        created_at=clock.now(),
        due_at=clock.now(),
        state=state,
        gateway_id=gateway_id,
    )
