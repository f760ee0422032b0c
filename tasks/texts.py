"""Texts by SMS: checked once more, written in one part, and handed to the gateway when the outbox says so."""

from datetime import timedelta

from models import clock, offer, reminder
from models.message import LONGEST_PAUSE, Kind, Medium, Message
from tasks import gateways, stationery
from tasks.broker import broker
from tasks.outbox import Refused, drain

KNOWN_FOR = timedelta(hours=24) - LONGEST_PAUSE  # how long a gateway knows a repeated text by its `idx`


@broker.task(schedule=[{"interval": 15}])
async def send_texts() -> None:
    await drain(Medium.SMS, _send)


async def _send(message: Message) -> str | None:
    to = await (reminder if message.kind is Kind.VISIT_REMINDER else offer).telephone(message)
    if message.tries > 1 and clock.now() - message.created_at >= KNOWN_FOR:
        raise Refused("tried for a day")  # once more, and it might arrive twice
    if to != message.to:
        await message.redirected(to)
    return await gateways.chosen().send(to, stationery.short_text(message), message.id.hex)
