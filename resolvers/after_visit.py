"""The tasks started immediately after a visit changes: sending its messages, and offering a slot that became free."""

import tasks.freed_slots
import tasks.letters
from models.visits.visit import Visit as VisitRow
from schema.visit import Visit
from tasks.broker import nudge


async def after_booking(row: VisitRow) -> Visit:
    """Slots freed by a booking (those that the patient held or was offered) are found by the next sweep."""
    await nudge(tasks.letters.send_letters)
    return Visit.of(row)


async def after_freeing(row: VisitRow) -> Visit:
    """Call this after a visit has been moved or cancelled."""
    visit = await after_booking(row)
    await nudge(tasks.freed_slots.offer_slots)
    return visit
