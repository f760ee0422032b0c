"""Confirmation (potwierdzenie): patients confirm that they will come, signed in or by a letter's personal link."""

from uuid import UUID

from tortoise.transactions import in_transaction

from infra import clock, crypto, database
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.refusals.booking import LinkNotValid, VisitNotChangeable
from models.values.actor import Actor
from models.values.visit_status import Status
from models.visits.visit import WITH_DETAILS, Visit
from models.visits.visit_history import VisitChange

PURPOSE = "visit-link"
SEQUENCE_BYTES = 4


def make_link(visit_id: UUID, sequence: int) -> str:
    """The token in a letter's personal link: it identifies the visit as it was at this `sequence`."""
    return crypto.sign(visit_id.bytes + sequence.to_bytes(SEQUENCE_BYTES, "big"), PURPOSE)


async def find_linked(token: str) -> Visit:
    """The future visit that a letter's link identifies; raises LinkNotValid if it has begun or has been moved.

    A cancellation is the only change after which the last link still works.
    """
    try:
        payload = crypto.verify(token, PURPOSE)
    except crypto.InvalidToken:
        raise LinkNotValid from None
    visit_id, sequence = UUID(bytes=payload[:16]), int.from_bytes(payload[16:], "big")
    visit = await Visit.get_or_none(id=visit_id).select_related(*WITH_DETAILS)
    if visit is None or visit.patient.account is None or visit.starts_at <= clock.now():
        raise LinkNotValid
    if sequence != visit.sequence - (visit.status == Status.CANCELLED):
        raise LinkNotValid
    return visit


async def confirm(visit_id: UUID, *, patient: Patient, by: Actor) -> Visit:
    """Record that the patient will come; of repeated confirmations only the first counts."""
    async with in_transaction():
        visit = await Visit.lock(visit_id, patient)
        is_over = visit.status != Status.BOOKED or visit.starts_at <= clock.now()
        if is_over or visit.cannot_take_place:
            reason, until = (
                "CONFIRMED_TOO_LATE" if is_over else "CANNOT_TAKE_PLACE",
                visit.cancellable_until.isoformat(),
            )
            raise VisitNotChangeable(reason=reason, status=visit.status.value, cancellable_until=until)
        if visit.confirmed_at is None:
            await _write(visit, by)
    return await Visit.get_with_details(visit_id)


async def _write(visit: Visit, actor: Actor) -> None:
    visit.confirmed_at = clock.now()
    await visit.save(update_fields=["confirmed_at"])
    await VisitChange.create(
        visit=visit,
        at=visit.confirmed_at,
        kind="CONFIRMED",
        by=actor.name_for(visit.patient_id),
        channel=actor.channel,
        account_id=actor.by.id,
    )
    await AuditEntry.record("confirm_visit", account=actor.by, patient_id=visit.patient_id, subject_id=visit.id)


async def confirm_linked(token: str) -> Visit:
    """Confirm the visit for the holder of the link."""
    async with in_transaction():
        visit = await _lock_linked(token)
        confirmed = await confirm(visit.id, patient=visit.patient, by=Actor(visit.patient.account))
        if visit.confirmed_at is None:
            await _record_use(visit)
    return confirmed


async def cancel_linked(token: str, reason: str | None) -> Visit:
    """Cancel the visit for the holder of the link; repeating the call changes nothing."""
    async with in_transaction():
        visit = await _lock_linked(token)
        if visit.status == Status.CANCELLED:
            return visit
        cancelled = await Visit.cancel(visit.id, patient=visit.patient, by=visit.patient.account, reason=reason)
        await _record_use(visit)
    return cancelled


async def _lock_linked(token: str) -> Visit:
    """Find the visit again under the lock: another change may have come first."""
    database.require_transaction()
    await Patient.lock((await find_linked(token)).patient_id)
    return await find_linked(token)


async def _record_use(visit: Visit) -> None:
    """Add another audit entry: the change was made by somebody who had the letter but was not logged in."""
    await AuditEntry.record("use_visit_link", account=None, patient_id=visit.patient_id, subject_id=visit.id)
