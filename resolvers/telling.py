"""Telling: what starts at once when a visit has changed: its letter; and where a slot came free, its next offer."""

import tasks.letters
import tasks.waiting
from models.visit import Visit as VisitRow
from schema.visit import Visit
from tasks.broker import nudge


async def booked(row: VisitRow) -> Visit:
    """Taking a slot frees none, or only what its patient was offered besides: the clock finds that."""
    await nudge(tasks.letters.send_letters)
    return Visit.of(row)


async def freed(row: VisitRow) -> Visit:
    """Moved or cancelled."""
    visit = await booked(row)
    await nudge(tasks.waiting.offer_terms)
    return visit
