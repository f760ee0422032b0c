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
ON_ITS_DAYS = """
    entry.ended_at IS NULL AND entry.clinic_id = slot.clinic_id
    AND (entry.doctor_id IS NULL OR entry.doctor_id = slot.doctor_id)
    AND slot.day BETWEEN entry.first_day AND entry.last_day
"""
IN_ITS_HOURS = """
    (entry.from_minute IS NULL OR slot.minute >= entry.from_minute)
    AND (entry.until_minute IS NULL OR slot.minute <= entry.until_minute)
"""
WANTED = f"{ON_ITS_DAYS} AND {IN_ITS_HOURS}"

# Many slots: entries are compared with each day of a doctor once, and what is left of them with the day's slots.
DAYS = "(SELECT DISTINCT clinic_id, doctor_id, day FROM local) AS slot"
SAME_DAY = "entry.clinic_id = slot.clinic_id AND entry.doctor_id = slot.doctor_id AND entry.day = slot.day"

_FREE = """
    slot.id = ANY($1::uuid[]) AND slot.queued_at IS NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    AND slot.starts_at > $2::timestamptz
"""
_WANTED = f"""
    WITH local AS MATERIALIZED (SELECT * FROM {LOCAL.format(zone="$3::text", which=_FREE)}), wish AS MATERIALIZED (
        SELECT slot.clinic_id, slot.doctor_id, slot.day, entry.from_minute, entry.until_minute,
            min(entry.patient_id::text) AS one, max(entry.patient_id::text) AS another
        FROM {DAYS} JOIN waiting_list_entry entry ON {ON_ITS_DAYS} GROUP BY 1, 2, 3, 4, 5
    )
    SELECT DISTINCT slot.id FROM local AS slot JOIN wish AS entry ON {SAME_DAY} AND {IN_ITS_HOURS}
    WHERE entry.one IS DISTINCT FROM slot.held_by_id::text OR entry.another IS DISTINCT FROM slot.held_by_id::text
"""  # noqa: S608 - constants of this module  # nosec B608
_QUEUE = f"UPDATE slot SET queued_at = $2::timestamptz WHERE {_FREE} RETURNING id"  # noqa: S608 - as above  # nosec B608


async def queue(ids: Sequence[UUID]) -> int:
    """Keep for the waiting list, from now on, those of the slots that somebody there wants; how many those are.

    The holder's own wish does not count: a hold that lapses is no reason to offer the slot to its holder.
    """
    wanted = await database.joined(_WANTED, [list(ids), clock.now(), settings.TIME_ZONE.key])
    if not wanted:
        return 0
    return len(await database.rows(_QUEUE, [[row["id"] for row in wanted], clock.now()]))
