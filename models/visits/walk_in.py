"""Walk-in (pacjent bez rezerwacji): a visit that took place without a booking, recorded afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from infra import clock
from models.accounts import identity
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.booking import SlotNotFound, SlotTaken, VisitsOverlap
from models.refusals.schedule import SlotsOverlap
from models.slots.closing_day import ClosingDays
from models.slots.doctor import Doctor
from models.slots.slot import NOT_HELD, Slot
from models.values import visit_reference
from models.values.form import REASON_LENGTH, Form
from models.values.idempotency_key import IdempotencyKey
from models.values.visit_status import Channel, Status
from models.values.weekly_template import LONGEST, SHORTEST
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange

if TYPE_CHECKING:
    from models.accounts.account import Account

RECORDED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class WalkIn:
    """`slot_id`: a slot that nobody had booked; without one, doctor, clinic, start and minutes are given."""

    override_reason: str
    slot_id: UUID | None = None
    doctor_id: UUID | None = None
    clinic_id: UUID | None = None
    starts_at: datetime | None = None
    minutes: int | None = None
    reason: str | None = None
    key: str | None = None

    async def validate(self) -> None:
        form = Form()
        form.text("overrideReason", self.override_reason, REASON_LENGTH)
        if self.slot_id is None:
            await self._check_time_and_place(form)
        form.raise_if_flawed()

    async def _check_time_and_place(self, form: Form) -> None:
        if not await Doctor.filter(id=self.doctor_id, clinics__id=self.clinic_id).exists():
            form.add_flaw("doctorId", "NOT_AVAILABLE")
        if not SHORTEST <= (self.minutes or 0) <= LONGEST:
            form.add_flaw("minutes", "OUT_OF_RANGE", SHORTEST, LONGEST)
        if self.starts_at is None or not clock.now() - RECORDED_WITHIN <= self.starts_at <= clock.now():
            form.add_flaw("startsAt", "OUT_OF_RANGE", clock.now() - RECORDED_WITHIN, clock.now())
        elif self.starts_at.second or self.starts_at.microsecond:
            form.add_flaw("startsAt", "MALFORMED")

    @property
    def request(self) -> list[object]:
        """The values that must be equal if a request repeats an idempotency key."""
        place = [self.slot_id, self.doctor_id, self.clinic_id, self.starts_at, self.minutes]
        return ["record", *place, self.reason, self.override_reason]


async def record(walk_in: WalkIn, *, patient: Patient, by: "Account") -> Visit:
    """Record the visit as FULFILLED; no letter is sent, and nobody is notified that a past slot was taken."""
    await walk_in.validate()

    async def change() -> UUID:
        if walk_in.doctor_id and walk_in.slot_id is None:
            await Doctor.lock(walk_in.doctor_id)
        visited = await identity.lock_centre_record(patient.id)
        slot = await _lock_slot(walk_in.slot_id) if walk_in.slot_id else await _add_slot(walk_in)
        visit = Visit(reference=visit_reference.generate(), patient=visited, reason=walk_in.reason)
        visit.status, visit.channel, visit.booked_at = Status.FULFILLED, Channel.RECEPTION, clock.now()
        if rival := await Visit.overlapping(visited.id, slot).first():
            raise VisitsOverlap(visit_id=str(rival.id))
        await Slot.filter(id=slot.id).update(visit_id=visit.id, queued_at=None, **NOT_HELD)
        await visit.put_on(slot)
        await _tell(visit, walk_in.override_reason.strip(), by)
        return visit.id

    request = [*walk_in.request, patient.id]
    return await Visit.get_with_details(await IdempotencyKey.run_once(by.id, walk_in.key, request, change))


async def _lock_slot(slot_id: UUID) -> Slot:
    slot = (await Slot.lock(slot_id)).get(slot_id)
    if slot is None:
        raise SlotNotFound
    if slot.visit_id or slot.withdrawn_at or slot.starts_at > clock.now():
        raise SlotTaken(slot_id=str(slot_id))
    return slot


async def _add_slot(walk_in: WalkIn) -> Slot:
    """Add a slot for the visit; the doctor, who is locked, must have no other slot at this time."""
    begin = (walk_in.starts_at or clock.now()).astimezone(UTC)
    days = await ClosingDays.find(walk_in.clinic_id, walk_in.doctor_id) if walk_in.clinic_id else None
    if days:
        days.check(clock.local(begin).date())
    slot = Slot(doctor_id=walk_in.doctor_id, clinic_id=walk_in.clinic_id, starts_at=begin)
    slot.ends_at = begin + timedelta(minutes=walk_in.minutes or 0)
    rivals = Slot.filter(doctor_id=walk_in.doctor_id, withdrawn_at=None, starts_at__lt=slot.ends_at)
    if ids := [str(rival.id) for rival in await rivals.filter(ends_at__gt=begin).order_by("starts_at")]:
        raise SlotsOverlap(slot_ids=ids)
    await slot.save()
    return slot


async def _tell(visit: Visit, why: str, by: "Account") -> None:
    """Add to history and audit trail; the overridden rule is that visits must be booked."""
    await VisitChange.create(
        visit=visit,
        at=visit.changed_at,
        kind="RECORDED",
        to_starts_at=visit.starts_at,
        by="reception",
        channel=Channel.RECEPTION,
        override_reason=why,
        account_id=by.id,
    )
    await AuditEntry.record(
        "record_visit",
        account=by,
        override_reason=why,
        passed_over="NOT_BOOKED",
        patient_id=visit.patient.id,
        subject_id=visit.id,
    )
