"""The words in which reception plans in tests: templates, absences, waiting, and what is free."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from models import clock, relief, turn
from models.account import Account
from models.clinic import Clinic
from models.doctor import Doctor
from models.offer import Offer
from models.publication import Plan
from models.schedule import Schedule
from models.slot import Slot
from models.waiting_list import WaitingListEntry
from models.week import Line
from tests import cast
from tests.models.promises import person

TUESDAY, NEXT_MONDAY = date(2026, 11, 24), date(2026, 11, 30)


def line(weekday: int, from_: int, until: int, minutes: int = 30, breaks: tuple[tuple[int, int], ...] = ()) -> Line:
    """Hours of a weekday, Monday is 1; breaks are hours, too."""
    return Line(weekday, from_ * 60, until * 60, minutes, tuple((begin * 60, end * 60) for begin, end in breaks))


def template(doctor: Doctor, clinic: Clinic, *lines: Line, **more: Any) -> dict[str, Any]:
    return {
        "doctor_id": doctor.id, "clinic_id": clinic.id, "lines": list(lines), "valid_from": TUESDAY,
        "valid_until": None, "on_sundays": False, "on_holidays": False, **more,
    }  # fmt: skip


async def publish(by: Account, doctor: Doctor, clinic: Clinic, *lines: Line, **more: Any) -> tuple[Schedule, Plan]:
    return await Schedule.publish(by=by, **template(doctor, clinic, *lines, **more))


async def walls(**which: Any) -> list[str]:
    """When slots begin on the wall clock, those that are not withdrawn."""
    slots = await Slot.filter(withdrawn_at=None, **which).order_by("starts_at")
    return [f"{clock.local(slot.starts_at):%d.%m. %H:%M}" for slot in slots]


async def absent(by: Account, doctor: Doctor, day: int, from_: int = 0, until: int = 24, **more: Any) -> relief.Relief:
    """The doctor is not there on a day of November 2026."""
    begin = cast.warsaw(day, from_)
    end = cast.warsaw(day, until) if until < 24 else cast.warsaw(day + 1, 0)
    return await relief.report(doctor.id, begin, end, reason="choroba", by=by, **more)


async def wait(account: Account, clinic: Clinic, doctor: Doctor | None = None, **more: Any) -> WaitingListEntry:
    wish: dict[str, Any] = {
        "first_day": clock.today(), "last_day": clock.today() + timedelta(days=60), "earliest": None, "latest": None
    }  # fmt: skip
    return await WaitingListEntry.join(
        patient=person(account), by=account, clinic_id=clinic.id, doctor_id=doctor.id if doctor else None,
        **{**wish, **more},
    )  # fmt: skip


async def holder(slot: Slot) -> UUID | None:
    """Whom the slot is kept for at this moment."""
    now = await Slot.get(id=slot.id)
    return now.held_by_id if now.held_until and now.held_until > clock.now() else None


async def later(minutes: int) -> None:
    """Time passes, and the clock's task comes by."""
    clock.advance(timedelta(minutes=minutes))
    await turn.sweep()


async def the_offer(account: Account) -> Offer:
    [offer] = await Offer.standing(patient_id=account.patient_id)
    return offer


def wall(hour: int, minute: int = 0) -> time:
    return time(hour, minute)
