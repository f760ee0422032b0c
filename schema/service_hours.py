"""Service hours: when e-registration answers to bookings and sign-ups."""

from datetime import datetime, time
from typing import Self

import strawberry

import settings
from models import clock, hours


@strawberry.type(description="When e-registration is open, on the clinic's wall clock; reading is possible always.")
class ServiceHours:
    is_open: bool = strawberry.field(description="Whether fields marked @serviceHours can be called now.")
    opens_at: time = strawberry.field(description="Daily opening, included.")
    closes_at: time = strawberry.field(description="Daily closing, excluded; 00:00 is the end of the day.")
    time_zone: str = strawberry.field(description="IANA name, Europe/Warsaw.")
    now: datetime = strawberry.field(description="The server's time: what `isOpen` was decided by.")
    next_opening: datetime = strawberry.field(description="The first opening after now.")
    next_closing: datetime = strawberry.field(description="The first closing after now.")

    @classmethod
    def at_present(cls) -> Self:
        now = clock.now()
        return cls(
            is_open=hours.is_open(now),
            opens_at=hours.wall_time(settings.SERVICE_OPENS),
            closes_at=hours.wall_time(settings.SERVICE_CLOSES),
            time_zone=settings.TIME_ZONE.key,
            now=now,
            next_opening=hours.next_opening(now),
            next_closing=hours.next_closing(now),
        )
