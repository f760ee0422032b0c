"""Closing: a clinic closes, or a doctor retires, from a given day until reopened; booked visits stay until moved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

import settings
from infra import clock
from models.audit import AuditAction, AuditEntry
from models.refusals.refusal import InvalidInput, Refusal
from models.refusals.schedule import ClinicClosed, DoctorRetired
from models.schedules import publication, restoring
from models.schedules.schedule import Schedule
from models.slots.availability import load_related
from models.slots.clinic import Clinic
from models.slots.closing_day import ClosingDays
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import hours
from models.values.form import Form
from models.values.visit_status import Status
from models.visits.visit import Visit
from models.visits.visit_search import VisitFilter
from models.waiting.waiting_list import WaitingListEntry

if TYPE_CHECKING:
    from models.accounts.account import Account

MAX_AHEAD = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Kind:
    """What closes: clinics or doctors.

    `day`: the column of the first closed day; `key`: the column of other tables that refers to the clinic or doctor.
    """

    model: type[Clinic] | type[Doctor]
    lock: Callable[[UUID], Awaitable[None]]
    day: str
    key: str
    field: str
    refusal: type[Refusal]
    closing: AuditAction
    reopening: AuditAction

    def find_closed_from(self, row: Clinic | Doctor) -> date | None:
        found: date | None = getattr(row, self.day)
        return found


CLINIC = Kind(
    Clinic, Clinic.lock, "closed_from", "clinic_id", "clinicId", ClinicClosed, "close_clinic", "reopen_clinic"
)
DOCTOR = Kind(
    Doctor, Doctor.lock, "retired_from", "doctor_id", "doctorId", DoctorRetired, "retire_doctor", "reinstate_doctor"
)


@dataclass(frozen=True)
class ClosingChanges:
    """The effects of a closing: free slots withdrawn (with their holds and offers), and what remains to be done.

    `schedules` create no slots from that day on; `waiting` counts the entries of the waiting list that reach beyond it;
    `visits` finds the `visit_count` booked visits that must be moved or cancelled one by one.
    """

    withdrawn: int
    holds: int
    offers: int
    schedules: list[Schedule]
    waiting: int
    visits: VisitFilter
    visit_count: int


async def preview(kind: Kind, id_: UUID, from_: date) -> ClosingChanges:
    """What `close` would change now; nothing is written."""
    row = await _find(kind, id_)
    _check_day(kind, row, from_)
    return await _measure(kind, id_, from_, await _slots_from(kind, id_, from_))


async def close(kind: Kind, id_: UUID, from_: date, *, by: "Account") -> tuple[Any, ClosingChanges]:
    """Withdraw the free slots from this day on; booked visits stay and appear on the call list. Idempotent.

    Whoever publishes or adds slots locks the doctor, and with it the clinic, so nobody does so at the same time.
    """
    async with in_transaction():
        await kind.lock(id_)
        row = await _find(kind, id_)
        _check_day(kind, row, from_)
        locked = await _slots_from(kind, id_, from_).order_by("id").select_for_update()
        changes = await _measure(kind, id_, from_, locked)
        if kind.find_closed_from(row) is None:
            setattr(row, kind.day, from_)
            await row.save(update_fields=[kind.day])
            await publication.close([slot for slot in locked if _is_free(slot)])
            marked = Slot.filter(id__in=[slot.id for slot in locked], place_closed_at=None)
            await marked.update(place_closed_at=clock.now())
            noted = {kind.day: (None, from_)}
            await AuditEntry.record(kind.closing, account=by, subject_id=id_, changes=noted)
    return row, changes


async def _find(kind: Kind, id_: UUID) -> Any:
    row = await kind.model.get_or_none(id=id_)
    if row is None:
        raise InvalidInput.of_field(kind.field, "NOT_AVAILABLE")
    return row


def _check_day(kind: Kind, row: Clinic | Doctor, from_: date) -> None:
    """A place is never closed twice: to change the day, reopen it first."""
    closed_from = kind.find_closed_from(row)
    if closed_from not in (None, from_):
        raise kind.refusal(**{kind.day: closed_from.isoformat() if closed_from else ""})
    form = Form()
    if closed_from is None and not clock.today() <= from_ <= clock.today() + MAX_AHEAD:
        form.add_flaw("from", "OUT_OF_RANGE", clock.today(), clock.today() + MAX_AHEAD)
    form.raise_if_flawed()


def _begin(from_: date) -> datetime:
    return max(hours.to_utc(from_, 0, settings.TIME_ZONE), clock.now())


def _slots_from(kind: Kind, id_: UUID, from_: date) -> QuerySet[Slot]:
    """All future slots from this day on, including withdrawn ones, which nobody may reopen."""
    return Slot.filter(**{kind.key: id_}, starts_at__gte=_begin(from_))


async def _measure(kind: Kind, id_: UUID, from_: date, slots: list[Slot]) -> ClosingChanges:
    own: dict[str, Any] = {kind.key: id_}
    held = [slot for slot in slots if _is_free(slot) and slot.is_held]
    schedules = await Schedule.filter(**own).order_by("valid_from", "id").select_related("doctor", "clinic")
    booked = Visit.filter(**own, starts_at__gte=_begin(from_), status=Status.BOOKED)
    return ClosingChanges(
        withdrawn=sum(_is_free(slot) for slot in slots),
        holds=sum(not slot.is_offer for slot in held),
        offers=sum(slot.is_offer for slot in held),
        schedules=[schedule for schedule in schedules if not schedule.valid_until or schedule.valid_until >= from_],
        waiting=await WaitingListEntry.filter(**own, ended_at=None, last_day__gte=from_).count(),
        visits=VisitFilter(**own, from_=_begin(from_), statuses=[Status.BOOKED]),
        visit_count=await booked.count(),
    )


def _is_free(slot: Slot) -> bool:
    return slot.visit_id is None and slot.withdrawn_at is None


class _NotWritten(Exception):
    """Raised to end a preview's transaction, so that its changes are rolled back."""

    def __init__(self, restored: int) -> None:
        self.restored = restored


