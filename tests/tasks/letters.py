"""A letter to send, and what has become of it."""

from models.message import Kind, Message
from tests import cast


async def a_letter(to: str = "anna@example.pl") -> Message:
    account = await cast.patient_account(to, None, "Anna", "Żółć")
    message = await Message.post(Kind.PASSWORD_CHANGED, account)
    assert message
    return message


async def now(message: Message) -> Message:
    return await Message.get(id=message.id)
