"""Slot horizon: creates the slots of published schedules as new days come within reach."""

import logging

from infra import logs
from models.schedules.schedule import Schedule
from tasks.broker import broker, nudge
from tasks.freed_slots import offer_slots

log = logging.getLogger(__name__)


@broker.task(schedule=[{"interval": 900}])
async def fill_horizon() -> None:
    """Two runs, even on two hosts at once, create the same slots."""
    logs.bind_request_id()
    if created := await Schedule.fill_horizon():
        log.info("horizon_filled", extra={"slots": created})
        await nudge(offer_slots)
