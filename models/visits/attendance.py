"""Attendance (obecność): whether a visit's patient came, and calls to the patient about the visit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock
from models.accounts.patient import Patient
from models.audit import AuditAction, AuditEntry, Changes
from models.refusals.desk import StatusNotChangeable
from models.refusals.refusal import InvalidInput
from models.values.actor import Actor
from models.values.form import REASON_LENGTH, Form
from models.values.identity_document import SeenDocument
from models.values.visit_status import Status
from models.visits import identity_confirmation
from models.visits.phone_call import CallOutcome, PhoneCall
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange

# A no-show may still arrive; a patient who was marked as arrived by mistake, or who left, becomes a no-show.
ALLOWED_FROM = {
    Status.ARRIVED: {Status.BOOKED, Status.NO_SHOW},
    Status.FULFILLED: {Status.ARRIVED},
    Status.NO_SHOW: {Status.BOOKED, Status.ARRIVED},
}
MARKED: dict[Status, AuditAction] = {
    Status.ARRIVED: "visit_arrived",
    Status.FULFILLED: "visit_fulfilled",
    Status.NO_SHOW: "visit_no_show",
}


def earliest_time(visit: Visit, wanted: Status) -> datetime:
    """When marking becomes possible: arrival from the start of the visit's day, the outcome from the visit's start."""
    if wanted != Status.ARRIVED:
        return visit.starts_at
    return clock.local(visit.starts_at).replace(hour=0, minute=0, second=0, microsecond=0)


async def mark(
    visit_id: UUID, wanted: Status, *, patient: Patient, actor: Actor, seen: SeenDocument | None = None
) -> Visit:
    """Set the visit's attendance status, and confirm the patient's identity if a document was seen.

    Repeating the call changes nothing.
    """
    async with in_transaction():
        if seen:
            await identity_confirmation.confirm(patient.id, seen, by=actor.by)
        visit = await Visit.lock(visit_id, patient)
        if visit.status != wanted:
            _check(visit, wanted)
            former, visit.status = visit.status, wanted
            await visit.write()  # refused if a no-show arrives after all but has booked another visit for that time
            await _record(visit, wanted.value, MARKED[wanted], actor, changes={"status": (former, wanted)})
    return await Visit.get_with_details(visit_id)


def _check(visit: Visit, wanted: Status) -> None:
    if visit.status not in ALLOWED_FROM[wanted]:
        raise StatusNotChangeable(reason="STATUS", status=visit.status.value, wanted=wanted.value)
    if clock.now() < earliest_time(visit, wanted):
        raise StatusNotChangeable(reason="TOO_EARLY", status=visit.status.value, wanted=wanted.value)


async def undo(
    visit_id: UUID, *, patient: Patient, actor: Actor, reason: str | None = None, marked: Status | None = None
) -> Visit:
    """Undo the last mark, on the day of the visit only; with `marked`, only if that is the last mark."""
    form = Form()
    reason = form.text("reason", reason or "", REASON_LENGTH, required=False)
    form.raise_if_flawed()
    async with in_transaction():
        visit = await Visit.lock(visit_id, patient)
        before = _find_status_before(await visit.changes.all().order_by("at", "id"))
        if before is None or visit.status not in MARKED or marked not in (None, visit.status):
            raise StatusNotChangeable(reason="NOT_MARKED", status=visit.status.value, wanted=visit.status.value)
        if clock.local(visit.starts_at).date() != clock.today():
            raise StatusNotChangeable(reason="TOO_LATE", status=visit.status.value, wanted=before.value)
        changes = {"status": (visit.status, before)}
        visit.status, visit.changed_at = before, clock.now()
        await visit.save(update_fields=["status", "changed_at"])
        await _record(visit, "UNDONE", "undo_status", actor, reason, changes)
    return await Visit.get_with_details(visit_id)


def _find_status_before(changes: Iterable[VisitChange]) -> Status | None:
    """The visit's status before the last mark that has not been undone; None if there is no such mark."""
    statuses = [Status.BOOKED]
    for change in changes:
        if change.kind in set(MARKED):
            statuses.append(Status(change.kind))
        elif change.kind == "UNDONE":
            statuses.pop()
        elif change.kind == "MOVED":
            statuses = [Status.BOOKED]
    return statuses[-2] if len(statuses) > 1 else None


@dataclass(frozen=True)
class CallReport:
    """`again_at`: when to try again, if the patient was not reached."""

    outcome: CallOutcome = CallOutcome.REACHED
    again_at: datetime | None = None
    note: str | None = None

    def validate(self, visit: Visit) -> None:
        is_possible = self.outcome is not CallOutcome.REACHED
        if self.again_at and not (is_possible and clock.now() < self.again_at < visit.starts_at):
            raise InvalidInput.of_field("againAt", "OUT_OF_RANGE")


async def record_call(visit_id: UUID, report: CallReport, *, patient: Patient, actor: Actor) -> Visit:
    """Record a call to the patient; if reached, their visit leaves the call list until something new happens."""
    async with in_transaction():
        visit = await Visit.lock(visit_id, patient)
        report.validate(visit)
        change = await _record(visit, "CALLED", "visit_called", actor, report.note)
        await PhoneCall.create(
            change=change, visit=visit, at=change.at, outcome=report.outcome, again_at=report.again_at
        )
    return await Visit.get_with_details(visit_id)


async def _record(
    visit: Visit,
    kind: str,
    action: AuditAction,
    actor: Actor,
    reason: str | None = None,
    changes: Changes | None = None,
) -> VisitChange:
    """Add to the visit's history and to the audit trail."""
    await AuditEntry.record(action, account=actor.by, changes=changes, patient_id=visit.patient_id, subject_id=visit.id)
    return await VisitChange.create(
        visit=visit,
        at=clock.now(),
        kind=kind,
        by=actor.name_for(visit.patient_id),
        channel=actor.channel,
        reason=reason,
        account_id=actor.by.id,
    )
