"""The sweep for reminders, as the scheduler runs it every minute."""

from datetime import datetime

from models.accounts.account import Account
from models.outbox import Medium, Message
from models.values import hours
from models.visits import reminder
from models.visits.visit import Visit
from tasks.mail import mailbox
from tasks.texts import send_texts
from tests import cast
from tests.support.visits import booked, turn_to

NEXT_DAY = cast.warsaw(24, 14, 30)


async def a_visit(starts_at: datetime = NEXT_DAY, account: Account | None = None) -> Visit:
    return await booked(account or await cast.anna(), starts_at)


async def a_reminder(starts_at: datetime = NEXT_DAY, *, written: datetime | None = None) -> Message:
    """A reminder in the outbox, written by default at noon on the day before."""
    visit = await a_visit(starts_at)
    turn_to(written or hours.reminder_opens_at(starts_at))
    await sweep(sending=False)
    return await Message.get(visit_id=visit.id, medium=Medium.SMS)


async def sweep(*, sending: bool = True) -> list[str]:
    """Do what the scheduler does every minute; returns the text messages sent so far, oldest first."""
    await reminder.write_due_reminders()
    if sending:
        await send_texts()
    return [entry["text"] for entry in reversed(mailbox.entries()) if entry["channel"] == "sms"]
