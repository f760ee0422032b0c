"""Applications of people not signed in, decided in the background."""

import logging

from models.application import Application, Undecidable
from tasks.broker import broker, nudge
from tasks.letters import send_letters
from tasks.outbox import place

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 15}])
async def decide_applications() -> None:
    """Nudged by each application; those whose nudge was lost are found by the clock."""
    decided = 0
    while await _next_is_decided():
        decided += 1
    if decided:
        await nudge(send_letters)


async def _next_is_decided() -> bool:
    try:
        return await Application.decide_next()
    except Undecidable as problem:
        cause = problem.__cause__
        why = place(cause) if isinstance(cause, Exception) else "unknown"
        log.error("application_not_decided", extra={"application_id": str(problem), "problem": why})
        return True  # there may be others behind it
