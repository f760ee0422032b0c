"""Restoring: when an absence or a closing ends, the single slots that it withdrew become bookable again."""

from collections.abc import Collection
from uuid import UUID

from infra import clock, database
from models.events import slot_events
from models.events.event import EventType
from models.slots.slot import Slot

# Slots of a schedule are created again by that schedule, if it still has them.
_BRING_BACK = """
    UPDATE slot SET withdrawn_at = NULL
    WHERE slot.id = ANY(:slot_ids::uuid[]) AND slot.schedule_id IS NULL AND slot.withdrawn_at IS NOT NULL
        AND slot.starts_at > :now::timestamptz AND NOT slot.is_withdrawn_by_hand
        AND slot.absence_id IS NULL AND slot.place_closed_at IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM slot AS present_slot
            WHERE present_slot.doctor_id = slot.doctor_id AND present_slot.withdrawn_at IS NULL
                AND present_slot.starts_at < slot.ends_at AND present_slot.ends_at > slot.starts_at
        )
    RETURNING slot.*
"""


async def bring_back(slot_ids: Collection[UUID]) -> int:
    """Reopen the single slots among these that nothing else keeps closed; returns how many."""
    database.require_transaction()
    rows = await database.fetch(_BRING_BACK, {"slot_ids": list(slot_ids), "now": clock.now()})
    slots = [Slot._init_from_db(**row) for row in rows]
    await Slot.queue_for_waiting_list(*(slot.id for slot in slots))
    await slot_events.append(EventType.SLOTS_PUBLISHED, slots)
    return len(slots)
