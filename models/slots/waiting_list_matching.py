"""Waiting-list matching: reserves free slots that match an entry of the waiting list."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import settings
from infra import clock, database

# An entry matches the slots of its clinic (and of its doctor, if it names one), on its days and weekdays and within its
# hours by the wall clock. Each slot's local day and minute are computed once (MATERIALIZED). Entries are compared with
# the distinct days of each doctor first, and only the matching ones with the slots of that day. A slot is not kept if
# its holder alone waits for it: if others do, `one_patient_id` or `another_patient_id` is one of them.
# The same rule is applied in waiting_list.py (_MARK_SERVED) and freed_slots.py (_FIND_NEXT, _OPEN_TO_ALL).
_FIND_MATCHED = """
    WITH free_slot AS MATERIALIZED (
        SELECT slot.id, slot.clinic_id, slot.doctor_id, slot.held_by_id,
            (slot.starts_at AT TIME ZONE :zone::text)::date AS day,
            extract(epoch FROM (slot.starts_at AT TIME ZONE :zone::text)::time)::float8 / 60 AS minute
        FROM slot
        WHERE slot.id {wanted} AND slot.starts_at > :now::timestamptz
            AND slot.queued_at IS NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    ), doctor_day AS (
        SELECT DISTINCT free_slot.clinic_id, free_slot.doctor_id, free_slot.day FROM free_slot
    ), wish AS MATERIALIZED (
        SELECT doctor_day.clinic_id, doctor_day.doctor_id, doctor_day.day,
            waiting_list_entry.from_minute, waiting_list_entry.until_minute,
            min(waiting_list_entry.patient_id::text) AS one_patient_id,
            max(waiting_list_entry.patient_id::text) AS another_patient_id
        FROM doctor_day
        JOIN waiting_list_entry ON waiting_list_entry.ended_at IS NULL
            AND waiting_list_entry.clinic_id = doctor_day.clinic_id
            AND (waiting_list_entry.doctor_id IS NULL OR waiting_list_entry.doctor_id = doctor_day.doctor_id)
            AND doctor_day.day BETWEEN waiting_list_entry.first_day AND waiting_list_entry.last_day
            AND (waiting_list_entry.weekdays IS NULL
                OR extract(isodow FROM doctor_day.day)::int = ANY(waiting_list_entry.weekdays))
        GROUP BY 1, 2, 3, 4, 5
    )
    SELECT DISTINCT free_slot.id
    FROM free_slot
    JOIN wish ON wish.clinic_id = free_slot.clinic_id AND wish.doctor_id = free_slot.doctor_id
        AND wish.day = free_slot.day
        AND (wish.from_minute IS NULL OR free_slot.minute >= wish.from_minute)
        AND (wish.until_minute IS NULL OR free_slot.minute <= wish.until_minute)
    WHERE wish.one_patient_id IS DISTINCT FROM free_slot.held_by_id::text
        OR wish.another_patient_id IS DISTINCT FROM free_slot.held_by_id::text
"""
_FIND_AMONG = _FIND_MATCHED.format(wanted="= ANY(:slot_ids::uuid[])")
_FIND_ONE = _FIND_MATCHED.format(wanted="= :slot_id::uuid")  # unlike the other, not planned for each execution
_QUEUE = """
    UPDATE slot SET queued_at = :now::timestamptz
    WHERE slot.id = ANY(:slot_ids::uuid[]) AND slot.starts_at > :now::timestamptz
        AND slot.queued_at IS NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    RETURNING slot.id
"""


async def queue_matched(slot_ids: Sequence[UUID]) -> int:
    """Reserve the slots that match a waiting-list entry; return how many were reserved.

    The entry of a slot's holder does not count: a patient who lets a hold expire should not be offered the same slot.
    """
    database.require_transaction()
    values: dict[str, Any] = {"now": clock.now(), "zone": settings.TIME_ZONE.key}
    if len(slot_ids) == 1:
        matched = await database.fetch(_FIND_ONE, values | {"slot_id": slot_ids[0]})
    else:
        matched = await database.fetch_joined(_FIND_AMONG, values | {"slot_ids": list(slot_ids)}, length=len(slot_ids))
    if not matched:
        return 0
    return len(await database.fetch(_QUEUE, {"slot_ids": [row["id"] for row in matched], "now": clock.now()}))
