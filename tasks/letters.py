"""Letters: renders due e-mail messages, attaches their calendar file and sends them."""

from email.message import Message as Part
from email.mime.text import MIMEText
from email.utils import format_datetime

from emails.message import Message as Mail

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
from tasks.outbox_senders import OutboxSender


@broker.task(schedule=[{"interval": 15}])
async def send_letters() -> None:
    async with smtp.keep_connections():
        await _sender.send_due()


async def _send(message: Message) -> None:
    await message_check.bring_up_to_date(message)
    letter = rendering.render_letter(message, **await _make_secrets(message))
    mail = Mail(
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        mail_from=_sender_of_letters(),
        message_id=message_id(message),
        date=format_datetime(clock.now()),
        headers={"Auto-Submitted": "auto-generated"},
    )
    if visit := message.details.get("visit"):
        ics = icalendar.render(visit, message.language, attendee=message.to)
        _attach_calendar(mail, ics, icalendar.FILE_NAMES[message.language])
    await smtp.send(mail, contact.to_ascii_address(message.to))


def _sender_of_letters() -> tuple[str, str]:
    name, address = setting_types.split_sender(settings.MAIL_FROM)
    return name, contact.to_ascii_address(address)


async def _make_secrets(message: Message) -> dict[str, str]:
    """Values that exist only in their letter: a one-time password, or the token of a link."""
    if message.kind in message_check.PASSWORD_KINDS:
        return {"secret": await _issue_password(message)}
    if message.kind is MessageKind.EMAIL_CONFIRMATION:
        return {"token": await email_change.issue_token(message)}
    return {}


async def _issue_password(message: Message) -> str:
    """A password exists only in its letter."""
    if message.account is None:
        raise LookupError("A password without an account cannot have passed the check.")
    return await OneTimePassword.issue(message.account, message.id)


def message_id(message: Message) -> str:
    """The id is the same at every try, so that mail programs show a repeated letter once."""
    return f"<{message.id}@{_sender_of_letters()[1].rpartition('@')[2] or 'localhost'}>"


def _attach_calendar(mail: Mail, ics: str, name: str) -> None:
    """Attach a file to save, and an alternative part: mail programs offer "Accept" only for the latter."""
    method = "CANCEL" if "METHOD:CANCEL" in ics else "REQUEST"
    mail.attach(data=ics.encode(), filename=name, mime_type=f"text/calendar; charset=utf-8; method={method}")

    def add_alternative(_: Mail, built: Part) -> None:
        part = MIMEText(ics, "calendar", "utf-8")
        part.set_param("method", method)
        next(branch for branch in built.walk() if branch.get_content_type() == "multipart/alternative").attach(part)

    mail.after_build = add_alternative


_sender = OutboxSender(Medium.EMAIL, _send)
