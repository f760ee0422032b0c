"""Absence rebooking: another slot is offered to each patient of an absent doctor; no visit is moved unasked."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

import settings
from infra import clock
from models.audit import AuditEntry
from models.outbox import MessageKind
from models.schedules import publication
from models.slots import availability
from models.slots.absence import Absence
from models.slots.availability import SlotFilter
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.form import REASON_LENGTH, Form
from models.values.visit_status import Status
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import WITH_SLOT, Offer, OfferAnswer

if TYPE_CHECKING:
    from models.accounts.account import Account

MAX_DURATION = timedelta(days=366)
MAX_OFFER_MINUTES = 14 * 24 * 60
MAX_CANDIDATES = 40


@dataclass(frozen=True)
class AbsenceNotice:
    """An absence to report. `offer_minutes`: how long offers stay open; None means ABSENCE_OFFER_MINUTES."""

    doctor_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    offer_minutes: int | None = None

    @property
    def minutes(self) -> int:
        return settings.ABSENCE_OFFER_MINUTES if self.offer_minutes is None else self.offer_minutes

    async def validate(self) -> Self:
        """The notice with its reason trimmed; raises InvalidInput."""
        form = Form()
        reason = form.text("reason", self.reason, REASON_LENGTH) or ""
        if not await Doctor.exists(id=self.doctor_id):
            form.add_flaw("doctorId", "NOT_AVAILABLE")
        if not max(self.starts_at, clock.now()) < self.ends_at <= self.starts_at + MAX_DURATION:
            form.add_flaw("until", "OUT_OF_RANGE", max(self.starts_at, clock.now()), self.starts_at + MAX_DURATION)
        if not 0 < self.minutes <= MAX_OFFER_MINUTES:
            form.add_flaw("offerMinutes", "OUT_OF_RANGE", 1, MAX_OFFER_MINUTES)
        form.raise_if_flawed()
        return replace(self, reason=reason)


@dataclass
class ReportedAbsence:
    """An absence, the number of free slots withdrawn, and the affected visits, each with its offer."""

    absence: Absence
    withdrawn: int
    affected: list[tuple[Visit, Offer]]


async def report(notice: AbsenceNotice, *, by: "Account") -> ReportedAbsence:
    """Withdraw the doctor's free slots at that time and offer each affected patient another slot, in one transaction.

    Repeating the call changes nothing, and no patient is asked twice.
    """
    notice = await notice.validate()
    async with in_transaction():
        await Doctor.lock(notice.doctor_id)
        absence = await _save_absence(notice)
        withdrawn, visits = await _close(absence)
        offers = await _find_standing_offers(visits, absence)
        affected = [
            (visit, offers.get(visit.id) or await _offer(visit, absence, notice.minutes, by)) for visit in visits
        ]
        await AuditEntry.record("report_absence", account=by, subject_id=absence.id)
    await absence.fetch_related("doctor")
    return ReportedAbsence(absence, withdrawn, affected)


@dataclass
class AbsencePreview:
    """What `report` would change: how many free slots it would withdraw, and which visits could not take place."""

    withdrawn: int
    visits: list[Visit]


async def preview(notice: AbsenceNotice) -> AbsencePreview:
    """What `report` would change now; nothing is written and nobody is notified."""
    notice = await notice.validate()
    slots = await _find_slots(notice.doctor_id, notice.starts_at, notice.ends_at)
    free = [slot.id for slot in slots if slot.visit_id is None]
    lost = await _find_lost_offers(free)
    visits = _find_booked([*(slot.visit_id for slot in slots), *(offer.visit_id for offer in lost)])
    return AbsencePreview(len(free), await visits.select_related(*WITH_DETAILS))


async def _save_absence(notice: AbsenceNotice) -> Absence:
    same: dict[str, Any] = {
        "doctor_id": notice.doctor_id,
        "starts_at": notice.starts_at,
        "ends_at": notice.ends_at,
    }
    known = await Absence.filter(**same, ended_at=None).first()
    return known or await Absence.create(**same, reason=notice.reason, reported_at=clock.now())


async def _close(absence: Absence) -> tuple[int, list[Visit]]:
    """Withdraw free slots and mark booked ones; returns how many were withdrawn, and the visits that need an offer.

    These include visits affected by an earlier absence, if the slot offered instead is withdrawn now.
    """
    slots = _find_slots(absence.doctor_id, absence.starts_at, absence.ends_at)
    locked = await slots.order_by("id").select_for_update()
    free = [slot for slot in locked if slot.visit_id is None]
    lost = [offer.visit_id for offer in await _find_lost_offers([slot.id for slot in free])]
    # Closed here, because `publication.close` would write to these patients, whom the next offer notifies anyway.
    await Offer.close(visit_id__in=lost)
    await publication.close(free)
    await Slot.filter(id__in=[slot.id for slot in locked], absence_id=None).update(absence_id=absence.id)
    visits = _find_booked([*(slot.visit_id for slot in locked), *lost])
    return len(free), await visits.select_related(*WITH_DETAILS)


def _find_slots(doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> QuerySet[Slot]:
    """The doctor's slots that overlap this period and have not begun."""
    during = Slot.filter(doctor_id=doctor_id, starts_at__lt=ends_at, ends_at__gt=starts_at)
    return during.filter(withdrawn_at=None, starts_at__gt=clock.now())


