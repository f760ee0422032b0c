"""Schedule: a doctor's weekly template at a clinic, and what publishing it changes."""

from collections.abc import Iterator
from datetime import date as day
from datetime import time
from typing import Annotated, Self

import strawberry

import models.schedules.schedule
from models.schedules import schedule_change
from models.schedules.publication import PublicationPlan
from models.schedules.schedule import ScheduleTemplate
from models.schedules.schedule_change import ScheduleChange
from models.slots import availability
from models.values import hours, weekly_template
from schema.clinic import Clinic
from schema.doctor import Doctor
from schema.execution.limits import at_most
from schema.node import Node
from schema.problems.booking import InvalidInput
from schema.problems.schedule import ClinicClosed, ClinicNotYours, DoctorRetired, ScheduleNotFound, SlotsOverlap
from schema.scalars import private_id, public_id
from schema.slot import Slot, Weekday
from schema.visit import Visit


def _end(wall: time) -> int:
    """Minutes since midnight; 00:00 is the end of the day."""
    return hours.to_minutes(wall) or hours.DAY


@strawberry.type(description="A break without slots.")
class ScheduleBreak:
    from_: time = strawberry.field(name="from", description="When the break starts.")
    until: time = strawberry.field(description="When the break ends: the next slot starts here.")


@strawberry.type(description="A period of a weekday that is divided into slots of equal length.")
class ScheduleLine:
    weekday: Weekday = strawberry.field(description="The day of the week.")
    from_: time = strawberry.field(name="from", description="When the first slot starts.")
    until: time = strawberry.field(description="The end: no slot ends later. `00:00` means the end of the day.")
    slot_minutes: int = strawberry.field(description="The length of each slot in minutes.")
    breaks: list[ScheduleBreak] = strawberry.field(description="Breaks within the period.")

    @classmethod
    def of(cls, line: weekly_template.TemplateLine) -> Self:
        return cls(
            weekday=Weekday(line.weekday),
            from_=hours.to_wall_time(line.from_),
            until=hours.to_wall_time(line.until),
            slot_minutes=line.minutes,
            breaks=[
                ScheduleBreak(from_=hours.to_wall_time(begin), until=hours.to_wall_time(end))
                for begin, end in line.breaks
            ],
        )


@strawberry.type(
    description="A doctor's published weekly template (grafik) at a clinic. Its slots are created 90 days ahead"
    " (setting HORIZON_DAYS); every day, the slots of one more day are added."
)
class Schedule(Node):
    doctor: Doctor = strawberry.field(description="The doctor.")
    clinic: Clinic = strawberry.field(description="The clinic.")
    lines: list[ScheduleLine] = strawberry.field(
        description="The periods in which the doctor sees patients, by weekday."
    )
    valid_from: day = strawberry.field(description="The first day of the schedule.")
    valid_until: day | None = strawberry.field(
        description="The last day of the schedule, inclusive; null if it has no end."
    )
    on_sundays: bool = strawberry.field(description="Whether slots are created on Sundays.")
    on_holidays: bool = strawberry.field(description="Whether slots are created on Polish public holidays.")
    filled_until: day = strawberry.field(description="The last day up to which slots have been created, inclusive.")

    @classmethod
    def of(cls, row: models.schedules.schedule.Schedule) -> Self:
        return cls(
            id=public_id("Schedule", row.id),
            doctor=Doctor.of(row.doctor),
            clinic=Clinic.of(row.clinic),
            lines=[ScheduleLine.of(weekly_template.TemplateLine.from_json(line)) for line in row.lines],
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            on_sundays=row.on_sundays,
            on_holidays=row.on_holidays,
            filled_until=row.filled_until,
        )


@strawberry.type(description="The changes that publishing makes on one local day.")
class ScheduleDay:
    date: day = strawberry.field(description="The day.")
    new_slots: int = strawberry.field(description="The number of slots that are added.")
    withdrawn_slots: int = strawberry.field(
        description="The number of free slots that are withdrawn, because the template no longer has them."
    )


