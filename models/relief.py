"""Relief: another term is held for each patient of an absent doctor, and nobody is moved unasked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

import settings
from models import clock, publication, vacancy
from models.absence import Absence
from models.audit import AuditEntry
from models.doctor import Doctor
from models.intake import REASON_LENGTH, Form
from models.message import Kind
from models.offer import WITH_SLOT, Answer, Offer
from models.schedule import Schedule
from models.slot import Slot
from models.vacancy import Wanted
from models.visit import Visit
from models.visit_facts import SHOWN
from models.visit_status import Status

if TYPE_CHECKING:
    from models.account import Account

LONGEST = timedelta(days=366)
LONGEST_OFFER_MINUTES = 14 * 24 * 60
CANDIDATES = 40


@dataclass
class Relief:
    """An absence with what it meant: free slots withdrawn, visits affected, each with what is offered instead."""

    absence: Absence
    withdrawn: int
    affected: list[tuple[Visit, Offer]]


async def report(
    doctor_id: UUID, starts_at: datetime, ends_at: datetime, *, reason: str, by: "Account", minutes: int | None = None
) -> Relief:
    """Close the time, and offer each affected patient another term for `minutes`; all in one transaction.

    Said twice, it is done once: who was asked is not asked again.
    """
    minutes = settings.ABSENCE_OFFER_MINUTES if minutes is None else minutes
    why = await _checked(doctor_id, starts_at, ends_at, reason, minutes)
    async with in_transaction():
        await Doctor.lock(doctor_id)
        absence = await _noted(doctor_id, starts_at, ends_at, why)
        withdrawn, visits = await _close(absence)
        asked = await _asked(visits, absence)
        affected = [(visit, asked.get(visit.id) or await _offer(visit, absence, minutes, by)) for visit in visits]
        await AuditEntry.record("report_absence", account=by, subject_id=absence.id)
    await absence.fetch_related("doctor")
    return Relief(absence, withdrawn, affected)


async def end(absence_id: UUID, *, by: "Account") -> Absence | None:
    """The doctor is back: the rest of the time is filled by the templates again; visits stay where they are by now."""
    absence = await Absence.get_or_none(id=absence_id).select_related("doctor")
    if absence is None:
        return None
    async with in_transaction():
        await Doctor.lock(absence.doctor_id)
        if await Absence.filter(id=absence_id, ended_at=None).update(ended_at=clock.now()):
            locked = await Slot.filter(absence_id=absence_id).order_by("id").select_for_update()
            back = [slot for slot in locked if not await _still_closed(slot)]
            await Slot.filter(id__in=[slot.id for slot in back]).update(absence_id=None)
            await Offer.overtaken(visit_id__in=[slot.visit_id for slot in back if slot.visit_id])
            await Schedule.restore(absence.doctor_id, absence.starts_at, absence.ends_at)
            await AuditEntry.record("end_absence", account=by, subject_id=absence.id)
    await absence.refresh_from_db(fields=["ended_at"])
    return absence


async def _still_closed(slot: Slot) -> bool:
    """By another absence at that time, which has it from now on."""
    other = await Absence.during(slot.doctor_id, slot.starts_at, slot.ends_at).order_by("starts_at", "id").first()
    if other:
        await Slot.filter(id=slot.id).update(absence_id=other.id)
    return other is not None


async def _checked(doctor_id: UUID, starts_at: datetime, ends_at: datetime, reason: str, minutes: int) -> str:
    form = Form()
    why = form.text("reason", reason, REASON_LENGTH) or ""
    if not await Doctor.exists(id=doctor_id):
        form.wrong("doctorId", "NOT_AVAILABLE")
    if not max(starts_at, clock.now()) < ends_at <= starts_at + LONGEST:
        form.wrong("until", "OUT_OF_RANGE")
    if not 0 < minutes <= LONGEST_OFFER_MINUTES:
        form.wrong("offerMinutes", "OUT_OF_RANGE")
    form.check()
    return why


async def _noted(doctor_id: UUID, starts_at: datetime, ends_at: datetime, reason: str) -> Absence:
    known = await Absence.filter(doctor_id=doctor_id, starts_at=starts_at, ends_at=ends_at, ended_at=None).first()
    return known or await Absence.create(
        doctor_id=doctor_id, starts_at=starts_at, ends_at=ends_at, reason=reason, reported_at=clock.now()
    )  # fmt: skip


async def _close(absence: Absence) -> tuple[int, list[Visit]]:
    """Withdraw what is free, mark what is booked; the visits to be relieved, also those whose offer this takes away."""
    during = Slot.filter(doctor_id=absence.doctor_id, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at)
    locked = await during.filter(withdrawn_at=None, starts_at__gt=clock.now()).order_by("id").select_for_update()
    free = [slot for slot in locked if slot.visit_id is None]
    robbed = await Offer.filter(answer=Answer.OPEN, slot_id__in=[slot.id for slot in free]).values_list(
        "visit_id", flat=True
    )  # fmt: skip
    await Offer.overtaken(visit_id__in=[visit_id for visit_id in robbed if visit_id])  # the next offer says it
    await publication.close(free)
    booked = [slot.id for slot in locked if slot.visit_id]
    await Slot.filter(id__in=booked, absence_id=None).update(absence_id=absence.id)
    ids = {slot.visit_id for slot in locked} | set(robbed)
    visits = Visit.filter(id__in=[id_ for id_ in ids if id_], status=Status.BOOKED).order_by("starts_at", "id")
    return len(free), await visits.select_related(*SHOWN)


async def _asked(visits: list[Visit], absence: Absence) -> dict[UUID | None, Offer]:
    """What was offered since the absence was reported, or for another and still stands; not what was taken away."""
    made = Offer.filter(visit_id__in=[visit.id for visit in visits])
    recent = made.filter(Q(made_at__gte=absence.reported_at) | Q(answer=Answer.OPEN, expires_at__gt=clock.now()))
    offers = await recent.order_by("made_at", "id").prefetch_related(*WITH_SLOT)
    return {offer.visit_id: offer for offer in offers if offer.answer is not Answer.CLOSED or offer.slot_id is None}


async def _offer(visit: Visit, absence: Absence, minutes: int, by: "Account") -> Offer:
    """Hold the best alternative for the patient and tell them; without any, tell them that too."""
    now, slot, patient = clock.now(), await _alternative(visit, absence), visit.patient
    if slot:
        clinic = await slot.clinic
        last = min(visit.starts_at, slot.starts_at - timedelta(minutes=clinic.minimum_notice_minutes))
        until = min(now + timedelta(minutes=minutes), last)
        offer = await Offer.make(slot, patient, until, visit_id=visit.id)
        await offer.fetch_related(*WITH_SLOT)
        offered = {"starts_at": slot.starts_at.isoformat(), "address": clinic.address, "until": until.isoformat()}
    else:
        offer, offered = await Offer.create(
            patient=patient, visit_id=visit.id, answer=Answer.CLOSED, made_at=now, expires_at=now
        ), None  # fmt: skip
    term = visit.clinic.term(visit.starts_at) | {"reference": visit.reference}
    await offer.tell(Kind.DOCTOR_ABSENT, patient.account, term=term, offered=offered)
    await AuditEntry.record("doctor_absent", account=by, patient_id=patient.id, subject_id=visit.id)
    return offer


async def _alternative(visit: Visit, absence: Absence) -> Slot | None:
    """The same doctor's next free slot there after the absence, else the clinic's next; locked, never waited for."""
    others = Visit.filter(patient_id=visit.patient_id, ends_at__gt=clock.now()).exclude(status=Status.CANCELLED)
    busy = [(other.starts_at, other.ends_at) for other in await others if other.id != visit.id]
    here = visit.clinic_id
    for wanted in (
        Wanted(here, [visit.doctor.id], from_=absence.ends_at), Wanted(here, from_=visit.starts_at), Wanted(here),
    ):  # fmt: skip
        for found in await vacancy.free_slots(wanted, None, None, CANDIDATES):
            if any(found.starts_at < ends and starts < found.ends_at for starts, ends in busy):
                continue
            slot = await Slot.filter(id=found.id).select_for_update(skip_locked=True).first()
            if slot and slot.is_free_for(None):
                return slot
    return None
