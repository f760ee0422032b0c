"""Waiting: slots that came free are offered to those who wait, one at a time; offers that nobody took lapse."""

from models import trace, turn
from tasks.broker import broker, nudge
from tasks.letters import send_letters
from tasks.texts import send_texts


@broker.task(schedule=[{"interval": 15}])
async def offer_terms() -> None:
    """Nudged by whatever frees a slot; what was not told is found by the clock."""
    trace.begin()
    if await turn.sweep():
        await nudge(send_letters)
        await nudge(send_texts)
