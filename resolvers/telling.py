"""Telling: what starts at once when a visit has changed: its letter, and the offer of a slot that came free."""

import tasks.letters
import tasks.waiting
from models.visit import Visit as VisitRow
from schema.visit import Visit
from tasks.broker import nudge


async def told(row: VisitRow) -> Visit:
    await nudge(tasks.letters.send_letters)
    await nudge(tasks.waiting.offer_terms)
    return Visit.of(row)