async def preview_reopening(kind: Kind, id_: UUID) -> int:
    """How many slots `reopen` would restore now; nothing is written."""
    try:
        async with in_transaction():
            raise _NotWritten((await _reopen(kind, id_))[2])
    except _NotWritten as undone:
        return undone.restored


async def reopen(kind: Kind, id_: UUID, *, by: "Account") -> tuple[Any, int]:
    """Undo a closing and return how many slots were restored. Slots withdrawn by hand or blocked stay so."""
    async with in_transaction():
        row, closed_from, restored = await _reopen(kind, id_)
        if closed_from is not None:
            noted = {kind.day: (closed_from, None)}
            await AuditEntry.record(kind.reopening, account=by, subject_id=id_, changes=noted)
    return row, restored


async def _reopen(kind: Kind, id_: UUID) -> tuple[Any, date | None, int]:
    """The row, the day from which it was closed (None if it was not), and how many slots were restored."""
    doctor_ids = await _find_doctors(kind, id_)
    for doctor_id in doctor_ids:
        await Doctor.lock(doctor_id)
    await kind.lock(id_)
    row = await _find(kind, id_)
    closed_from = kind.find_closed_from(row)
    if closed_from is None:
        return row, None, 0
    setattr(row, kind.day, None)
    await row.save(update_fields=[kind.day])
    restored = await restoring.bring_back(await _release(kind, id_))
    until = hours.day_bounds(Schedule.horizon())[1]
    for doctor_id in doctor_ids:
        restored += await Schedule.restore(doctor_id, _begin(closed_from), until)
    return row, closed_from, restored


async def _find_doctors(kind: Kind, id_: UUID) -> list[UUID]:
    """The doctors whose slots are restored, in locking order."""
    if kind is DOCTOR:
        return [id_]
    scheduled = await Schedule.filter(clinic_id=id_).values_list("doctor_id", flat=True)
    with_slots = await Slot.filter(clinic_id=id_, place_closed_at__isnull=False).distinct().values_list("doctor_id")
    return sorted({UUID(str(found)) for found in [*scheduled, *(row[0] for row in with_slots)]})


async def _release(kind: Kind, id_: UUID) -> list[UUID]:
    """Remove the mark from the slots, except those whose clinic is still closed or whose doctor has retired."""
    marked = Slot.filter(**{kind.key: id_}, place_closed_at__isnull=False)
    slots = await load_related(await marked.order_by("id").select_for_update())
    open_ones = [
        slot.id
        for slot in slots
        if ClosingDays(slot.clinic.closed_from, slot.doctor.retired_from).allow(clock.local(slot.starts_at).date())
    ]
    await Slot.filter(id__in=open_ones).update(place_closed_at=None)
    return open_ones
