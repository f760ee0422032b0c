"""Housekeeping: deletes expired rows and completes old ones."""

import logging
from datetime import timedelta

from infra import clock, logs, rate_counters
from models.accounts import email_change
from models.accounts.login_throttle import FORGET_AFTER, LoginThrottle
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.session import Session
from models.admin import person_removal
from models.audit import AuditEntry
from models.events import event_log, partner_quota
from models.values.idempotency_key import IdempotencyKey
from tasks.broker import broker

SESSIONS_KEPT_FOR = timedelta(days=7)

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 3600}])
async def index_birth_dates() -> None:
    """Indexes rows written by a release without the index, even while that release is being replaced."""
    logs.bind_request_id()
    if count := await Patient.index_birth_dates():
        log.info("birth_dates_indexed", extra={"patients": count})


@broker.task(schedule=[{"interval": 3600}])
async def purge_expired() -> None:
    logs.bind_request_id()
    now = clock.now()
    deleted = {
        "sessions": await Session.purge(before=now - SESSIONS_KEPT_FOR),
        "login_throttles": await LoginThrottle.purge(before=now - FORGET_AFTER),
        "rate_counters": await rate_counters.purge(),
        "idempotency_keys": await IdempotencyKey.purge(),
        "one_time_passwords": await OneTimePassword.purge(),
        "unconfirmed_addresses": await email_change.forget_expired(),
        "unclaimed_accounts": await person_removal.remove_unclaimed(),
        "events": await event_log.purge(),
        "audit_entries": await AuditEntry.purge(),
        "partner_streams": await partner_quota.purge(),
    }
    if any(deleted.values()):
        log.info("expired_rows_deleted", extra=deleted)
