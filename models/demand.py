"""Demand: whether somebody on the waiting list wants a slot, said to the database."""

from collections.abc import Sequence
from uuid import UUID

import settings
from models import clock, database

# Slots with their day and minute on the wall clock: reckoned once a slot, not once for every entry ("OFFSET 0").
LOCAL = """(
    SELECT slot.*, (slot.starts_at AT TIME ZONE {zone})::date AS day,
        extract(epoch FROM (slot.starts_at AT TIME ZONE {zone})::time)::float8 / 60 AS minute
    FROM slot WHERE {which} OFFSET 0
) AS slot"""

# An entry of the waiting list wants a slot of its clinic (and doctor), on its days, in its hours of the wall clock.
WANTED = """
    entry.ended_at IS NULL AND entry.clinic_id = slot.clinic_id
    AND (entry.doctor_id IS NULL OR entry.doctor_id = slot.doctor_id)
    AND slot.day BETWEEN entry.first_day AND entry.last_day
    AND (entry.from_minute IS NULL OR slot.minute >= entry.from_minute)
    AND (entry.until_minute IS NULL OR slot.minute <= entry.until_minute)
"""

_FREE = """
    slot.id = ANY($1::uuid[]) AND slot.queued_at IS NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    AND slot.starts_at > $2::timestamptz
"""
_QUEUE = f"""
    UPDATE slot SET queued_at = $2::timestamptz WHERE id IN (
        SELECT slot.id FROM {LOCAL.format(zone="$3::text", which=_FREE)} WHERE EXISTS (
            SELECT 1 FROM waiting_list_entry entry
            WHERE {WANTED} AND entry.patient_id IS DISTINCT FROM slot.held_by_id
        )
    ) RETURNING id
"""  # noqa: S608 - constants of this module


async def queue(ids: Sequence[UUID]) -> int:
    """Keep for the waiting list, from now on, those of the slots that somebody there wants; how many those are.

    The holder's own wish does not count: a hold that lapses is no reason to offer the slot to its holder.
    """
    found = await database.rows(_QUEUE, [list(ids), clock.now(), settings.TIME_ZONE.key])
    return len(found)
