"""Waiting list: offers each freed slot to one waiting patient at a time and expires unanswered offers."""

from infra import logs
from models.waiting import waiting_list_allocation
from tasks.broker import broker, nudge
from tasks.letters import send_letters
from tasks.texts import send_texts


@broker.task(schedule=[{"interval": 15}])
async def offer_slots() -> None:
    """Every change that frees a slot nudges this task; the schedule catches lost nudges."""
    logs.bind_request_id()
    if await waiting_list_allocation.allocate():
        await nudge(send_letters)
        await nudge(send_texts)
