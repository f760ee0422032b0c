"""What patients do with their visits, in as few words as tests like."""

from datetime import datetime, timedelta

from models import clock
from models.account import Account
from models.patient import Patient
from models.slot import Slot
from models.visit import Visit
from tests import cast


def person(account: Account) -> Patient:
    assert account.patient
    return account.patient


async def booked(account: Account, starts_at: datetime) -> Visit:
    slot = await cast.slot(starts_at, at=await cast.clinic(days_ahead=400))
    return await Visit.book(slot.id, patient=person(account), by=account)


async def moved(visit: Visit, account: Account, starts_at: datetime) -> Visit:
    slot = await Slot.get_or_none(starts_at=starts_at, clinic_id=visit.clinic_id)
    slot = slot or await cast.slot(starts_at, at=visit.clinic, by=visit.doctor)
    return await Visit.reschedule(visit.id, slot.id, patient=person(account), by=account)


async def cancelled(visit: Visit, account: Account) -> Visit:
    return await Visit.cancel(visit.id, patient=person(account), by=account)


def turn_to(moment: datetime) -> None:
    """Set the stopped clock."""
    clock.advance(moment - clock.now())


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
