"""What the portal's tests set up in the database: clinics with slots, people with visits."""

from datetime import UTC, date, datetime, time, timedelta

from infra import clock
from models.accounts.account import Account
from models.schedules import absence_rebooking
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.visits import confirmation
from models.visits.visit import Visit
from schema.scalars import public_id
from tests import cast
from tests.support.visits import book

DAY = timedelta(days=1)


def public(row: object) -> str:
    return str(public_id(type(row).__name__, row.id))  # type: ignore[attr-defined]  # every row has one


async def clinic_with_slots(
    count: int = 6, *, days: int = 3, name: str = "Poradnia kardiologiczna"
) -> tuple[Clinic, list[Slot]]:
    """A clinic with one doctor and slots from eight o'clock on a day some days ahead."""
    clinic = await cast.clinic(name)
    doctor = await cast.doctor(clinic)
    return clinic, await cast.morning(clock.today() + days * DAY, count, at=clinic, by=doctor)


async def slots_on(day: date, at: time, count: int, *, clinic: Clinic, doctor: Doctor, minutes: int = 5) -> list[Slot]:
    begin = datetime.combine(day, at, cast.WARSAW).astimezone(UTC)
    step = timedelta(minutes=minutes)
    return [await cast.slot(begin + number * step, at=clinic, by=doctor, minutes=minutes) for number in range(count)]


def next_changes_of_clocks() -> list[date]:
    """The next dates on which the clocks change: the last Sundays of March and October."""
    days = [clock.today() + number * DAY for number in range(1, 367)]
    return [day for day in days if day.month in (3, 10) and day.weekday() == 6 and (day + 7 * DAY).month != day.month]


def link_of(visit: Visit) -> str:
    """The personal link that the letters about the visit contain."""
    return f"/potwierdz#{confirmation.make_link(visit.id, visit.sequence)}"


async def report_absence(of: Visit | Slot, *, by: Account) -> None:
    """Report the doctor of this visit or slot absent on its day."""
    slot = of if isinstance(of, Slot) else await Slot.get(id=of.slot_id)
    begin = datetime.combine(clock.local(slot.starts_at).date(), time.min, cast.WARSAW)
    notice = absence_rebooking.AbsenceNotice(slot.doctor_id, begin, begin + DAY, "choroba")
    await absence_rebooking.report(notice, by=by)


async def visit_of(account: Account, slot: Slot) -> Visit:
    return await book(account, slot)
