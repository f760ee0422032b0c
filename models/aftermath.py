"""Aftermath: what follows from a change of a visit in the same transaction: history, letter, event, audit."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from models.audit import AuditEntry
from models.errand import Errand
from models.event import Event, Happening
from models.message import Kind, Message
from models.offer import Offer
from models.visit_change import VisitChange
from models.waiting_list import WaitingListEntry

if TYPE_CHECKING:
    from models.visit import Visit


async def booked(visit: "Visit", errand: Errand) -> None:
    await WaitingListEntry.served(visit.patient.id, visit.slot_id)
    await _note(visit, "BOOKED", errand, to_starts_at=visit.starts_at)
    await _write(visit, Kind.VISIT_BOOKED, errand)
    await Event.append(
        Happening.VISIT_BOOKED, visit.clinic.id, visit_reference=visit.reference, slot_id=visit.slot_id
    )  # fmt: skip


async def moved(visit: "Visit", errand: Errand, old_slot_id: UUID, old_starts_at: datetime) -> None:
    await WaitingListEntry.served(visit.patient.id, visit.slot_id)
    await Offer.overtaken(visit_id=visit.id)
    await _note(visit, "MOVED", errand, from_starts_at=old_starts_at, to_starts_at=visit.starts_at)
    await _write(visit, Kind.VISIT_MOVED, errand, moved_from=old_starts_at.isoformat())
    slots = {"from_slot_id": old_slot_id, "to_slot_id": visit.slot_id}
    await Event.append(Happening.VISIT_RESCHEDULED, visit.clinic.id, visit_reference=visit.reference, **slots)


async def cancelled(visit: "Visit", errand: Errand, reason: str | None) -> None:
    await Offer.overtaken(visit_id=visit.id)
    await _note(visit, "CANCELLED", errand, from_starts_at=visit.starts_at, reason=reason)
    await _write(visit, Kind.VISIT_CANCELLED, errand)
    await Event.append(
        Happening.VISIT_CANCELLED, visit.clinic.id, visit_reference=visit.reference, slot_id=visit.slot_id
    )  # fmt: skip


async def _note(visit: "Visit", kind: str, errand: Errand, **change: Any) -> None:
    change |= {"channel": errand.channel, "override_reason": errand.exception["override_reason"]}
    await VisitChange.create(visit=visit, at=visit.changed_at, kind=kind, by=errand.who(visit.patient.id), **change)


async def _write(visit: "Visit", kind: Kind, errand: Errand, **told: Any) -> None:
    """To the patient's address, if there is one; and into the audit trail."""
    if account := await visit.patient.account:
        await Message.post(kind, account, visit_id=visit.id, visit=snapshot(visit), **told)
    action, patient_id = kind.value, visit.patient.id
    await AuditEntry.record(
        action, account=errand.by, patient_id=patient_id, subject_id=visit.id, **errand.exception
    )  # fmt: skip


def snapshot(visit: "Visit") -> dict[str, Any]:
    """What letters and calendars may say of the visit as it is now: neither clinic nor doctor."""
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
