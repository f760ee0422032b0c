"""The words in which reception acts and asks."""

from typing import Any

from models.account import Account
from models.errand import Errand
from models.patient import Patient
from models.slot import Slot
from models.visit import Visit
from models.visit_status import Channel

WHY = "umówione z lekarzem"


def errand(by: Account, override: str | None = None, channel: Channel = Channel.PHONE) -> Errand:
    return Errand(by, channel, override)


async def book_for(by: Account, patient: Patient, slot: Slot, override: str | None = None, **more: Any) -> Visit:
    return await Visit.book(slot.id, patient=patient, by=errand(by, override), **more)


async def move_for(by: Account, visit: Visit, slot: Slot, override: str | None = None, **more: Any) -> Visit:
    return await Visit.reschedule(visit.id, slot.id, patient=visit.patient, by=errand(by, override), **more)


async def cancel_for(by: Account, visit: Visit, override: str | None = None, **more: Any) -> Visit:
    return await Visit.cancel(visit.id, patient=visit.patient, by=errand(by, override), **more)
