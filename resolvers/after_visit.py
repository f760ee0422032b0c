"""What starts at once after a visit has changed: its messages, and the offer of a slot that came free."""

import tasks.letters
import tasks.waiting_list
from models.visits.visit import Visit as VisitRow
from schema.visit import Visit
from tasks.broker import nudge


async def after_booking(row: VisitRow) -> Visit:
    """The slots that a booking frees, those that its patient held or was offered, are found by the next sweep."""
    await nudge(tasks.letters.send_letters)
    return Visit.of(row)


async def after_freeing(row: VisitRow) -> Visit:
    """After a visit was moved or cancelled."""
    visit = await after_booking(row)
    await nudge(tasks.waiting_list.offer_slots)
    return visit
