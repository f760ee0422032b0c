"""Helpers with which patients and reception book, move and cancel."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from infra import clock
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.slots.slot import Slot
from models.values.actor import Actor
from models.values.visit_status import Channel
from models.visits.visit import Visit
from tests import cast

WHY = "umówione z lekarzem"

_VISIT = """
    INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id,
        starts_at, ends_at, booked_at, changed_at, cancelled_at, sequence)
    VALUES ($1, $2, $3, 'PHONE', $4, $5, $6, $7, $8, $9, $10, $10, $11, 0)
"""


def patient_of(account: Account) -> Patient:
    assert account.patient is not None
    return account.patient


async def book(account: Account, slot: Slot, **more: Any) -> Visit:
    return await Visit.book(slot.id, patient=patient_of(account), by=account, **more)


async def move(account: Account, visit: Visit, slot: Slot, **more: Any) -> Visit:
    return await Visit.reschedule(visit.id, slot.id, patient=patient_of(account), by=account, **more)


async def cancel(account: Account, visit: Visit, **more: Any) -> Visit:
    return await Visit.cancel(visit.id, patient=patient_of(account), by=account, **more)


async def hold(account: Account, slot: Slot, **more: Any) -> Slot:
    return await Slot.hold(slot.id, patient=patient_of(account), by=account, **more)


async def release(account: Account, slot: Slot) -> bool:
    return await Slot.release(slot.id, patient=patient_of(account), by=account)


async def is_free(slot: Slot) -> bool:
    return (await Slot.get(id=slot.id)).is_free_for(None)


async def insert_visit(connection: Any, account: Account, slot: Slot, **other: Any) -> UUID:
    """Insert a visit for the slot with plain SQL, bypassing the code; `other` overrides columns."""
    visit_id: UUID = other.get("id") or uuid4()
    cancelled_at = clock.now() if other.get("status") == "CANCELLED" else None
    await connection.execute(
        _VISIT,
        visit_id,
        str(visit_id)[:9],
        other.get("status", "BOOKED"),
        account.patient_id,
        other.get("slot_id", slot.id),
        other.get("clinic_id", slot.clinic_id),
        other.get("doctor_id", slot.doctor_id),
        other.get("starts_at", slot.starts_at),
        other.get("ends_at", slot.ends_at),
        clock.now(),
        cancelled_at,
    )
    return visit_id


def actor(by: Account, override: str | None = None, channel: Channel = Channel.PHONE) -> Actor:
    return Actor(by, channel, override)


async def book_for(by: Account, patient: Patient, slot: Slot, override: str | None = None, **more: Any) -> Visit:
    return await Visit.book(slot.id, patient=patient, by=actor(by, override), **more)


async def move_for(by: Account, visit: Visit, slot: Slot, override: str | None = None, **more: Any) -> Visit:
    return await Visit.reschedule(visit.id, slot.id, patient=visit.patient, by=actor(by, override), **more)


async def cancel_for(by: Account, visit: Visit, override: str | None = None, **more: Any) -> Visit:
    return await Visit.cancel(visit.id, patient=visit.patient, by=actor(by, override), **more)


async def booked(account: Account, starts_at: datetime) -> Visit:
    slot = await cast.slot(starts_at, at=await cast.clinic(days_ahead=400))
    return await Visit.book(slot.id, patient=patient_of(account), by=account)


async def moved(visit: Visit, account: Account, starts_at: datetime) -> Visit:
    slot = await Slot.get_or_none(starts_at=starts_at, clinic_id=visit.clinic_id)
    slot = slot or await cast.slot(starts_at, at=visit.clinic, by=visit.doctor)
    return await Visit.reschedule(visit.id, slot.id, patient=patient_of(account), by=account)


async def cancelled(visit: Visit, account: Account) -> Visit:
    return await Visit.cancel(visit.id, patient=patient_of(account), by=account)


def turn_to(moment: datetime) -> None:
    """Set the stopped clock to this moment."""
    clock.advance(moment - clock.now())


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