@strawberry.type(
    description="The changes that publishing a template makes, from now until the last day for which slots are created."
)
class ScheduleChanges:
    days: list[ScheduleDay] = strawberry.field(description="The days on which something changes, in order.")
    new_slots: int = strawberry.field(description="The total number of slots that are added.")
    withdrawn_total: int = strawberry.field(description="The total number of free slots that are withdrawn.")
    withdrawn_slots: list[Slot] = strawberry.field(
        directives=[at_most(100)],
        description="The free slots that are withdrawn, because the template no longer has them.",
    )
    visits_outside: list[Visit] = strawberry.field(
        description="The booked visits for which the template has no slot. They stay booked: move them one by one."
    )

    @classmethod
    async def of(cls, plan: PublicationPlan) -> Self:
        return cls(
            days=[ScheduleDay(date=date, new_slots=come, withdrawn_slots=go) for date, come, go in plan.days()],
            new_slots=len(plan.fresh),
            withdrawn_total=len(plan.stale),
            withdrawn_slots=Slot.many(await availability.load_related(plan.stale), None),
            visits_outside=[Visit.of(visit) for visit in plan.outside],
        )


@strawberry.type(description="A published schedule, and the changes that publishing it has made.")
class PublishedSchedule:
    schedule: Schedule = strawberry.field(description="The schedule.")
    changes: ScheduleChanges = strawberry.field(description="The changes made.")


@strawberry.input(description="A break without slots.")
class ScheduleBreakInput:
    from_: time = strawberry.field(name="from", description="When the break starts; within the line.")
    until: time = strawberry.field(description="When the break ends: the next slot starts here.")

    def to_model(self) -> tuple[int, int]:
        return hours.to_minutes(self.from_), _end(self.until)


@strawberry.input(description="A period of a weekday that is divided into slots of equal length.")
class ScheduleLineInput:
    weekday: Weekday = strawberry.field(description="The day of the week.")
    from_: time = strawberry.field(name="from", description="When the first slot starts.")
    until: time = strawberry.field(description="The end: no slot ends later. `00:00` means the end of the day.")
    slot_minutes: int = strawberry.field(description="The length of each slot in minutes: 5 to 240.")
    breaks: list[ScheduleBreakInput] = strawberry.field(default_factory=list, description="Breaks within the period.")

    def to_model(self) -> weekly_template.TemplateLine:
        return weekly_template.TemplateLine(
            weekday=self.weekday.value,
            from_=hours.to_minutes(self.from_),
            until=_end(self.until),
            minutes=self.slot_minutes,
            breaks=tuple(pause.to_model() for pause in self.breaks),
            uneven=tuple(self._find_uneven()),
        )

    def _find_uneven(self) -> Iterator[tuple[str, ...]]:
        """The paths of the times that are not whole minutes."""
        times: dict[tuple[str, ...], time] = {("from",): self.from_, ("until",): self.until}
        for n, pause in enumerate(self.breaks):
            times |= {("breaks", str(n), "from"): pause.from_, ("breaks", str(n), "until"): pause.until}
        return (path for path, wall in times.items() if hours.has_seconds(wall))


