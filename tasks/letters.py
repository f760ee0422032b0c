"""Letters: renders due e-mail messages, attaches their calendar file and sends them."""

from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import setting_types
import settings
from infra import clock
from models.accounts import email_change
from models.accounts.one_time_password import OneTimePassword
from models.outbox import Medium, Message, MessageKind
from models.values import contact
from models.visits import icalendar, message_check
from tasks.broker import broker
from tasks.mail import rendering, smtp
from tasks.mail.mime import Invitation, Mail
from tasks.outbox_senders import OutboxSender


@broker.task(schedule=[{"interval": 15}])
async def send_letters() -> None:
    async with smtp.keep_connections():
        await _sender.send_due()


async def _send(message: Message) -> None:
    await message_check.bring_up_to_date(message)
    letter = rendering.render_letter(message, **await _make_secrets(message))
    visit = message.details.get("visit")
    mail = Mail(
        to=contact.to_ascii_address(message.to),
        sender=_split_sender(settings.MAIL_FROM),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=message_id(message),
        date=format_datetime(clock.now()),
        invitation=_invite(message, visit) if visit else None,
    )
    await smtp.send(mail)


def _invite(message: Message, visit: dict[str, Any]) -> Invitation:
    ics = icalendar.render(visit, message.language, attendee=message.to)
    return Invitation(ics, icalendar.FILE_NAMES[message.language])


@lru_cache(maxsize=1)
def _split_sender(setting: str) -> tuple[str, str]:
    """Name and address of MAIL_FROM; cached, because checking an address takes long."""
    name, address = setting_types.split_sender(setting)
    return name, contact.to_ascii_address(address)


async def _make_secrets(message: Message) -> dict[str, str]:
    """Values that exist only in the letter: a one-time password, or the token in a link."""
    if message.kind in message_check.PASSWORD_KINDS:
        return {"secret": await _issue_password(message)}
    if message.kind is MessageKind.EMAIL_CONFIRMATION:
        return {"token": await email_change.issue_token(message)}
    return {}


async def _issue_password(message: Message) -> str:
    """Generate the letter's password, which exists only in the letter."""
    if message.account is None:
        raise LookupError("A password without an account cannot have passed the check.")
    return await OneTimePassword.issue(message.account, message.id)


def message_id(message: Message) -> str:
    """The id is the same for every try, so that mail programs show a repeated letter once."""
    return f"<{message.id}@{_split_sender(settings.MAIL_FROM)[1].rpartition('@')[2] or 'localhost'}>"


_sender = OutboxSender(Medium.EMAIL, _send)
