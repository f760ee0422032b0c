"""Schedule change: a published template changes from a given day on; the days before it stay as they are."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from infra import clock
from models.audit import AuditEntry
from models.refusals.schedule import ScheduleNotFound
from models.schedules import publication
from models.schedules.publication import PublicationPlan, Timetable
from models.schedules.schedule import MAX_DURATION, Schedule, ScheduleTemplate, compare
from models.slots.doctor import Doctor
from models.values import hours
from models.values.form import Form
from models.values.weekly_template import TemplateLine

if TYPE_CHECKING:
    from models.accounts.account import Account

DAY = timedelta(days=1)


@dataclass(frozen=True)
class ScheduleChange:
    """The schedule from the day `from_` on. No lines means no slots; None leaves a rule unchanged."""

    schedule_id: UUID
    from_: date
    lines: list[TemplateLine]
    valid_until: date | None = None
    on_sundays: bool | None = None
    on_holidays: bool | None = None


@dataclass
class ChangedSchedule:
    """The schedule that ends, the one that follows (the same one if the change is from its first day), and the plan."""

    before: Schedule
    after: Schedule | None
    plan: PublicationPlan

    def rows(self) -> list[Schedule]:
        return [self.before, *([self.after] if self.after and self.after is not self.before else [])]


async def preview(change: ScheduleChange) -> PublicationPlan:
    """What `make` would change now; nothing is written."""
    return (await _draft(change)).plan


async def make(change: ScheduleChange, *, by: "Account") -> ChangedSchedule:
    """End the schedule on the day before the change and let another one follow, in one step; raises SlotsOverlap.

    Slots that both schedules have keep their visits and holds. Repeating the call changes nothing; a call with the same
    day but other lines changes the schedule that follows.
    """
    doctor_id = (await _find(change.schedule_id)).doctor_id
    async with in_transaction():
        await Doctor.lock(doctor_id)
        await publication.lock(*await _find_ids(change))
        changed = await _draft(change)
        present = {row.id: row for row in await Schedule.filter(id__in=[row.id for row in changed.rows()])}
        await changed.before.save()
        if changed.after:
            changed.after.filled_until, changed.after.published_at = Schedule.horizon(), clock.now()
            await changed.after.save()
        await publication.apply(changed.plan)
        for schedule in changed.rows():
            noted = compare(present.get(schedule.id), schedule)
            if noted or schedule is changed.before:
                await AuditEntry.record("change_schedule", account=by, subject_id=schedule.id, changes=noted)
    for schedule in changed.rows():
        await schedule.fetch_related("doctor", "clinic")
    return changed


async def _find(schedule_id: UUID) -> Schedule:
    schedule = await Schedule.get_or_none(id=schedule_id)
    if schedule is None:
        raise ScheduleNotFound
    return schedule


async def _find_follower(change: ScheduleChange) -> Schedule | None:
    """The schedule that an earlier change from the same day created."""
    return await Schedule.get_or_none(replaces_id=change.schedule_id, valid_from=change.from_)


async def _find_ids(change: ScheduleChange) -> list[UUID]:
    follower = await _find_follower(change)
    return [change.schedule_id, *([follower.id] if follower else [])]


async def _draft(change: ScheduleChange) -> ChangedSchedule:
    """The planned change, not yet written; raises InvalidInput."""
    before, follower = await _find(change.schedule_id), await _find_follower(change)
    _check_day(change.from_, before, follower)
    template = _make_template(change, before, follower or before)
    if change.lines:
        await template.validate()
    after: Schedule | None = follower
    if change.from_ == before.valid_from:
        after = before
    elif change.lines and follower is None:
        after = Schedule(replaces_id=before.id)
    if after:
        after.update_from_dict(template.to_columns())
    if after is not before:
        before.valid_until = change.from_ - DAY
    return ChangedSchedule(before, after, await _plan(before, after, change.from_))


def _check_day(first: date, before: Schedule, follower: Schedule | None) -> None:
    """A change begins today or later, not before the schedule begins, and at the latest on the day after it ends."""
    form, today = Form(), clock.today()
    is_over = before.valid_until is not None and first > before.valid_until + DAY and follower is None
    if not max(today, before.valid_from) <= first <= today + MAX_DURATION or is_over:
        form.add_flaw("from", "OUT_OF_RANGE", max(today, before.valid_from), before.valid_until or today + MAX_DURATION)
    form.raise_if_flawed()


def _make_template(change: ScheduleChange, before: Schedule, base: Schedule) -> ScheduleTemplate:
    """A template with the given values; all others stay as they are."""
    return ScheduleTemplate(
        doctor_id=before.doctor_id,
        clinic_id=before.clinic_id,
        lines=change.lines,
        valid_from=change.from_,
        valid_until=(change.lines and change.valid_until) or base.valid_until,
        on_sundays=base.on_sundays if change.on_sundays is None else change.on_sundays,
        on_holidays=base.on_holidays if change.on_holidays is None else change.on_holidays,
    )


async def _plan(before: Schedule, after: Schedule | None, first: date) -> PublicationPlan:
    slot_times = after.slot_times(max(first, clock.today()), Schedule.horizon()) if after else ()
    return await publication.make_plan(
        Timetable(
            schedule_id=(after or before).id,
            doctor_id=before.doctor_id,
            clinic_id=before.clinic_id,
            slot_times=list(slot_times),
            since=hours.to_utc(first, 0, settings.TIME_ZONE),
            replaced_id=before.id,
        )
    )
