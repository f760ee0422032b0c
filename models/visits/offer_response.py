"""Offer response: a patient, or reception on their behalf, accepts or declines an offer."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.schedule import OfferNotFound, OfferOver
from models.values.actor import Actor
from models.values.visit_status import Channel
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer, OfferAnswer

if TYPE_CHECKING:
    from models.accounts.account import Account


async def accept(offer_id: UUID, *, patient: Patient | None, by: "Account", channel: Channel) -> Visit:
    """Move the visit to the offered slot, or book the slot for a patient on the waiting list, with the usual refusals.

    `patient`: the one whose offer it must be; None for reception. Repeating the call returns the same visit.
    """
    owner = (await _find_own(offer_id, patient)).patient
    async with in_transaction():
        await Patient.lock(owner.id)  # serialised with other changes to this patient's visits
        offer = await Offer.get(id=offer_id).select_related("patient")
        if offer.slot_id is None:
            raise OfferOver
        if offer.answer is OfferAnswer.ACCEPTED:
            return await _find_accepted(offer)
        if offer.current_answer is not OfferAnswer.OPEN:
            raise OfferOver
        return await _take(offer, offer.slot_id, Actor(by, channel))


async def _take(offer: Offer, slot_id: UUID, actor: Actor) -> Visit:
    if offer.visit_id:
        return await Visit.reschedule(offer.visit_id, slot_id, patient=offer.patient, by=actor)
    return await Visit.book(slot_id, patient=offer.patient, by=actor)


async def _find_accepted(offer: Offer) -> Visit:
    found_by = {"id": offer.visit_id} if offer.visit_id else {"slot_id": offer.slot_id, "patient_id": offer.patient_id}
    visit = await Visit.filter(**found_by).order_by("-booked_at").select_related(*WITH_DETAILS).first()
    if visit is None:
        raise OfferOver
    return visit


async def decline(offer_id: UUID, *, patient: Patient | None, by: "Account") -> bool:
    """Decline the offer, so that its slot goes to the next patient; False if it was over. The visit is unchanged."""
    try:
        offer = await _find_own(offer_id, patient)
    except OfferNotFound:
        return False
    async with in_transaction():
        standing = Offer.filter(id=offer.id, answer=OfferAnswer.OPEN, expires_at__gt=clock.now())
        declined = bool(await standing.update(answer=OfferAnswer.DECLINED, answered_at=clock.now()))
        if declined:
            await AuditEntry.record("decline_offer", account=by, patient_id=offer.patient_id, subject_id=offer.slot_id)
    return declined


async def _find_own(offer_id: UUID, patient: Patient | None) -> Offer:
    offer = await Offer.get_or_none(id=offer_id).select_related("patient")
    if offer is None or (patient is not None and offer.patient_id != patient.id):
        raise OfferNotFound
    return offer
