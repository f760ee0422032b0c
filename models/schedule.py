"""Schedule (grafik): a doctor's weekly template at a clinic, published as slots; changing it drops no booked visit."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from holidays import country_holidays
from tortoise import fields
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid6 import uuid7

import settings
from models import clock, publication, week
from models.audit import AuditEntry
from models.clinic import Clinic
from models.doctor import Doctor
from models.intake import Form
from models.publication import Plan
from models.refusal import Flaw, InvalidInput

if TYPE_CHECKING:
    from models.account import Account

LONGEST = timedelta(days=3 * 366)


class Schedule(Model):
    """`filled_until`: up to this day its slots exist; the horizon only ever adds days behind it."""

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
    doctor_id: UUID
    clinic_id: UUID

    @classmethod
    async def preview(cls, schedule_id: UUID | None = None, **template: Any) -> Plan:
        """What `publish` would do now; nothing is written."""
        schedule = await cls._drafted(schedule_id, template)
        return await schedule._plan()

    @classmethod
    async def publish(cls, schedule_id: UUID | None = None, *, by: "Account", **template: Any) -> "tuple[Self, Plan]":
        """Write the template and its slots. With `schedule_id`: change that one; said twice, it is done once.

        Free slots that the template no longer has are withdrawn; booked visits stay, and are told. Raises SlotsOverlap.
        """
        async with in_transaction():
            await Doctor.lock(template["doctor_id"])
            schedule = await cls._drafted(schedule_id, template)
            await publication.lock(schedule.id)
            plan = await schedule._plan()
            schedule.filled_until, schedule.published_at = cls.horizon(), clock.now()
            await schedule.save()
            await publication.carry_out(plan)
            await AuditEntry.record("publish_schedule", account=by, subject_id=schedule.id)
        await schedule.fetch_related("doctor", "clinic")
        return schedule, plan

    @classmethod
    async def _drafted(cls, schedule_id: UUID | None, template: dict[str, Any]) -> Self:
        """The schedule as it shall be, not yet written; InvalidInput names what is wrong with the template."""
        await _check(template)
        lines = [line.plain() for line in template.pop("lines")]
        whose = {name: template[name] for name in ("doctor_id", "clinic_id")}
        if schedule_id is None:
            same = await cls.filter(**template).order_by("id")
            draft = next((one for one in same if one.lines == lines), None) or cls(**template)
        else:
            known = await cls.get_or_none(id=schedule_id, **whose)
            if known is None:
                raise InvalidInput.of([Flaw(("scheduleId",), "NOT_AVAILABLE")])
            draft = known
        draft.update_from_dict({**template, "lines": lines})
        return draft

    async def _plan(self) -> Plan:
        today = clock.today()
        terms = list(self.terms(max(self.valid_from, today), self.horizon()))
        return await publication.planned(self.id, self.doctor_id, self.clinic_id, terms)

    @classmethod
    def horizon(cls) -> date:
        """The last day on which slots exist; published slots reach it, and the clock moves it on."""
        return clock.today() + timedelta(days=settings.HORIZON_DAYS)

    def terms(self, first: date, last: date) -> Iterator[week.Term]:
        """The terms of the days from `first` to `last` that are still to come, in order of time."""
        lines, now = [week.Line.of(line) for line in self.lines], clock.now()
        for day in self._days(first, last):
            for term in sorted(week.terms(lines, day, settings.TIME_ZONE)):
                if term[0] > now:
                    yield term

    def _days(self, first: date, last: date) -> Iterator[date]:
        free = {} if self.on_holidays else country_holidays("PL")
        day, last = max(first, self.valid_from), min(last, self.valid_until or last)
        while day <= last:
            if day not in free and (self.on_sundays or day.isoweekday() != 7):
                yield day
            day += timedelta(days=1)

    @classmethod
    async def fill_horizon(cls) -> int:
        """Add the days that have come within the horizon, one schedule a transaction; run twice, or raced: once.

        One that fails keeps none of the others from its days; what was wrong is raised at the end.
        """
        made, failures = 0, list[Exception]()
        for one in await cls.filter(filled_until__lt=cls.horizon()).order_by("id"):
            try:
                made += await cls._fill(one.id, one.doctor_id)
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
            made = await schedule._add(list(schedule.terms(first, cls.horizon())))
            schedule.filled_until = max(schedule.filled_until, cls.horizon())
            await schedule.save(update_fields=["filled_until"])
        return made

    async def _add(self, terms: list[week.Term]) -> int:
        """What the doctor's other slots leave room for: the clock has nobody to refuse to."""
        plan = await publication.planned(self.id, self.doctor_id, self.clinic_id, terms, only_add=True)
        await publication.carry_out(plan)
        return len(plan.fresh)

    @classmethod
    async def restore(cls, doctor_id: UUID, from_: datetime, until: datetime) -> int:
        """Put back what an absence took; within a transaction that has locked the doctor."""
        first, last = clock.local(from_).date(), min(clock.local(until).date(), cls.horizon())
        made = 0
        for schedule in await cls.filter(doctor_id=doctor_id).order_by("id"):
            terms = schedule.terms(max(first, clock.today()), min(last, schedule.filled_until))
            made += await schedule._add([term for term in terms if term[0] < until and term[1] > from_])
        return made


async def _check(template: dict[str, Any]) -> None:
    form, first, last = Form(), template["valid_from"], template["valid_until"]
    form.flaws += week.flaws(template["lines"], on_sundays=template["on_sundays"])
    if not await Doctor.filter(id=template["doctor_id"], clinics__id=template["clinic_id"]).exists():
        form.wrong("doctorId", "NOT_AVAILABLE")
    if abs(first - clock.today()) > LONGEST:
        form.wrong("validFrom", "OUT_OF_RANGE")
    if last and not first <= last <= first + LONGEST:
        form.wrong("validUntil", "OUT_OF_RANGE")
    form.check()
