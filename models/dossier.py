"""Dossier: all that is known of a patient, for the patient (GDPR, articles 15 and 20)."""

from typing import Any

import orjson

from models import clock
from models.account import Account
from models.audit import AuditEntry
from models.message import Message
from models.visit import Visit
from models.visit_change import VisitChange
from models.waiting_list import WaitingListEntry


async def export(account: Account) -> str:
    """JSON text; the PESEL stays masked, secrets and contents of messages are not kept in the first place."""
    patient = account.patient
    if patient is None:
        raise LookupError("This account has no patient.")
    await AuditEntry.record("export_data", account=account)
    visits = await Visit.filter(patient_id=patient.id).order_by("starts_at").select_related("clinic", "doctor")
    changes = await VisitChange.filter(visit__patient_id=patient.id).order_by("at").values(
        "visit__reference", "at", "kind", "from_starts_at", "to_starts_at", "by", "reason"
    )  # fmt: skip
    messages = Message.filter(account_id=account.id).order_by("created_at")
    wishes = WaitingListEntry.filter(patient_id=patient.id).order_by("joined_at").select_related("clinic", "doctor")
    entries = AuditEntry.filter(patient_id=patient.id).order_by("at")
    content: dict[str, Any] = {
        "exportedAt": clock.now(),
        "account": {"email": account.email, "language": account.language, "openedAt": account.created_at},
        "patient": {
            "firstName": patient.first_name,
            "lastName": patient.last_name,
            "peselMasked": patient.pesel_masked,
            "phone": patient.phone,
            "smsReminders": patient.sms_reminders,
        },
        "visits": [_told(visit) for visit in visits],
        "changes": changes,
        "waitingList": [_wished(entry) for entry in await wishes],
        "messages": await messages.values("created_at", "medium", "kind", "state", "to", "sent_at"),
        "accessLog": await entries.values("at", "role", "action", "outcome"),
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def _wished(entry: WaitingListEntry) -> dict[str, Any]:
    return {
        "clinic": entry.clinic.name,
        "doctor": entry.doctor.full_name if entry.doctor else None,
        "from": entry.first_day,
        "until": entry.last_day,
        "joinedAt": entry.joined_at,
        "endedAt": entry.ended_at,
        "outcome": entry.outcome,
    }


def _told(visit: Visit) -> dict[str, Any]:
    return {
        "reference": visit.reference,
        "status": visit.status,
        "startsAt": visit.starts_at,
        "endsAt": visit.ends_at,
        "clinic": visit.clinic.name,
        "doctor": visit.doctor.full_name,
        "reason": visit.reason,
        "bookedAt": visit.booked_at,
        "channel": visit.channel,
        "cancelledAt": visit.cancelled_at,
    }
