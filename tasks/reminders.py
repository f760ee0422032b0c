"""Reminders: writes an SMS into the outbox on the day before each visit."""

from infra import logs
from models.visits import reminder
from tasks.broker import broker, nudge
from tasks.texts import send_texts


@broker.task(schedule=[{"interval": 60}])
async def write_reminders() -> None:
    logs.bind_request_id()
    await reminder.write_due_reminders()
    await nudge(send_texts)
