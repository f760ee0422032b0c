"""Horizon: as days pass, published schedules get their slots for the days that have come within reach."""

import logging

from models import trace
from models.schedule import Schedule
from tasks.broker import broker, nudge
from tasks.waiting import offer_terms

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 900}])
async def fill_horizon() -> None:
    """Run twice, or on two hosts at once: the same slots."""
    trace.begin()
    if made := await Schedule.fill_horizon():
        log.info("horizon_filled", extra={"slots": made})
        await nudge(offer_terms)
