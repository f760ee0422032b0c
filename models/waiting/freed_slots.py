"""Freed slots: a slot that becomes free is offered to one waiting patient at a time, longest-waiting first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from infra import clock, database
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.events import slot_events
from models.events.event import EventType
from models.outbox import MessageKind
from models.slots import booking_rules
from models.slots.slot import Slot
from models.values import hours
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

ALLOCATION_LOCK = 7_24_2026
MAX_MISSES = 2  # after so many slots in a row that nobody wants, the following ones are opened in one step
BATCH_SIZE = 1000
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(:lock)"  # two concurrent runs could offer slots out of order

_RULES = {
    "is_below_limit": booking_rules.is_below_limit("waiting_list_entry.patient_id"),
    "entry_has_no_overlap": booking_rules.has_no_overlap("waiting_list_entry.patient_id", "queued_slot"),
    "wish_has_no_overlap": booking_rules.has_no_overlap("wish.patient_id", "queued_slot"),
}

# Slots kept for the waiting list that nobody holds. A slot too far ahead stays kept until it can be booked.
_FIND_DUE = """
    SELECT slot.id
    FROM slot JOIN clinic ON clinic.id = slot.clinic_id
    WHERE slot.queued_at IS NOT NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
        AND (slot.held_until IS NULL OR slot.held_until <= :now::timestamptz)
        AND (slot.starts_at AT TIME ZONE :zone::text)::date
            <= (:now::timestamptz AT TIME ZONE :zone::text)::date + clinic.days_ahead
    ORDER BY slot.starts_at, slot.id
"""

# The first entry that matches the slot (the rule of waiting_list_matching.py) and whose patient can be asked: their
# account is not closed, they have no other open offer, they have not been asked about this slot since it became free,
# they did not give it up themselves, and booking_rules.py would let them book it.
_FIND_NEXT = """
    WITH queued_slot AS MATERIALIZED (
        SELECT slot.id, slot.clinic_id, slot.doctor_id, slot.starts_at, slot.ends_at, slot.queued_at,
            (slot.starts_at AT TIME ZONE :zone::text)::date AS day,
            extract(epoch FROM (slot.starts_at AT TIME ZONE :zone::text)::time)::float8 / 60 AS minute
        FROM slot
        WHERE slot.id = :slot_id::uuid
    )
    SELECT next_entry.id
    FROM queued_slot JOIN clinic ON clinic.id = queued_slot.clinic_id CROSS JOIN LATERAL (
        SELECT waiting_list_entry.id
        FROM waiting_list_entry
        WHERE waiting_list_entry.ended_at IS NULL AND waiting_list_entry.clinic_id = queued_slot.clinic_id
            AND (waiting_list_entry.doctor_id IS NULL OR waiting_list_entry.doctor_id = queued_slot.doctor_id)
            AND queued_slot.day BETWEEN waiting_list_entry.first_day AND waiting_list_entry.last_day
            AND (waiting_list_entry.weekdays IS NULL
                OR extract(isodow FROM queued_slot.day)::int = ANY(waiting_list_entry.weekdays))
            AND (waiting_list_entry.from_minute IS NULL OR queued_slot.minute >= waiting_list_entry.from_minute)
            AND (waiting_list_entry.until_minute IS NULL OR queued_slot.minute <= waiting_list_entry.until_minute)
            AND NOT EXISTS (
                SELECT 1 FROM offer WHERE offer.entry_id = waiting_list_entry.id AND offer.answer = 'OPEN'
            )
            AND NOT EXISTS (
                SELECT 1 FROM account
                WHERE account.patient_id = waiting_list_entry.patient_id
                    AND account.closed_at >= waiting_list_entry.joined_at
            )
            AND NOT EXISTS (
                SELECT 1 FROM offer
                WHERE offer.entry_id = waiting_list_entry.id AND offer.slot_id = queued_slot.id
                    AND offer.made_at >= queued_slot.queued_at
            )
            AND NOT EXISTS (
                SELECT 1 FROM visit
                WHERE visit.patient_id = waiting_list_entry.patient_id AND visit.slot_id = queued_slot.id
            )
            AND {entry_has_no_overlap} AND {is_below_limit}
        ORDER BY waiting_list_entry.joined_at, waiting_list_entry.id
        LIMIT 1
        FOR UPDATE OF waiting_list_entry
    ) AS next_entry
