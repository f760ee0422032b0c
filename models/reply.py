"""Reply: what a patient, or reception for them, answers to an offer."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

from models import clock
from models.audit import AuditEntry
from models.clash import OfferNotFound, OfferOver
from models.errand import Errand
from models.offer import Answer, Offer
from models.patient import Patient
from models.visit import Visit
from models.visit_facts import SHOWN
from models.visit_status import Channel

if TYPE_CHECKING:
    from models.account import Account


async def accept(offer_id: UUID, *, patient: Patient | None, by: "Account", channel: Channel) -> Visit:
    """Move the visit to the offered slot, or book it for one who waited: by the same verbs, with the same refusals.

    `patient`: whose offer it must be; None for reception. Said twice: the same visit again.
    """
    whose = (await _own(offer_id, patient)).patient
    async with in_transaction():
        await Patient.lock(whose.id)  # whatever else is done with this patient's visits is done before, or after
        offer = await Offer.get(id=offer_id).select_related("patient")
        if offer.slot_id is None:
            raise OfferOver
        if offer.answer is Answer.ACCEPTED:
            return await _accepted(offer)
        if offer.answer_now is not Answer.OPEN:
            raise OfferOver
        return await _take(offer, offer.slot_id, Errand(by, channel))


async def _take(offer: Offer, slot_id: UUID, errand: Errand) -> Visit:
    if offer.visit_id:
        return await Visit.reschedule(offer.visit_id, slot_id, patient=offer.patient, by=errand)
    return await Visit.book(slot_id, patient=offer.patient, by=errand)


async def _accepted(offer: Offer) -> Visit:
    which = {"id": offer.visit_id} if offer.visit_id else {"slot_id": offer.slot_id, "patient_id": offer.patient_id}
    visit = await Visit.filter(**which).order_by("-booked_at").select_related(*SHOWN).first()
    if visit is None:
        raise OfferOver
    return visit


async def decline(offer_id: UUID, *, patient: Patient | None, by: "Account") -> bool:
    """Give the offered slot to the next; False when the offer was over anyway. The visit stays as it is."""
    try:
        offer = await _own(offer_id, patient)
    except OfferNotFound:
        return False
    async with in_transaction():
        standing = Offer.filter(id=offer.id, answer=Answer.OPEN, expires_at__gt=clock.now())
        declined = bool(await standing.update(answer=Answer.DECLINED, answered_at=clock.now()))
        if declined:
            await AuditEntry.record("decline_offer", account=by, patient_id=offer.patient_id, subject_id=offer.slot_id)
    return declined


async def _own(offer_id: UUID, patient: Patient | None) -> Offer:
    offer = await Offer.get_or_none(id=offer_id).select_related("patient")
    if offer is None or (patient is not None and offer.patient_id != patient.id):
        raise OfferNotFound
    return offer
