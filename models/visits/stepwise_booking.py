"""Stepwise booking: locks patient and slot, then reads, judges and writes; for what quick booking cannot do."""

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tortoise.exceptions import IntegrityError

from models.accounts import identity
from models.refusals import constraints
from models.refusals.booking import SlotNotFound, SlotTaken, VisitsOverlap
from models.refusals.desk import PatientIsDouble
from models.values.actor import Actor
from models.visits import booking_rows
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

if TYPE_CHECKING:
    from models.visits.visit import Visit

V = TypeVar("V", bound="Visit")


class Overtaken(Exception):
    """The data that was read is outdated: another visit overlaps, or the patient's record has joined another."""


async def book(kind: type[V], slot_id: UUID, patient_id: UUID, reason: str | None, actor: Actor) -> V:
    """Book in the caller's transaction, which must be restarted if this raises `Overtaken`."""
    record_id = await _find_record(patient_id, slot_id, actor)
    rows = await booking_rows.lock_and_read(record_id, slot_id)
    if rows is None:
        raise SlotNotFound
    if rows.patient.joined_to_id:  # everything must be read and locked again for that record
        raise Overtaken
    await rows.judge(actor)
    new = booking_rows.prepare(slot_id, record_id, rows.account, reason, actor)
    visit = booking_rows.make_visit(kind, rows, new)
    try:
        if not await booking_rows.write(visit, new, actor):
            raise SlotTaken(slot_id=str(slot_id))
    except IntegrityError as broken:  # the database decides, for every writer
        raise Overtaken if isinstance(constraints.find_refusal(broken), VisitsOverlap) else broken from None
    if rows.has_wishes:
        await WaitingListEntry.mark_served(record_id, slot_id)
    return visit


async def _find_record(patient_id: UUID, slot_id: UUID, actor: Actor) -> UUID:
    """The record that gets the visit: reception books in the centre's record, unless it accepts an offer."""
    if actor.is_patient or await Offer.find_standing(patient_id=patient_id, slot_id=slot_id).exists():
        return patient_id
    record = await identity.lock_centre_record(patient_id)
    if record.double_of_id:
        actor.raise_or_override(PatientIsDouble(patient_id=str(record.double_of_id)))
    return record.id