"""

# Opens slots to everybody if, by the conditions of _FIND_NEXT, nobody can be offered them, or if it is too late.
_OPEN_TO_ALL = """
    WITH queued_slot AS MATERIALIZED (
        SELECT slot.id, slot.clinic_id, slot.doctor_id, slot.starts_at, slot.ends_at, slot.queued_at,
            (slot.starts_at AT TIME ZONE :zone::text)::date AS day,
            extract(epoch FROM (slot.starts_at AT TIME ZONE :zone::text)::time)::float8 / 60 AS minute
        FROM slot
        WHERE slot.id = ANY(:slot_ids::uuid[])
    ), doctor_day AS (
        SELECT DISTINCT queued_slot.clinic_id, queued_slot.doctor_id, queued_slot.day FROM queued_slot
    ), wish AS MATERIALIZED (
        SELECT doctor_day.clinic_id, doctor_day.doctor_id, doctor_day.day,
            waiting_list_entry.id, waiting_list_entry.patient_id,
            waiting_list_entry.from_minute, waiting_list_entry.until_minute
        FROM doctor_day
        JOIN waiting_list_entry ON waiting_list_entry.ended_at IS NULL
            AND waiting_list_entry.clinic_id = doctor_day.clinic_id
            AND (waiting_list_entry.doctor_id IS NULL OR waiting_list_entry.doctor_id = doctor_day.doctor_id)
            AND doctor_day.day BETWEEN waiting_list_entry.first_day AND waiting_list_entry.last_day
            AND (waiting_list_entry.weekdays IS NULL
                OR extract(isodow FROM doctor_day.day)::int = ANY(waiting_list_entry.weekdays))
        JOIN clinic ON clinic.id = waiting_list_entry.clinic_id
        WHERE {is_below_limit} AND NOT EXISTS (
            SELECT 1 FROM offer WHERE offer.entry_id = waiting_list_entry.id AND offer.answer = 'OPEN'
        )
        AND NOT EXISTS (
            SELECT 1 FROM account
            WHERE account.patient_id = waiting_list_entry.patient_id
                AND account.closed_at >= waiting_list_entry.joined_at
        )
    ), unwanted_slot AS MATERIALIZED (
        SELECT queued_slot.id
        FROM queued_slot JOIN clinic ON clinic.id = queued_slot.clinic_id
        WHERE queued_slot.starts_at - clinic.minimum_notice_minutes * interval '1 minute' <= :now::timestamptz
            OR NOT EXISTS (
                SELECT 1 FROM wish
                WHERE wish.clinic_id = queued_slot.clinic_id AND wish.doctor_id = queued_slot.doctor_id
                    AND wish.day = queued_slot.day
                    AND (wish.from_minute IS NULL OR queued_slot.minute >= wish.from_minute)
                    AND (wish.until_minute IS NULL OR queued_slot.minute <= wish.until_minute)
                    AND NOT EXISTS (
                        SELECT 1 FROM offer
                        WHERE offer.entry_id = wish.id AND offer.slot_id = queued_slot.id
                            AND offer.made_at >= queued_slot.queued_at
                    )
                    AND NOT EXISTS (
                        SELECT 1 FROM visit WHERE visit.patient_id = wish.patient_id AND visit.slot_id = queued_slot.id
                    )
                    AND {wish_has_no_overlap}
            )
    ), locked_slot AS MATERIALIZED (
        SELECT slot.id
        FROM slot
        WHERE slot.id IN (SELECT unwanted_slot.id FROM unwanted_slot)
            AND slot.queued_at IS NOT NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
            AND (slot.held_until IS NULL OR slot.held_until <= :now::timestamptz)
        ORDER BY slot.id
        FOR UPDATE SKIP LOCKED
    )
    UPDATE slot SET queued_at = NULL, held_by_id = NULL, held_until = NULL, is_offer = false
    FROM locked_slot
    WHERE slot.id = locked_slot.id
    RETURNING slot.*
