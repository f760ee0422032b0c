"""Retention (okres przechowywania): how long the rows of each table are kept, and what removes them.

docs/operations.md states the same for operators, with the legal basis; a test checks every table against both.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from infra import rate_counters
from models.accounts import email_change
from models.accounts.login_throttle import LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.session import Session
from models.admin import person_removal
from models.audit import AuditEntry
from models.events import event_log, partner_quota
from models.events.partner import Partner, PartnerKey
from models.outbox import Message
from models.values.idempotency_key import IdempotencyKey
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

Purge = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class Removed:
    """Rows that housekeeping removes when their time is over; the keys of `purges` name them in the log."""

    purges: dict[str, Purge]


@dataclass(frozen=True)
class Kept:
    """Rows that are not removed because of their age."""

    because: str


def _removed(name: str, purge: Purge) -> Removed:
    return Removed({name: purge})


RECORD = Kept("medical documentation, or what it cannot be read without: 20 years at least")
CENTRE = Kept("about the centre, which administrators change")
WITH_OWNER = Kept("goes with what it belongs to")
TECHNICAL = Kept("about the database, nobody's data")

# The order matters: offers before the entries that they were made for, keys before their partners.
TABLES: dict[str, Removed | Kept] = {
    "message": _removed("messages", Message.purge),
    "offer": _removed("offers", Offer.purge),
    "waiting_list_entry": _removed("waiting_list_entries", WaitingListEntry.purge),
    "session": _removed("sessions", Session.purge),
    "throttle": _removed("login_throttles", LoginThrottle.purge),
    "rate": _removed("rate_counters", rate_counters.purge),
    "kept_answer": _removed("idempotency_keys", IdempotencyKey.purge),
    "one_time_password": _removed("one_time_passwords", OneTimePassword.purge),
    "account": Removed(
        {
            "unconfirmed_addresses": email_change.forget_expired,
            "unclaimed_accounts": person_removal.remove_unclaimed,
        }
    ),
    "event": _removed("events", event_log.purge),
    "audit_entry": _removed("audit_entries", AuditEntry.purge),
    "partner_stream": _removed("partner_streams", partner_quota.purge),
    "partner_key": _removed("partner_keys", PartnerKey.purge),
    "partner": _removed("partners", Partner.purge),
    "patient": RECORD,
    "former_name": RECORD,
    "visit": RECORD,
    "visit_change": RECORD,
    "phone_call": RECORD,
    "slot": RECORD,
    "clinic": CENTRE,
    "doctor": CENTRE,
    "doctor_clinic": CENTRE,
    "schedule": CENTRE,
    "absence": CENTRE,
    "application": Kept("deleted when it is processed, within seconds"),
    "patient_word": WITH_OWNER,
    "recovery_code": WITH_OWNER,
    "second_factor": WITH_OWNER,
    "workspace": WITH_OWNER,
    "untold_change": Kept("deleted when the relay has told it, within a second"),
    "answer_version": TECHNICAL,
    "event_log": TECHNICAL,
    "key_check": TECHNICAL,
    "tortoise_migrations": TECHNICAL,
}


async def purge() -> dict[str, int]:
    """Remove the rows that need not be kept any longer; return how many of each kind."""
    purges = [found for found in TABLES.values() if isinstance(found, Removed)]
    return {name: await remove() for found in purges for name, remove in found.purges.items()}
