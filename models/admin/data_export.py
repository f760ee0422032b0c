"""Data export: all stored data of a patient, for the patient (GDPR, articles 15 and 20)."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from tortoise.expressions import Q

from infra import clock
from models.accounts import email_change
from models.accounts.account import Account
from models.accounts.former_name import FormerName
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.session import Session
from models.audit import AuditEntry
from models.outbox import Message
from models.slots.slot import Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

Rows = list[dict[str, Any]]


async def export(account: Account) -> str:
    """JSON text with PESEL and document masked and without secrets; messages are reduced to their facts."""
    patient = account.patient
    if patient is None:
        raise LookupError("This account has no patient.")
    await AuditEntry.record("export_data", account=account)
    content: dict[str, Any] = {
        "exportedAt": clock.now(),
        "account": await _account(account),
        "patient": _patient(patient),
    }
    for name, (_table, load) in SECTIONS.items():
        content[name] = await load(account, patient)
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


async def _account(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "pendingEmail": email_change.pending_email_of(account),
        "pendingEmailUntil": account.pending_email_until,
        "language": account.language,
        "role": account.role,
        "openedAt": account.created_at,
        "hasPassword": account.password_hash is not None,
        "oneTimePasswordExpiresAt": await OneTimePassword.find_last_end(account.id),
    }


def _patient(patient: Patient) -> dict[str, Any]:
    document = patient.document
    return {
        "firstName": patient.first_name,
        "lastName": patient.last_name,
        "peselMasked": patient.pesel_masked,
        "birthDate": patient.birth_date,
        "document": document and {"kind": document.kind, "country": document.country, "numberMasked": document.masked},
        "phone": patient.phone,
        "smsReminders": patient.sms_reminders,
        "isClaim": patient.is_claim,
        "identityConfirmedAt": patient.identity_confirmed_at,
        "identitySeen": patient.identity_seen,
        "recordedAt": patient.created_at,
    }


async def _former_names(_: Account, patient: Patient) -> Rows:
    return (
        await FormerName.filter(patient_id=patient.id)
        .order_by("until", "id")
        .values("first_name", "last_name", "until")
    )


async def _consents(_: Account, patient: Patient) -> Rows:
    """The only consent that a patient can give: to reminders by SMS."""
    return [{"to": "smsReminders", "given": patient.sms_reminders, "phone": patient.phone}]


async def _visits(_: Account, patient: Patient) -> Rows:
    visits = await Visit.filter(patient_id=patient.id).order_by("starts_at", "id").select_related("clinic", "doctor")
    return [
        {
            "reference": visit.reference,
            "status": visit.status,
            "startsAt": visit.starts_at,
            "endsAt": visit.ends_at,
            "clinic": visit.clinic.name,
            "doctor": visit.doctor.full_name,
            "reason": visit.reason,
            "bookedAt": visit.booked_at,
            "changedAt": visit.changed_at,
            "channel": visit.channel,
            "cancelledAt": visit.cancelled_at,
            "confirmedAt": visit.confirmed_at,
            "doctorBackAt": visit.doctor_back_at,
            "timesChanged": visit.sequence,
        }
        for visit in visits
    ]


async def _changes(_: Account, patient: Patient) -> Rows:
    times = ("at", "kind", "from_starts_at", "to_starts_at")
    changes = VisitChange.filter(visit__patient_id=patient.id).order_by("at", "id")
    return await changes.values("visit__reference", *times, "by", "reason", "channel", "override_reason")


async def _calls(_: Account, patient: Patient) -> Rows:
    calls = PhoneCall.filter(visit__patient_id=patient.id).order_by("at", "id")
    return await calls.values("visit__reference", "at", "outcome", "again_at")


async def _offers(_: Account, patient: Patient) -> Rows:
    offers = Offer.filter(patient_id=patient.id).order_by("made_at", "id")
    return await offers.values(
        "slot__starts_at", "slot__clinic__name", "made_at", "expires_at", "answer", "answered_at"
    )


async def _holds(_: Account, patient: Patient) -> Rows:
    held = Slot.filter(held_by_id=patient.id).order_by("starts_at", "id")
    return await held.values("starts_at", "ends_at", "clinic__name", "held_until", "is_offer")


async def _waiting_list(_: Account, patient: Patient) -> Rows:
    entries = (
        WaitingListEntry.filter(patient_id=patient.id).order_by("joined_at", "id").select_related("clinic", "doctor")
    )
    return [
        {
            "clinic": entry.clinic.name,
            "doctor": entry.doctor.full_name if entry.doctor else None,
            "from": entry.first_day,
            "until": entry.last_day,
            "weekdays": entry.weekdays,
            "fromMinute": entry.from_minute,
            "untilMinute": entry.until_minute,
            "joinedAt": entry.joined_at,
            "endedAt": entry.ended_at,
            "outcome": entry.outcome,
            "endReason": entry.end_reason,
        }
        for entry in await entries
    ]


async def _messages(account: Account, patient: Patient) -> Rows:
    visits = await Visit.filter(patient_id=patient.id).values_list("id", flat=True)
    messages = Message.filter(Q(account_id=account.id) | Q(visit_id__in=list(visits))).order_by("created_at", "id")
    tries = ("tries", "due_at", "sent_at", "settled_at", "reason")
    return await messages.values("created_at", "medium", "kind", "state", "to", "language", "details", *tries)


async def _sessions(account: Account, _: Patient) -> Rows:
    sessions = Session.filter(account_id=account.id).order_by("created_at", "id")
    return await sessions.values("created_at", "seen_at", "expires_at", "ended_at")


async def _requests(account: Account, _: Patient) -> Rows:
    return (
        await IdempotencyKey.filter(account_id=account.id).order_by("kept_at", "id").values("key", "kept_at", "refusal")
    )


ACCESS = ("at", "role", "action", "subject_kind", "list_name", "outcome", "changes", "override_reason", "passed_over")


async def _access_log(_: Account, patient: Patient) -> Rows:
    ids = await Patient.find_aliases(patient.id)
    entries = AuditEntry.of_patient(ids, is_claim=patient.is_claim).order_by("at", "id")
    return await entries.values(*ACCESS)


# Each section with the table that it shows; a test fails for a table that is neither here nor below.
SECTIONS: dict[str, tuple[str, Callable[[Account, Patient], Awaitable[Rows]]]] = {
    "formerNames": ("former_name", _former_names),
    "consents": ("patient", _consents),
    "visits": ("visit", _visits),
    "changes": ("visit_change", _changes),
    "calls": ("phone_call", _calls),
    "offers": ("offer", _offers),
    "holds": ("slot", _holds),
    "waitingList": ("waiting_list_entry", _waiting_list),
    "messages": ("message", _messages),
    "sessions": ("session", _sessions),
    "requests": ("kept_answer", _requests),
    "accessLog": ("audit_entry", _access_log),
}
NOT_EXPORTED = {
    "absence": "about a doctor",
    "application": "encrypted requests for an account, address or password; gone when they are processed",
    "answer_version": "about the answers that are kept",
    "clinic": "about the centre",
    "doctor": "about the centre",
    "doctor_clinic": "about the centre",
    "event_log": "about the log of events",
    "event": "ids and times of visits and slots, as partners know them; `visits` and `changes` say the same",
    "key_check": "about SECRET_KEY",
    "one_time_password": "hashes; `oneTimePasswordExpiresAt` says until when one is good",  # nosec B105 - a sentence
    "partner": "about partners",
    "partner_key": "about partners",
    "partner_stream": "about partners",
    "patient_word": "the words of the names, for the search",
    "rate": "counts of requests, gone when their period is over",
    "recovery_code": "of staff",
    "schedule": "about a doctor",
    "second_factor": "of staff",
    "workspace": "what staff have open",
    "throttle": "failed log-ins by a keyed hash; gone after a day",
    "tortoise_migrations": "about the database",
    "untold_change": "notifications still to be sent, only ids; gone when they are sent",
}
# Columns of the tables above that are not exported, besides ids, hashes and encrypted columns.
LEFT_OUT = {
    "account.closed_at": "a closed account exports nothing",
    "account.email_key": "the address in another spelling",
    "account.staff_name": "of staff",
    "kept_answer.asked": "a hash of the request",
    "message.leased_until": "about the sender",
    "message.only_once": "about the sender",
    "patient.identity_confirmed_by": "the id of a colleague",
    **dict.fromkeys(
        (f"slot.{column}" for column in ("closed_reason", "is_outside", "is_withdrawn_by_hand", "place_closed_at")),
        "about the schedule",
    ),
    **dict.fromkeys(("slot.queued_at", "slot.withdrawn_at"), "about the schedule"),
}
