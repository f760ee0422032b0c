"""What must be true of the database at any moment, asked in SQL, and the words in which the cast acts and races."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

from models import clock, database
from models.account import Account
from models.patient import Patient
from models.slot import Slot
from models.visit import Visit

_BROKEN = """
    SELECT 'a live visit is not on the slot that points to it' AS promise, visit.id FROM visit
        LEFT JOIN slot ON slot.id = visit.slot_id AND slot.visit_id = visit.id
        WHERE visit.status <> 'CANCELLED' AND slot.id IS NULL
    UNION ALL SELECT 'a slot points to a visit that is not on it', slot.id FROM slot
        LEFT JOIN visit ON visit.id = slot.visit_id AND visit.slot_id = slot.id AND visit.status <> 'CANCELLED'
        WHERE slot.visit_id IS NOT NULL AND visit.id IS NULL
    UNION ALL SELECT 'two live visits are on one slot', slot_id FROM visit
        WHERE status <> 'CANCELLED' GROUP BY slot_id HAVING count(*) > 1
    UNION ALL SELECT 'a visit is not as its slot', visit.id FROM visit JOIN slot ON slot.id = visit.slot_id
        WHERE (visit.starts_at, visit.ends_at, visit.clinic_id, visit.doctor_id)
            <> (slot.starts_at, slot.ends_at, slot.clinic_id, slot.doctor_id)
    UNION ALL SELECT 'a patient is in two places', id FROM (
        SELECT id, starts_at, max(ends_at) OVER (PARTITION BY patient_id ORDER BY starts_at, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM visit WHERE status <> 'CANCELLED') AS visit WHERE starts_at < until
    UNION ALL SELECT 'a doctor is in two places', id FROM (
        SELECT id, starts_at, max(ends_at) OVER (PARTITION BY doctor_id ORDER BY starts_at, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM slot WHERE withdrawn_at IS NULL) AS slot WHERE starts_at < until
    UNION ALL SELECT 'a withdrawn slot has a visit', id FROM slot
        WHERE withdrawn_at IS NOT NULL AND visit_id IS NOT NULL
    UNION ALL SELECT 'a patient has two holds', held_by_id FROM slot
        WHERE held_by_id IS NOT NULL AND NOT is_offer GROUP BY held_by_id HAVING count(*) > 1
"""

_TOLD = """
    SELECT visit.reference, visit.sequence + 1 AS happened,
        (SELECT count(*) FROM visit_change WHERE visit_id = visit.id) AS history,
        (SELECT count(*) FROM message WHERE visit_id = visit.id) AS letters,
        (SELECT count(*) FROM event WHERE details->>'visit_reference' = visit.reference) AS events,
        (SELECT count(*) FROM audit_entry WHERE subject_id = visit.id) AS audit
    FROM visit
"""

_VISIT = """
    INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id,
        starts_at, ends_at, booked_at, changed_at, cancelled_at, sequence)
    VALUES ($1, $2, $3, 'PHONE', $4, $5, $6, $7, $8, $9, $10, $10, $11, 0)
"""

COUNTED = ("visit", "visit_change", "message", "event", "audit_entry")


async def promises_hold() -> None:
    assert await database.rows(_BROKEN) == []


async def all_is_told_once() -> None:
    """Every booking, move and cancellation has one history line, one letter, one event and one audit entry."""
    for visit in await database.rows(_TOLD):
        happened = visit["happened"]
        assert {name: visit[name] for name in ("history", "letters", "events", "audit")} == dict.fromkeys(
            ("history", "letters", "events", "audit"), happened
        ), visit["reference"]


async def counts() -> dict[str, int]:
    """How many rows there are of all that a change writes."""
    found = await database.rows(
        "SELECT " + ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in COUNTED)
    )
    return dict(found[0])


async def race(*rivals: Awaitable[Any]) -> list[Any]:
    """All at once; what each got: a thing or an exception."""
    return await asyncio.gather(*rivals, return_exceptions=True)


def tally(outcomes: list[Any]) -> dict[str, int]:
    """How often each kind of thing was the outcome: {"Visit": 1, "SlotTaken": 49}."""
    return dict(Counter(type(outcome).__name__ for outcome in outcomes))


def only(kind: type, outcomes: list[Any]) -> Any:
    """The one outcome of this kind."""
    [found] = [outcome for outcome in outcomes if isinstance(outcome, kind)]
    return found


def person(account: Account) -> Patient:
    assert account.patient is not None
    return account.patient


async def book(account: Account, slot: Slot, **more: Any) -> Visit:
    return await Visit.book(slot.id, patient=person(account), by=account, **more)


async def move(account: Account, visit: Visit, slot: Slot, **more: Any) -> Visit:
    return await Visit.reschedule(visit.id, slot.id, patient=person(account), by=account, **more)


async def cancel(account: Account, visit: Visit, **more: Any) -> Visit:
    return await Visit.cancel(visit.id, patient=person(account), by=account, **more)


async def hold(account: Account, slot: Slot) -> Slot:
    return await Slot.hold(slot.id, patient=person(account), by=account)


async def release(account: Account, slot: Slot) -> bool:
    return await Slot.release(slot.id, patient=person(account), by=account)


async def is_free(slot: Slot) -> bool:
    return (await Slot.get(id=slot.id)).is_free_for(None)


async def insert_visit(connection: Any, account: Account, slot: Slot, **other: Any) -> UUID:
    """A visit on the slot, as a stranger with SQL would write it; `other` says what is different."""
    visit_id: UUID = other.get("id") or uuid4()
    cancelled_at = clock.now() if other.get("status") == "CANCELLED" else None
    await connection.execute(
        _VISIT, visit_id, str(visit_id)[:9], other.get("status", "BOOKED"), account.patient_id, slot.id,
        other.get("clinic_id", slot.clinic_id), other.get("doctor_id", slot.doctor_id),
        other.get("starts_at", slot.starts_at), other.get("ends_at", slot.ends_at), clock.now(), cancelled_at,
    )  # fmt: skip
    return visit_id
