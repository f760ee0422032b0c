"""Attendance (obecność): what becomes of a visit on its day, and what was said of it on the telephone."""

from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

from models import clock
from models.audit import AuditEntry
from models.errand import Errand
from models.patient import Patient
from models.staff_refusal import StatusNotChangeable
from models.visit import Visit
from models.visit_change import VisitChange
from models.visit_status import Status

# A no-show who comes after all has arrived; somebody marked by mistake, or gone before their turn, has not.
FROM = {
    Status.ARRIVED: {Status.BOOKED, Status.NO_SHOW},
    Status.FULFILLED: {Status.ARRIVED},
    Status.NO_SHOW: {Status.BOOKED, Status.ARRIVED},
}


def earliest(visit: Visit, wanted: Status) -> datetime:
    """People arrive on the day; nobody has failed to come before the visit begins."""
    if wanted == Status.NO_SHOW:
        return visit.starts_at
    return clock.local(visit.starts_at).replace(hour=0, minute=0, second=0, microsecond=0)


async def mark(visit_id: UUID, wanted: Status, *, patient: Patient, errand: Errand) -> Visit:
    """Note what has become of a visit; marked so already: nothing more happens."""
    async with in_transaction():
        visit = await Visit.lock(visit_id, patient)
        if visit.status != wanted:
            _check(visit, wanted)
            visit.status, visit.changed_at = wanted, clock.now()
            await visit.save(update_fields=["status", "changed_at"])
            await note(visit, wanted.value, f"visit_{wanted.value.lower()}", errand)
    return await Visit.whole(visit_id)


def _check(visit: Visit, wanted: Status) -> None:
    if visit.status not in FROM[wanted]:
        raise StatusNotChangeable(reason="STATUS", status=visit.status.value, wanted=wanted.value)
    if clock.now() < earliest(visit, wanted):
        raise StatusNotChangeable(reason="TOO_EARLY", status=visit.status.value, wanted=wanted.value)


async def called(visit_id: UUID, *, patient: Patient, errand: Errand, words: str | None) -> Visit:
    """The patient was told by telephone: the visit leaves the call list until something more happens."""
    async with in_transaction():
        visit = await Visit.lock(visit_id, patient)
        await note(visit, "CALLED", "visit_called", errand, words)
    return await Visit.whole(visit_id)


async def note(visit: Visit, kind: str, action: str, errand: Errand, reason: str | None = None) -> None:
    """Into the visit's history and the audit trail; no letter is written."""
    who = errand.who(visit.patient_id)
    await VisitChange.create(visit=visit, at=clock.now(), kind=kind, by=who, channel=errand.channel, reason=reason)
    await AuditEntry.record(action, account=errand.by, patient_id=visit.patient_id, subject_id=visit.id)
