"""Housekeeping: deletes expired rows and fills in missing values of old ones."""

import logging

from infra import logs
from models.accounts.patient import Patient
from models.admin import retention
from tasks.broker import broker

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 3600}])
async def index_birth_dates() -> None:
    """Index the rows that an earlier release wrote without the index; during an upgrade, it may still write some."""
    logs.bind_request_id()
    if count := await Patient.index_birth_dates():
        log.info("birth_dates_indexed", extra={"patients": count})


@broker.task(schedule=[{"interval": 3600}])
async def purge_expired() -> None:
    logs.bind_request_id()
    deleted = await retention.purge()
    if any(deleted.values()):
        log.info("expired_rows_deleted", extra=deleted)
