"""Texts: checks due SMS messages once more, renders each in one part and sends it through the gateway."""

from datetime import timedelta

from infra import clock
from models.outbox import LONGEST_PAUSE, Medium, Message
from models.visits import message_check
from tasks.broker import broker
from tasks.mail import rendering
from tasks.outbox_senders import OutboxSender, Refused
from tasks.sms import gateways

IDX_LIFETIME = timedelta(hours=24) - LONGEST_PAUSE  # how long the gateway recognises a repeated text by its `idx`


@broker.task(schedule=[{"interval": 15}])
async def send_texts() -> None:
    await _sender.send_due()


async def _send(message: Message) -> str | None:
    await message_check.bring_up_to_date(message)
    if message.tries > 1 and clock.now() - message.created_at >= IDX_LIFETIME:
        raise Refused("tried for a day")  # one more try might deliver it twice
    return await gateways.choose().send(message.to, rendering.render_text(message), message.id.hex)


_sender = OutboxSender(Medium.SMS, _send)
