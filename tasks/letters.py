"""Letters by e-mail: rendered, given their calendar file, and sent when the outbox says so."""

from email.message import Message as Part
from email.mime.text import MIMEText
from email.utils import format_datetime, parseaddr

from emails.message import Message as Mail

import settings
from models import calendar, clock
from models.message import Kind, Medium, Message, Unwanted
from tasks import smtp, stationery
from tasks.broker import broker
from tasks.outbox import drain

WITH_PASSWORD = {Kind.ACCOUNT_OPENED, Kind.NEW_PASSWORD, Kind.STAFF_INVITED}
FILE_NAMES = {"PL": "wizyta.ics", "EN": "visit.ics"}


@broker.task(schedule=[{"interval": 15}])
async def send_letters() -> None:
    await drain(Medium.EMAIL, _send)


async def _send(message: Message) -> None:
    more = {"secret": await _new_secret(message)} if message.kind in WITH_PASSWORD else {}
    letter = stationery.letter(message, **more)
    mail = Mail(
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        mail_from=parseaddr(settings.MAIL_FROM),
        message_id=message_id(message),
        date=format_datetime(clock.now()),
        headers={"Auto-Submitted": "auto-generated"},
    )
    if visit := message.details.get("visit"):
        _enclose(mail, calendar.text(visit, message.language, attendee=message.to), FILE_NAMES[message.language])
    await smtp.hand_over(mail, message.to)


async def _new_secret(message: Message) -> str:
    """Made at the last moment and kept nowhere. A letter that comes twice brings the same one: either will do."""
    account = message.account
    if account is None or account.closed_at:
        raise Unwanted("the account is closed")
    if message.tries > 1 and await account.needs_no_more(message, WITH_PASSWORD):
        raise Unwanted("a password has arrived")
    return await account.new_one_time_password(message.id)


def message_id(message: Message) -> str:
    """The same at every try, so that a mail that came twice is shown once."""
    return f"<{message.id}@{parseaddr(settings.MAIL_FROM)[1].rpartition('@')[2] or 'localhost'}>"


def _enclose(mail: Mail, ics: str, name: str) -> None:
    """As a file to save, and as an alternative of the text: that is what makes mail programs offer "accept"."""
    method = "CANCEL" if "METHOD:CANCEL" in ics else "REQUEST"
    mail.attach(data=ics.encode(), filename=name, mime_type=f"text/calendar; charset=utf-8; method={method}")

    def add_alternative(_: Mail, built: Part) -> None:
        part = MIMEText(ics, "calendar", "utf-8")
        part.set_param("method", method)
        next(branch for branch in built.walk() if branch.get_content_type() == "multipart/alternative").attach(part)

    mail.after_build = add_alternative
