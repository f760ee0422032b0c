"""Housekeeping: what has expired is thrown away."""

import logging
from datetime import timedelta

from models import allowance, clock, event_log, rate, trace
from models.account import Account
from models.kept_answer import KeptAnswer
from models.session import Session
from models.throttle import FORGET_AFTER, Throttle
from tasks.broker import broker

SESSIONS_KEPT_FOR = timedelta(days=7)

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 3600}])
async def tidy_up() -> None:
    trace.begin()
    now = clock.now()
    gone = {
        "sessions": await Session.purge(before=now - SESSIONS_KEPT_FOR),
        "throttles": await Throttle.purge(before=now - FORGET_AFTER),
        "rates": await rate.purge(),
        "kept_answers": await KeptAnswer.purge(),
        "one_time_passwords": await Account.forget_one_time_passwords(),
        "events": await event_log.forget(),
        "partner_streams": await allowance.purge(),
    }
    if any(gone.values()):
        log.info("tidied_up", extra=gone)
