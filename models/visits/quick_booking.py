"""Quick booking: rules are applied to rows read without locks; a booking is written only if the rows are unchanged."""

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tortoise.exceptions import IntegrityError

from models.accounts.patient import Patient
from models.events import notify_listener
from models.refusals import constraints
from models.refusals.booking import SlotNotFound, VisitsOverlap
from models.refusals.refusal import Refusal
from models.values.actor import Actor
from models.values.idempotency_key import KeyClaim
from models.visits import booking_rows

if TYPE_CHECKING:
    from models.visits.visit import Visit

V = TypeVar("V", bound="Visit")
AT_ONCE = True  # whether the statement that reads may also book; tests turn it off to change rows in between


async def book(
    kind: type[V], slot_id: UUID, patient: Patient, reason: str | None, actor: Actor, claim: KeyClaim
) -> V | None:
    """Book the usual case in one or two round trips, with the same refusals as stepwise_booking.py.

    None if the booking has to be done step by step under locks: somebody books for a patient, something has changed
    meanwhile, the key is already known, or the patient has wishes that the visit may fulfil.
    """
    if actor.by.patient_id != patient.id:
        return None
    new = booking_rows.prepare(slot_id, patient.id, actor.by, reason, actor)
    try:
        rows = await booking_rows.read(actor.by, patient, new, claim, may_book=AT_ONCE)
        if rows is None:
            raise SlotNotFound
        visit = booking_rows.make_visit(kind, rows, new)
        if not rows.is_booked:
            if rows.patient.joined_to_id or rows.has_wishes:
                return None
            await rows.judge(actor)
            if not await booking_rows.write_unchanged(visit, rows, new, claim):
                return None
    except Refusal as refusal:
        if await claim.keep(refusal):
            raise
        return None
    except IntegrityError as broken:
        if isinstance(constraints.find_refusal(broken), VisitsOverlap):
            return None
        raise
    notify_listener.wake()
    return visit
