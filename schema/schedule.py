"""Schedule: a doctor's weekly template at a clinic, and what publishing it changes."""

from datetime import date as day
from datetime import datetime, time
from typing import Any, Self

import strawberry

import models.schedule
from models import hours, vacancy, week
from models.publication import Plan
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.limits import at_most
from schema.node import Node
from schema.scalars import private_id, public_id
from schema.slot import Slot, Weekday
from schema.visit import Visit


def _until(wall: time) -> int:
    return hours.minutes_of(wall) or hours.DAY


@strawberry.type(description="A pause in which there are no slots.")
class ScheduleBreak:
    from_: time = strawberry.field(name="from", description="Begin, wall time.")
    until: time = strawberry.field(description="End, excluded: the next slot begins here.")


@strawberry.type(description="One stretch of a weekday, cut into slots.")
class ScheduleLine:
    weekday: Weekday = strawberry.field(description="On which day of the week.")
    from_: time = strawberry.field(name="from", description="Begin of the first slot, wall time.")
    until: time = strawberry.field(description="End; no slot reaches beyond. 00:00 is the end of the day.")
    slot_minutes: int = strawberry.field(description="How long a slot is.")
    breaks: list[ScheduleBreak] = strawberry.field(description="Pauses within.")

    @classmethod
    def of(cls, line: week.Line) -> Self:
        return cls(
            weekday=Weekday(line.weekday),
            from_=hours.wall_time(line.from_),
            until=hours.wall_time(line.until),
            slot_minutes=line.minutes,
            breaks=[
                ScheduleBreak(from_=hours.wall_time(begin), until=hours.wall_time(end)) for begin, end in line.breaks
            ],
        )


@strawberry.type(description="A weekly template (grafik) of a doctor at a clinic; its slots are made 90 days ahead.")
class Schedule(Node):
    doctor: Doctor = strawberry.field(description="Who sees patients.")
    clinic: Clinic = strawberry.field(description="Where.")
    lines: list[ScheduleLine] = strawberry.field(description="When, by weekday.")
    valid_from: day = strawberry.field(description="First day.")
    valid_until: day | None = strawberry.field(description="Last day, included; null: until further notice.")
    on_sundays: bool = strawberry.field(description="Whether Sundays are not skipped.")
    on_holidays: bool = strawberry.field(description="Whether Polish holidays are not skipped.")
    filled_until: day = strawberry.field(description="Up to this day its slots have been made.")

    @classmethod
    def of(cls, row: models.schedule.Schedule) -> Self:
        return cls(
            id=public_id("Schedule", row.id),
            doctor=Doctor.of(row.doctor),
            clinic=Clinic.of(row.clinic),
            lines=[ScheduleLine.of(week.Line.of(line)) for line in row.lines],
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            on_sundays=row.on_sundays,
            on_holidays=row.on_holidays,
            filled_until=row.filled_until,
        )


@strawberry.type(description="What changes on a local day.")
class ScheduleDay:
    date: day = strawberry.field(description="The local day.")
    new_slots: int = strawberry.field(description="Slots that are added.")
    withdrawn_slots: int = strawberry.field(description="Free slots that the template no longer has.")


@strawberry.type(description="What publishing changes: until the horizon, from now on. Nothing else changes.")
class ScheduleChanges:
    days: list[ScheduleDay] = strawberry.field(description="Each day on which something changes.")
    new_slots: int = strawberry.field(description="All slots that are added.")
    withdrawn_slots: list[Slot] = strawberry.field(
        directives=[at_most(100)], description="Free slots that the template no longer has."
    )
    visits_outside: list[Visit] = strawberry.field(
        description="Booked visits that the template no longer has room for. They stay booked: move them one by one."
    )

    @classmethod
    async def of(cls, plan: Plan) -> Self:
        return cls(
            days=[ScheduleDay(date=date, new_slots=come, withdrawn_slots=go) for date, come, go in plan.days()],
            new_slots=len(plan.fresh),
            withdrawn_slots=Slot.many(await vacancy.with_people(plan.stale), None),
            visits_outside=[Visit.of(visit) for visit in plan.outside],
        )


@strawberry.type(description="A schedule as it is published now, and what that has changed.")
class PublishedSchedule:
    schedule: Schedule = strawberry.field(description="The template.")
    changes: ScheduleChanges = strawberry.field(description="What was done.")


@strawberry.input(description="A pause in which there are no slots.")
class ScheduleBreakInput:
    from_: time = strawberry.field(name="from", description="Begin, wall time.")
    until: time = strawberry.field(description="End, excluded.")


@strawberry.input(description="One stretch of a weekday, cut into slots.")
class ScheduleLineInput:
    weekday: Weekday = strawberry.field(description="On which day of the week.")
    from_: time = strawberry.field(name="from", description="Begin of the first slot, wall time.")
    until: time = strawberry.field(description="End; no slot reaches beyond. 00:00 is the end of the day.")
    slot_minutes: int = strawberry.field(description="From 5 to 240.")
    breaks: list[ScheduleBreakInput] = strawberry.field(default_factory=list, description="Pauses within.")

    def line(self) -> week.Line:
        breaks = tuple((hours.minutes_of(pause.from_), _until(pause.until)) for pause in self.breaks)
        return week.Line(
            self.weekday.value, hours.minutes_of(self.from_), _until(self.until), self.slot_minutes, breaks
        )


@strawberry.input(description="A weekly template. There are never slots between 02:00 and 03:00, where clocks change.")
class PublishScheduleInput:
    schedule_id: strawberry.ID | None = strawberry.field(
        default=None, description="To change a published template; doctor and clinic stay. Left out: a new one."
    )
    doctor_id: strawberry.ID = strawberry.field(description="Who sees patients.")
    clinic_id: strawberry.ID = strawberry.field(description="Where; one of the doctor's clinics.")
    lines: list[ScheduleLineInput] = strawberry.field(description="When; those of one weekday must not overlap.")
    valid_from: day = strawberry.field(description="First day.")
    valid_until: day | None = strawberry.field(default=None, description="Last day, included; left out: no end.")
    on_sundays: bool = strawberry.field(default=False, description="Do not skip Sundays.")
    on_holidays: bool = strawberry.field(default=False, description="Do not skip Polish holidays.")

    def template(self) -> dict[str, Any]:
        return {
            "schedule_id": None if self.schedule_id is None else private_id("Schedule", self.schedule_id),
            "doctor_id": private_id("Doctor", self.doctor_id),
            "clinic_id": private_id("Clinic", self.clinic_id),
            "lines": [line.line() for line in self.lines],
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "on_sundays": self.on_sundays,
            "on_holidays": self.on_holidays,
        }


@strawberry.input(description="One more slot.")
class AddSlotInput:
    doctor_id: strawberry.ID = strawberry.field(description="Who sees patients.")
    clinic_id: strawberry.ID = strawberry.field(description="Where; one of the doctor's clinics.")
    starts_at: datetime = strawberry.field(description="Begin, to come.")
    minutes: int = strawberry.field(description="From 5 to 240.")


@strawberry.input(description="Free slots to take away: all of them, or none.")
class WithdrawSlotsInput:
    slot_ids: list[strawberry.ID] = strawberry.field(description="At most 500.")


@strawberry.input(description="A free slot to block.")
class BlockSlotInput:
    slot_id: strawberry.ID = strawberry.field(description="A free slot.")
    reason: str = strawberry.field(description="Why, for colleagues; at most 500 characters.")