@strawberry.input(
    description="A weekly template. No slots are created between 02:00 and 03:00 on any day: the clocks change then."
)
class PublishScheduleInput:
    schedule_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The schedule to change; its doctor and clinic must stay the same. If omitted, a new schedule is"
        " published.",
    )
    doctor_id: strawberry.ID = strawberry.field(description="The doctor who sees patients.")
    clinic_id: strawberry.ID = strawberry.field(description="The clinic: one of the doctor's clinics.")
    lines: list[ScheduleLineInput] = strawberry.field(
        description="The periods in which the doctor sees patients: 1 to 60. Those of one weekday must not overlap."
    )
    valid_from: day = strawberry.field(
        description="The first day of the schedule: at most 1098 days (three years) away."
    )
    valid_until: day | None = strawberry.field(
        default=None,
        description="The last day of the schedule, inclusive, at most 1098 days after `validFrom`; null if it has no"
        " end.",
    )
    on_sundays: bool = strawberry.field(
        default=False, description="Whether to create slots on Sundays. Lines for Sunday are refused without it."
    )
    on_holidays: bool = strawberry.field(
        default=False, description="Whether to create slots on Polish public holidays."
    )

    def to_model(self) -> ScheduleTemplate:
        return ScheduleTemplate(
            doctor_id=private_id("Doctor", self.doctor_id),
            clinic_id=private_id("Clinic", self.clinic_id),
            lines=[line.to_model() for line in self.lines],
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            on_sundays=self.on_sundays,
            on_holidays=self.on_holidays,
        )


@strawberry.input(
    description="The change of a published schedule from a given day on. Its doctor and clinic stay the same."
)
class ChangeScheduleInput:
    schedule_id: strawberry.ID = strawberry.field(description="The schedule.")
    from_: day = strawberry.field(
        name="from",
        description="The first day of the change: today at the earliest, and not before the schedule begins or after it"
        " ends.",
    )
    lines: list[ScheduleLineInput] = strawberry.field(
        description="The periods in which the doctor sees patients from then on: up to 60. Those of one weekday must"
        " not overlap. If the list is empty, the schedule ends."
    )
    valid_until: day | None = strawberry.field(
        default=None, description="The last day, inclusive. If omitted, it does not change."
    )
    on_sundays: bool | None = strawberry.field(
        default=None, description="Whether to create slots on Sundays. If omitted, this does not change."
    )
    on_holidays: bool | None = strawberry.field(
        default=None, description="Whether to create slots on Polish public holidays. If omitted, this does not change."
    )

    def to_model(self) -> ScheduleChange:
        return ScheduleChange(
            schedule_id=private_id("Schedule", self.schedule_id),
            from_=self.from_,
            lines=[line.to_model() for line in self.lines],
            valid_until=self.valid_until,
            on_sundays=self.on_sundays,
            on_holidays=self.on_holidays,
        )


@strawberry.type(description="A schedule that was changed from a given day on.")
class ChangedSchedule:
    before: Schedule = strawberry.field(
        description="The earlier schedule, which now ends on the day before the change. If the change begins on the"
        " schedule's first day, the schedule itself is changed, and this is its new state."
    )
    schedule: Schedule | None = strawberry.field(description="The schedule that follows; null if no lines are left.")
    changes: ScheduleChanges = strawberry.field(description="The changes made.")

    @classmethod
    async def of(cls, changed: schedule_change.ChangedSchedule) -> Self:
        after = changed.after if changed.after and changed.after.lines else None
        return cls(
            before=Schedule.of(changed.before),
            schedule=Schedule.of(after) if after else None,
            changes=await ScheduleChanges.of(changed.plan),
        )


PreviewScheduleResult = Annotated[
    ScheduleChanges | InvalidInput | SlotsOverlap | ScheduleNotFound | ClinicClosed | DoctorRetired | ClinicNotYours,
    strawberry.union(
        "PreviewScheduleResult",
        description="The result of `previewSchedule` and `previewScheduleChange`: either the requested object or a"
        " Problem that says why it was refused.",
    ),
]
ChangeScheduleResult = Annotated[
    ChangedSchedule | ScheduleNotFound | InvalidInput | SlotsOverlap | ClinicClosed | DoctorRetired | ClinicNotYours,
    strawberry.union("ChangeScheduleResult"),
]
PublishScheduleResult = Annotated[
    PublishedSchedule | InvalidInput | SlotsOverlap | ClinicClosed | DoctorRetired | ClinicNotYours,
    strawberry.union("PublishScheduleResult"),
]