def _find_lost_offers(slot_ids: Collection[UUID]) -> QuerySet[Offer]:
    """Open offers of these slots, made because of an earlier absence."""
    return Offer.filter(answer=OfferAnswer.OPEN, slot_id__in=list(slot_ids), visit_id__isnull=False)


def _find_booked(visit_ids: Iterable[UUID | None]) -> QuerySet[Visit]:
    return Visit.filter(id__in=[id_ for id_ in visit_ids if id_], status=Status.BOOKED).order_by("starts_at", "id")


async def _find_standing_offers(visits: list[Visit], absence: Absence) -> dict[UUID | None, Offer]:
    """Offers for these visits that are open or were made since the report, except those whose slot was lost."""
    made = Offer.filter(visit_id__in=[visit.id for visit in visits])
    recent = made.filter(Q(made_at__gte=absence.reported_at) | Q(answer=OfferAnswer.OPEN, expires_at__gt=clock.now()))
    offers = await recent.order_by("made_at", "id").prefetch_related(*WITH_SLOT)
    return {
        offer.visit_id: offer for offer in offers if offer.answer is not OfferAnswer.CLOSED or offer.slot_id is None
    }


async def _offer(visit: Visit, absence: Absence, minutes: int, by: "Account") -> Offer:
    """Offer the patient the best alternative, or record that there is none; either way, write to them."""
    slot, patient, details = await _find_alternative(visit, absence), visit.patient, None
    if slot:
        clinic = await slot.clinic
        last = min(visit.starts_at, slot.last_bookable_at(clinic))
        until = min(clock.now() + timedelta(minutes=minutes), last)
        offer = await Offer.make(slot, patient, until, visit_id=visit.id)
        await offer.fetch_related(*WITH_SLOT)
        details = offer.describe_slot()
    else:
        offer = await _record_no_alternative(visit)
    booked = visit.clinic.describe_slot(visit.starts_at) | {"reference": visit.reference}
    await offer.notify(MessageKind.DOCTOR_ABSENT, patient.account, term=booked, offered=details)
    await AuditEntry.record("doctor_absent", account=by, patient_id=patient.id, subject_id=visit.id)
    return offer


async def _record_no_alternative(visit: Visit) -> Offer:
    now = clock.now()
    return await Offer.create(
        patient=visit.patient, visit_id=visit.id, answer=OfferAnswer.CLOSED, made_at=now, expires_at=now
    )


async def _find_alternative(visit: Visit, absence: Absence) -> Slot | None:
    """The doctor's next free slot at the clinic after the absence, or the clinic's next one, locked without waiting."""
    others = Visit.filter(patient_id=visit.patient_id, ends_at__gt=clock.now()).exclude(status=Status.CANCELLED)
    offered = Slot.filter(held_by_id=visit.patient_id, is_offer=True, held_until__gt=clock.now())
    busy = [(other.starts_at, other.ends_at) for other in await others if other.id != visit.id]
    busy += [(slot.starts_at, slot.ends_at) for slot in await offered]  # the patient may accept several offers
    clinic_id = visit.clinic_id
    for wanted in (
        SlotFilter(clinic_id, [visit.doctor.id], from_=absence.ends_at),
        SlotFilter(clinic_id, from_=visit.starts_at),
        SlotFilter(clinic_id),
    ):
        for free in await availability.find_free_slots(wanted, None, None, MAX_CANDIDATES):
            if any(free.starts_at < ends_at and starts_at < free.ends_at for starts_at, ends_at in busy):
                continue
            slot = await Slot.filter(id=free.id).select_for_update(skip_locked=True).first()
            if slot and slot.is_free_for(None):
                return slot
    return None
