"""Reminders by SMS of the day before: written into the outbox by the clock."""

from models import reminder, trace
from tasks.broker import broker, nudge
from tasks.texts import send_texts


@broker.task(schedule=[{"interval": 60}])
async def write_reminders() -> None:
    trace.begin()
    await reminder.write_due()
    await nudge(send_texts)
