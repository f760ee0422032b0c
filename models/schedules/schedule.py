"""Schedule (grafik): a doctor's weekly template at a clinic, published as slots; a change cancels no booked visit."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from holidays import country_holidays
from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from infra import clock, database
from models.audit import AuditEntry, Changes
from models.refusals.refusal import Flaw, InvalidInput
from models.schedules import publication
from models.schedules.publication import PublicationPlan, Timetable
from models.slots.clinic import Clinic
from models.slots.closing_day import ClosingDays
from models.slots.doctor import Doctor
from models.values import weekly_template
from models.values.form import Form
from models.values.weekly_template import SlotTime, TemplateLine

if TYPE_CHECKING:
    from models.accounts.account import Account

MAX_DURATION = timedelta(days=3 * 366)


@dataclass(frozen=True)
class ScheduleTemplate:
    """A weekly template and the days for which it is valid."""

    doctor_id: UUID
    clinic_id: UUID
    lines: list[TemplateLine]
    valid_from: date
    valid_until: date | None = None
    on_sundays: bool = False
    on_holidays: bool = False

    async def validate(self) -> None:
        """Raise InvalidInput with everything that is wrong with the template, or else ClinicClosed or DoctorRetired."""
        form = Form()
        form.flaws += weekly_template.find_flaws(self.lines, on_sundays=self.on_sundays)
        minutes = (str(weekly_template.SHORTEST), str(weekly_template.LONGEST))
        form.allowed |= {".".join(flaw.path): minutes for flaw in form.flaws if flaw.path[-1] == "slotMinutes"}
        if not await Doctor.filter(id=self.doctor_id, clinics__id=self.clinic_id).exists():
            form.add_flaw("doctorId", "NOT_AVAILABLE")
        if abs(self.valid_from - clock.today()) > MAX_DURATION:
            form.add_flaw("validFrom", "OUT_OF_RANGE", clock.today() - MAX_DURATION, clock.today() + MAX_DURATION)
        if self.valid_until and not self.valid_from <= self.valid_until <= self.valid_from + MAX_DURATION:
            form.add_flaw("validUntil", "OUT_OF_RANGE", self.valid_from, self.valid_from + MAX_DURATION)
        form.raise_if_flawed()
        days = await ClosingDays.find(self.clinic_id, self.doctor_id)
        days.check(max(self.valid_from, clock.today()))

    def to_columns(self) -> dict[str, Any]:
        columns = {column.name: getattr(self, column.name) for column in dataclasses.fields(self)}
        return columns | {"lines": [line.to_json() for line in self.lines]}


class Schedule(Model):
    """`filled_until`: the last day for which its slots have been created; `fill_horizon` adds the days after it.

    `replaces_id`: the schedule that ends the day before this one begins (schedule_change.py).
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField("models.Doctor", on_delete=fields.RESTRICT)
    clinic: fields.ForeignKeyRelation[Clinic] = fields.ForeignKeyField("models.Clinic", on_delete=fields.RESTRICT)
    lines: list[dict[str, Any]] = fields.JSONField()
    valid_from = fields.DateField()
    valid_until = fields.DateField(null=True)
    on_sundays = fields.BooleanField(default=False)
    on_holidays = fields.BooleanField(default=False)
    filled_until = fields.DateField()
    published_at = fields.DatetimeField()
    replaces_id = fields.UUIDField(null=True)
    doctor_id: UUID
    clinic_id: UUID

    @classmethod
    async def preview(cls, template: ScheduleTemplate, schedule_id: UUID | None = None) -> PublicationPlan:
        """What `publish` would change now; nothing is written."""
        schedule = await cls._draft(template, schedule_id)
        return await schedule._plan()

    @classmethod
    async def publish(
        cls, template: ScheduleTemplate, schedule_id: UUID | None = None, *, by: "Account"
    ) -> tuple[Self, PublicationPlan]:
        """Write the template and its slots, as a new schedule or a change of `schedule_id`; raises SlotsOverlap.

        Free slots that the template no longer has are withdrawn; booked visits stay and are listed in the plan.
        Repeating the call changes nothing.
        """
        async with in_transaction():
            await Doctor.lock(template.doctor_id)
            schedule = await cls._draft(template, schedule_id)
            before = await cls.get_or_none(id=schedule.id)
            await publication.lock(schedule.id)
            plan = await schedule._plan()
            schedule.filled_until, schedule.published_at = cls.horizon(), clock.now()
            await schedule.save()
            await publication.apply(plan)
            changes = compare(before, schedule)
            await AuditEntry.record("publish_schedule", account=by, subject_id=schedule.id, changes=changes)
        await schedule.fetch_related("doctor", "clinic")
        return schedule, plan

    @classmethod
    async def _draft(cls, template: ScheduleTemplate, schedule_id: UUID | None) -> Self:
        """The unsaved schedule with this template: the one to change, an identical one, or a new one."""
        await template.validate()
        columns = template.to_columns()
        if schedule_id is None:
            lines = columns.pop("lines")
            same = await cls.filter(**columns).order_by("id")
            return next((schedule for schedule in same if schedule.lines == lines), None) or cls(**columns, lines=lines)
        schedule = await cls.get_or_none(id=schedule_id, doctor_id=template.doctor_id, clinic_id=template.clinic_id)
        if schedule is None:
            raise InvalidInput.from_flaws([Flaw(("scheduleId",), "NOT_AVAILABLE")])
        schedule.update_from_dict(columns)
        return schedule

    async def _plan(self) -> PublicationPlan:
        today = clock.today()
        slot_times = list(self.slot_times(max(self.valid_from, today), self.horizon()))
        return await publication.make_plan(self.make_timetable(slot_times))

    def make_timetable(self, slot_times: list[SlotTime]) -> Timetable:
        return Timetable(self.id, self.doctor_id, self.clinic_id, slot_times)

    @classmethod
    def horizon(cls) -> date:
        """The last day for which slots are currently created; it advances every day."""
        return clock.today() + timedelta(days=settings.HORIZON_DAYS)

    def slot_times(self, first: date, last: date) -> Iterator[SlotTime]:
        """The future slot times of the days from `first` to `last`, ordered by time."""
        lines, now = [TemplateLine.from_json(line) for line in self.lines], clock.now()
        for day in self._days(first, last):
            for slot_time in sorted(weekly_template.slot_times(lines, day, settings.TIME_ZONE)):
                if slot_time[0] > now:
                    yield slot_time

    def _days(self, first: date, last: date) -> Iterator[date]:
        holidays = {} if self.on_holidays else country_holidays("PL")
        day, last = max(first, self.valid_from), min(last, self.valid_until or last)
        while day <= last:
            if day not in holidays and (self.on_sundays or day.isoweekday() != 7):
                yield day
            day += timedelta(days=1)

    @classmethod
    async def fill_horizon(cls) -> int:
        """Create the slots of the days that the horizon has reached; repeated or concurrent runs create them once.

        Each schedule has its own transaction: the failure of one, raised at the end, does not stop the others.
        """
        made, failures = 0, list[Exception]()
        for schedule in await cls.filter(filled_until__lt=cls.horizon()).order_by("id"):
            try:
                made += await cls._fill(schedule.id, schedule.doctor_id)
            except Exception as failure:
                failures.append(failure)
        if failures:
            raise ExceptionGroup("Some schedules could not be filled.", failures)
        return made

    @classmethod
    async def _fill(cls, schedule_id: UUID, doctor_id: UUID) -> int:
        async with in_transaction():
            await Doctor.lock(doctor_id)
            schedule = await cls.get(id=schedule_id)
            first = max(schedule.filled_until + timedelta(days=1), clock.today())
            made = await schedule._add(list(schedule.slot_times(first, cls.horizon())))
            schedule.filled_until = max(schedule.filled_until, cls.horizon())
            await schedule.save(update_fields=["filled_until"])
        return made

    async def _add(self, slot_times: list[SlotTime]) -> int:
        """Add the slots that overlap no other slot of the doctor; skip the rest instead of raising SlotsOverlap."""
        plan = await publication.make_plan(self.make_timetable(slot_times), only_add=True)
        await publication.apply(plan)
        return len(plan.fresh)

    @classmethod
    async def restore(cls, doctor_id: UUID, from_: datetime, until: datetime) -> int:
        """Recreate the slots that an absence or a closing removed; the caller has locked the doctor."""
        database.require_transaction()
        first, last = clock.local(from_).date(), min(clock.local(until).date(), cls.horizon())
        made = 0
        for schedule in await cls.filter(doctor_id=doctor_id).order_by("id"):
            slot_times = schedule.slot_times(max(first, clock.today()), min(last, schedule.filled_until))
            made += await schedule._add([(begin, end) for begin, end in slot_times if begin < until and end > from_])
        return made


def compare(before: Schedule | None, after: Schedule) -> Changes:
    """The differences, for the audit trail; for a new schedule, all of its values."""
    values = [{} if schedule is None else _describe(schedule) for schedule in (before, after)]
    changes = {name: (values[0].get(name), value) for name, value in values[1].items()}
    return {name: (old, new) for name, (old, new) in changes.items() if old != new}


def _describe(schedule: Schedule) -> dict[str, Any]:
    lines = weekly_template.describe([TemplateLine.from_json(line) for line in schedule.lines])
    names = ("valid_from", "valid_until", "on_sundays", "on_holidays")
    return {"lines": lines, **{name: getattr(schedule, name) for name in names}}
