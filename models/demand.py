"""Demand: whether somebody on the waiting list wants a slot, said to the database."""

from collections.abc import Sequence
from uuid import UUID

import settings
from models import clock, database

# An entry of the waiting list wants a slot of its clinic (and doctor), on its days, in its hours of the wall clock.
WANTED = """
    entry.ended_at IS NULL AND entry.clinic_id = slot.clinic_id
    AND (entry.doctor_id IS NULL OR entry.doctor_id = slot.doctor_id)
    AND (slot.starts_at AT TIME ZONE {zone})::date BETWEEN entry.first_day AND entry.last_day
    AND (entry.from_minute IS NULL
        OR (slot.starts_at AT TIME ZONE {zone})::time >= make_time(entry.from_minute / 60, entry.from_minute % 60, 0))
    AND (entry.until_minute IS NULL
        OR (slot.starts_at AT TIME ZONE {zone})::time <= make_time(entry.until_minute / 60, entry.until_minute % 60, 0))
"""

_QUEUE = f"""
    UPDATE slot SET queued_at = $2::timestamptz WHERE id = ANY($1::uuid[]) AND queued_at IS NULL
    AND visit_id IS NULL AND withdrawn_at IS NULL AND starts_at > $2::timestamptz
    AND EXISTS (
        SELECT 1 FROM waiting_list_entry entry
        WHERE {WANTED.format(zone="$3::text")} AND entry.patient_id IS DISTINCT FROM slot.held_by_id
    ) RETURNING id
"""  # noqa: S608 - constants of this module


async def queue(ids: Sequence[UUID]) -> int:
    """Keep for the waiting list, from now on, those of the slots that somebody there wants; how many those are.

    The holder's own wish does not count: a hold that lapses is no reason to offer the slot to its holder.
    """
    found = await database.rows(_QUEUE, [list(ids), clock.now(), settings.TIME_ZONE.key])
    return len(found)