"""


async def allocate() -> int:
    """Expire entries and offers; during service hours, offer the freed slots. Returns how many offers were made.

    Every step is a transaction of its own: after a crash between two steps, the next run continues from there.
    """
    await WaitingListEntry.expire()
    await Offer.expire_due()
    if not hours.is_open(clock.now()):
        return 0
    found = await database.fetch(_FIND_DUE, {"now": clock.now(), "zone": settings.TIME_ZONE.key})
    due, made, misses = [UUID(str(row["id"])) for row in found], 0, 0
    while due:
        if await _offer_next(due[0]):
            made, misses = made + 1, 0
        elif (misses := misses + 1) == MAX_MISSES:  # probably nobody wants the following slots either
            opened, misses = await _open_to_all(due[1:BATCH_SIZE]), 0
            due = [due[0], *(id_ for id_ in due[1:] if id_ not in opened)]
        due.pop(0)
    return made


async def _offer_next(slot_id: UUID) -> bool:
    """Offer the slot to the next patient waiting for it, or open it to everybody if there is none."""
    async with in_transaction():
        await database.fetch(_ONE_AT_A_TIME, {"lock": ALLOCATION_LOCK})
        slot = await Slot.filter(id=slot_id).select_for_update(skip_locked=True).first()
        if slot is None or not _is_due(slot):  # another run has locked or allocated it
            return False
        values = {"slot_id": slot_id, "zone": settings.TIME_ZONE.key, "now": clock.now(), **booking_rules.limits()}
        found = await database.fetch(_FIND_NEXT.format(**_RULES), values)
        until = await _find_deadline(slot)
        if not found or until is None:
            await _open_to_all([slot_id])
            return False
        entry = await WaitingListEntry.get(id=found[0]["id"]).select_related("patient__account")
        await _offer(slot, entry.patient, entry.id, until)
    return True


async def _open_to_all(slot_ids: Sequence[UUID]) -> set[UUID]:
    """Open the slots that nobody on the waiting list can be offered, and publish them to partners; return their ids."""
    async with in_transaction():
        await database.fetch(_ONE_AT_A_TIME, {"lock": ALLOCATION_LOCK})
        values = {
            "slot_ids": list(slot_ids),
            "zone": settings.TIME_ZONE.key,
            "now": clock.now(),
            **booking_rules.limits(),
        }
        rows = await database.fetch_joined(_OPEN_TO_ALL.format(**_RULES), values, length=len(slot_ids))
        opened = [Slot._init_from_db(**row) for row in rows]
        await slot_events.append(EventType.SLOTS_PUBLISHED, opened)
    return {slot.id for slot in opened}


def _is_due(slot: Slot) -> bool:
    return not (slot.queued_at is None or slot.visit_id or slot.withdrawn_at or slot.is_held)


async def _find_deadline(slot: Slot) -> datetime | None:
    """When the offer expires: after OFFER_MINUTES of service hours, or when the notice begins; None if too late."""
    clinic, now = await slot.clinic, clock.now()
    until = min(hours.add_service_minutes(now, settings.OFFER_MINUTES), slot.last_bookable_at(clinic))
    return until if until > now else None


async def _offer(slot: Slot, patient: Patient, entry_id: UUID, until: datetime) -> None:
    offer = await Offer.make(slot, patient, until, entry_id=entry_id)
    slot_details = (await slot.clinic).describe_slot(slot.starts_at)
    await offer.notify(MessageKind.TERM_OFFERED, patient.account, term=slot_details, until=until.isoformat())
    await AuditEntry.record("offer_term", account=None, patient_id=patient.id, subject_id=slot.id)
