"""Call: whom reception has to telephone, because a doctor is absent and the patient has not answered."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import settings
from models import clock, hours
from models.message import Kind, Medium, Message, State
from models.offer import Answer, Offer
from models.visit import Visit
from models.visit_status import Status


class Why(StrEnum):
    NO_EMAIL = "NO_EMAIL"
    MESSAGE_FAILED = "MESSAGE_FAILED"
    NO_TERM = "NO_TERM"
    DECLINED = "DECLINED"
    NOT_ANSWERED = "NOT_ANSWERED"


@dataclass(frozen=True)
class Unanswered:
    """A visit that still stands on a slot whose doctor is absent; `offer`: the latest, with its slot, if it has one."""

    visit: Visit
    offer: Offer | None
    why: Why


async def unanswered(clinic_id: UUID | None, day: date) -> list[Unanswered]:
    """Of the visits of a local day, in order of time, those whose patients must be telephoned.

    Who was reached and can still answer is not among them, unless the visit is today or tomorrow.
    """
    visits = await _affected(clinic_id, day)
    ids = [visit.id for visit in visits]
    made = Offer.filter(visit_id__in=ids).order_by("made_at", "id").prefetch_related("slot__clinic", "slot__doctor")
    offers = {offer.visit_id: offer for offer in await made}
    mails: dict[UUID | None, State] = {}
    for mail in await Message.filter(visit_id__in=ids, kind=Kind.DOCTOR_ABSENT, medium=Medium.EMAIL).order_by("id"):
        mails[mail.visit_id] = mail.state
    found = []
    for visit in visits:
        offer = offers.get(visit.id)
        if why := _why(offer, mails.get(visit.id), soon=day <= clock.today() + timedelta(days=1)):
            found.append(Unanswered(visit, offer, why))
    return found


def _why(offer: Offer | None, mail: State | None, *, soon: bool) -> Why | None:
    if offer and offer.answer is Answer.DECLINED:
        return Why.DECLINED
    if mail is None:
        return Why.NO_EMAIL
    if mail is State.FAILED:
        return Why.MESSAGE_FAILED
    if offer is None or offer.slot_id is None:
        return Why.NO_TERM
    is_open = offer.answer is Answer.OPEN and offer.expires_at > clock.now()
    return None if is_open and not soon else Why.NOT_ANSWERED


async def _affected(clinic_id: UUID | None, day: date) -> list[Visit]:
    begin, end = (hours.at(day, minutes, settings.TIME_ZONE) for minutes in (0, hours.DAY))
    visits = Visit.filter(status=Status.BOOKED, starts_at__gte=begin, starts_at__lt=end).exclude(slot__absence_id=None)
    if clinic_id:
        visits = visits.filter(clinic_id=clinic_id)
    return await visits.order_by("starts_at", "id").select_related("clinic", "doctor", "patient__account")
