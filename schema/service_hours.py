"""Service hours: when e-registration accepts bookings and sign-ups."""

from datetime import datetime, time
from typing import Self

import strawberry

import settings
from infra import clock
from models.values import hours


@strawberry.type(description="The daily hours in which e-registration is open. Data can be read at any hour.")
class ServiceHours:
    is_open: bool = strawberry.field(description="Whether fields with `@serviceHours` can be called now.")
    opens_at: time = strawberry.field(description="The daily opening time, inclusive.")
    closes_at: time = strawberry.field(
        description="The daily closing time, exclusive; `00:00` means the end of the day."
    )
    time_zone: str = strawberry.field(
        description="The time zone of these times: an IANA name, such as `Europe/Warsaw`."
    )
    now: datetime = strawberry.field(description="The server's time when `isOpen` was determined.")
    next_opening: datetime = strawberry.field(description="The next opening after `now`.")
    next_closing: datetime = strawberry.field(description="The next closing after `now`.")

    @classmethod
    def current(cls) -> Self:
        now = clock.now()
        return cls(
            is_open=hours.is_open(now),
            opens_at=hours.to_wall_time(settings.SERVICE_OPENS),
            closes_at=hours.to_wall_time(settings.SERVICE_CLOSES),
            time_zone=settings.TIME_ZONE.key,
            now=now,
            next_opening=hours.next_opening(now),
            next_closing=hours.next_closing(now),
        )
