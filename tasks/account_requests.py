"""Account requests from people who are not signed in, processed in the background."""

import logging

from models.accounts.account_request import AccountRequest, ProcessingFailed
from tasks.broker import broker, nudge
from tasks.letters import send_letters
from tasks.outbox_senders import describe_failure

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 15}])
async def process_account_requests() -> None:
    """Each request nudges this task; the schedule catches requests whose nudge was lost."""
    processed = 0
    while await _process_next():
        processed += 1
    if processed:
        await nudge(send_letters)


async def _process_next() -> bool:
    try:
        return await AccountRequest.process_next()
    except ProcessingFailed as failed:
        cause = failed.__cause__
        problem = describe_failure(cause) if isinstance(cause, Exception) else "unknown"
        log.error("account_request_failed", extra={"account_request_id": str(failed), "problem": problem})
        return True  # other requests may be waiting behind this one
