"""Freed slots: each is offered to one waiting patient at a time; offers that nobody answers expire."""

from infra import logs
from models.waiting import freed_slots
from tasks.broker import broker, nudge
from tasks.letters import send_letters
from tasks.texts import send_texts


@broker.task(schedule=[{"interval": 15}])
async def offer_slots() -> None:
    """Every change that frees a slot nudges this task; the schedule catches lost nudges."""
    logs.bind_request_id()
    if await freed_slots.allocate():
        await nudge(send_letters)
        await nudge(send_texts)
