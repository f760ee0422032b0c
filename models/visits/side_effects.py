"""Side effects: the rows that a change to a visit writes in its transaction: history, message, event, audit entry."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from infra import database
from models.accounts.account import Account
from models.audit import AuditAction, AuditEntry, Changes
from models.events.event import Event, EventType
from models.outbox import Medium, Message, MessageKind
from models.values.actor import Actor
from models.values.visit_status import Status
from models.visits.booking_statements import HAS_WISHES
from models.visits.visit_history import VisitChange
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

if TYPE_CHECKING:
    from models.visits.visit import Visit

_OPEN_OFFER = "EXISTS (SELECT FROM offer WHERE visit_id = $2 AND answer = 'OPEN')"
_HAS_WISHES = f"SELECT {HAS_WISHES.format(patient_id='$1')} OR {_OPEN_OFFER}"


async def after_move(visit: "Visit", actor: Actor, old_slot_id: UUID, old_starts_at: datetime) -> None:
    database.require_transaction()
    [[has_wishes]] = await database.fetch_rows(_HAS_WISHES, [visit.patient.id, visit.id])
    if has_wishes:
        await WaitingListEntry.mark_served(visit.patient.id, visit.slot_id)
        await Offer.close(visit_id=visit.id)
    await _record_change(visit, "MOVED", actor, from_starts_at=old_starts_at, to_starts_at=visit.starts_at)
    changes: Changes = {"starts_at": (old_starts_at, visit.starts_at)}
    await _write_letter(visit, MessageKind.VISIT_MOVED, actor, changes, moved_from=old_starts_at.isoformat())
    slots = {"from_slot_id": old_slot_id, "to_slot_id": visit.slot_id}
    await Event.append(EventType.VISIT_RESCHEDULED, visit.clinic.id, visit_reference=visit.reference, **slots)


async def after_cancellation(visit: "Visit", actor: Actor, reason: str | None, former: Status) -> None:
    database.require_transaction()
    await Offer.close(visit_id=visit.id)
    await _record_change(visit, "CANCELLED", actor, from_starts_at=visit.starts_at, reason=reason)
    changes: Changes = {"status": (former, visit.status)}
    await _write_letter(visit, MessageKind.VISIT_CANCELLED, actor, changes)
    await Event.append(
        EventType.VISIT_CANCELLED, visit.clinic.id, visit_reference=visit.reference, slot_id=visit.slot_id
    )


async def after_absence(visit: "Visit", by: "Account") -> None:
    """Notify the patient that the visit takes place after all: by e-mail, and by SMS if they want that."""
    database.require_transaction()
    patient, kind, facts = visit.patient, MessageKind.VISIT_TAKES_PLACE, snapshot(visit)
    account = await Account.get_or_none(patient_id=patient.id)
    if account:
        await Message.post(kind, account, visit_id=visit.id, visit=facts)
    if patient.sms_reminders and patient.phone:
        await Message.post(kind, account, to=patient.phone, visit_id=visit.id, medium=Medium.SMS, visit=facts)
    await AuditEntry.record("visit_takes_place", account=by, patient_id=patient.id, subject_id=visit.id)


async def _record_change(visit: "Visit", kind: str, actor: Actor, **change: Any) -> None:
    change |= {
        "channel": actor.channel,
        "account_id": actor.by.id,
        "override_reason": actor.override_details["override_reason"],
    }
    await VisitChange.create(visit=visit, at=visit.changed_at, kind=kind, by=actor.name_for(visit.patient.id), **change)


WRITTEN: dict[MessageKind, AuditAction] = {
    MessageKind.VISIT_MOVED: "visit_moved",
    MessageKind.VISIT_CANCELLED: "visit_cancelled",
}


async def _write_letter(visit: "Visit", kind: MessageKind, actor: Actor, changes: Changes, **details: Any) -> None:
    """Write to the patient, if they have an account, and add to the audit trail."""
    if account := visit.patient.account:  # read with the visit (`Visit.lock`)
        await Message.post(kind, account, visit_id=visit.id, visit=snapshot(visit), **details)
    action, patient_id = WRITTEN[kind], visit.patient.id
    await AuditEntry.record(
        action,
        account=actor.by,
        patient_id=patient_id,
        subject_id=visit.id,
        changes=changes,
        **actor.override_details,
    )


def snapshot(visit: "Visit") -> dict[str, Any]:
    """The details of the visit that messages and calendars may contain: neither clinic nor doctor."""
    return {
        "uid": f"{visit.id}@e-rejestracja",
        "reference": visit.reference,
        "starts_at": visit.starts_at.isoformat(),
        "ends_at": visit.ends_at.isoformat(),
        "changed_at": visit.changed_at.isoformat(),
        "address": visit.clinic.address,
        "phone": visit.clinic.phone,
        "sequence": visit.sequence,
        "cancelled": visit.cancelled_at is not None,
    }
