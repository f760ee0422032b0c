"""Helpers with which reception plans: templates, absences, the waiting list, and free slots."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from infra import clock
from models.accounts.account import Account
from models.schedules import absence_rebooking
from models.schedules.absence_rebooking import AbsenceNotice
from models.schedules.publication import PublicationPlan
from models.schedules.schedule import Schedule, ScheduleTemplate
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values.weekly_template import TemplateLine
from models.waiting import freed_slots
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry, Wish
from tests import cast
from tests.support.visits import patient_of

TUESDAY, NEXT_MONDAY = date(2026, 11, 24), date(2026, 11, 30)


def line(
    weekday: int, from_: int, until: int, minutes: int = 30, breaks: tuple[tuple[int, int], ...] = ()
) -> TemplateLine:
    """A template line for a weekday (Monday is 1); all times, including breaks, are given in hours."""
    return TemplateLine(
        weekday, from_ * 60, until * 60, minutes, tuple((begin * 60, end * 60) for begin, end in breaks)
    )


def template(doctor: Doctor, clinic: Clinic, *lines: TemplateLine, **more: Any) -> ScheduleTemplate:
    return ScheduleTemplate(doctor.id, clinic.id, list(lines), **{"valid_from": TUESDAY, **more})


async def publish(
    by: Account, doctor: Doctor, clinic: Clinic, *lines: TemplateLine, **more: Any
) -> tuple[Schedule, PublicationPlan]:
    schedule_id = more.pop("schedule_id", None)
    return await Schedule.publish(template(doctor, clinic, *lines, **more), schedule_id, by=by)


async def wall_times(**which: Any) -> list[str]:
    """The local start times of all slots that are not withdrawn."""
    slots = await Slot.filter(withdrawn_at=None, **which).order_by("starts_at")
    return [f"{clock.local(slot.starts_at):%d.%m. %H:%M}" for slot in slots]


async def report_absence(
    by: Account, doctor: Doctor, day: int, from_: int = 0, until: int = 24, **more: Any
) -> absence_rebooking.ReportedAbsence:
    """Report the doctor absent on this day of November 2026."""
    begin = cast.warsaw(day, from_)
    end = cast.warsaw(day, until) if until < 24 else cast.warsaw(day + 1, 0)
    return await absence_rebooking.report(AbsenceNotice(doctor.id, begin, end, "choroba", **more), by=by)


async def join_waiting_list(
    account: Account, clinic: Clinic, doctor: Doctor | None = None, **more: Any
) -> WaitingListEntry:
    usual: dict[str, Any] = {
        "first_day": clock.today(),
        "last_day": clock.today() + timedelta(days=60),
        "earliest": None,
        "latest": None,
    }
    wish = Wish(clinic_id=clinic.id, doctor_id=doctor.id if doctor else None, **{**usual, **more})
    return await WaitingListEntry.join(wish, patient=patient_of(account), by=account)


async def holder_of(slot: Slot) -> UUID | None:
    """The patient for whom the slot is currently held."""
    now = await Slot.get(id=slot.id)
    return now.held_by_id if now.held_until and now.held_until > clock.now() else None


async def pass_minutes(minutes: int) -> None:
    """Let time pass, then run the periodic task that allocates freed slots."""
    clock.advance(timedelta(minutes=minutes))
    await freed_slots.allocate()


async def the_offer(account: Account) -> Offer:
    [offer] = await Offer.find_standing(patient_id=account.patient_id)
    return offer


def wall(hour: int, minute: int = 0) -> time:
    return time(hour, minute)
