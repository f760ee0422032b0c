"""Waiting list: who would like a slot that comes free."""

from datetime import date as day
from datetime import time
from typing import Self
from uuid import UUID

import strawberry

import models.waiting_list
from models import hours
from schema.clinic import Clinic
from schema.context import Info
from schema.doctor import Doctor
from schema.node import Node
from schema.offer import hold_of
from schema.scalars import public_id
from schema.slot import SlotHold


def _wall(minutes: int | None) -> time | None:
    return None if minutes is None else hours.wall_time(minutes)


@strawberry.type(description="One wish of yours: a slot of a clinic that comes free, on some days.")
class WaitingListEntry(Node):
    clinic: Clinic = strawberry.field(description="Where.")
    doctor: Doctor | None = strawberry.field(description="With whom; null: with anybody.")
    from_: day = strawberry.field(name="from", description="First day.")
    until: day = strawberry.field(description="Last day, included.")
    earliest: time | None = strawberry.field(description="Not earlier in the day, local time.")
    latest: time | None = strawberry.field(description="Not beginning later in the day, local time.")
    key: strawberry.Private[UUID]

    @strawberry.field(
        description="What has come free and is kept for you alone: book it, or release it. null: nothing yet."
    )
    async def offer(self, info: Info) -> SlotHold | None:
        row = await info.context.offer_of_entry.load(self.key)
        return hold_of(row) if row else None

    @classmethod
    def of(cls, row: models.waiting_list.WaitingListEntry) -> Self:
        return cls(
            id=public_id("WaitingListEntry", row.id),
            clinic=Clinic.of(row.clinic),
            doctor=Doctor.of(row.doctor) if row.doctor else None,
            from_=row.first_day,
            until=row.last_day,
            earliest=_wall(row.from_minute),
            latest=_wall(row.until_minute),
            key=row.id,
        )


@strawberry.input(description="What you wait for.")
class JoinWaitingListInput:
    clinic_id: strawberry.ID = strawberry.field(description="Where.")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="With whom; left out: with anybody.")
    from_: day = strawberry.field(name="from", description="First day.")
    until: day = strawberry.field(description="Last day, included; at most a year ahead.")
    earliest: time | None = strawberry.field(default=None, description="Not earlier in the day, local time.")
    latest: time | None = strawberry.field(default=None, description="Not beginning later in the day, local time.")


@strawberry.input(description="What you wait for no longer.")
class LeaveWaitingListInput:
    entry_id: strawberry.ID = strawberry.field(description="Your entry.")
