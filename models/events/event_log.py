"""Event log: events in commit order, read from a position without gaps or duplicates as long as they are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import settings
from infra import clock, database
from models.events.event import Event
from models.refusals.partner import CursorExpired

# One statement, so that one snapshot shows the events and where the log began and ended when they were read.
_READ = """
    SELECT bounds.last_position, bounds.forgotten_position, next_event.*
    FROM (
        SELECT coalesce(max(event_log.last_position), 0) AS last_position,
            coalesce(max(event_log.forgotten_position), 0) AS forgotten_position
        FROM event_log
    ) AS bounds
    LEFT JOIN LATERAL (
        SELECT event.id, event.position, event.occurred_at, event.clinic_id, event.happening, event.details
        FROM event
        WHERE event.position > coalesce(:after::bigint, bounds.forgotten_position)
            AND (:clinic_ids::uuid[] IS NULL OR event.clinic_id = ANY(:clinic_ids::uuid[]))
        ORDER BY event.position
        LIMIT :limit
    ) AS next_event ON true
    ORDER BY next_event.position
"""

_WITHOUT_POSITION = """
    SELECT count(*) AS count, extract(epoch FROM $1 - min(occurred_at))::float AS age FROM event WHERE position IS NULL
"""


MOST_SLOTS = 500  # per page: reading a slot takes a tenth of a millisecond, in which the process answers nobody else


@dataclass(frozen=True)
class EventPage:
    """Some events in order; `end` is the position to read on from; `is_last`: no more existed when it was read."""

    events: list[Event]
    end: int
    is_last: bool

    def limit_slots(self) -> "EventPage":
        """The longest run of events whose slots together are few enough to be read in one go; at least one event."""
        total = 0
        events: list[Event] = []
        for event in self.events:
            total += len(event.slot_ids)
            if events and total > MOST_SLOTS:
                return EventPage(events, events[-1].position or self.end, False)
            events.append(event)
        return self


async def read(after: int | None, clinic_ids: Collection[UUID] | None, limit: int) -> EventPage:
    """The next events after a position, or from the oldest; raises CursorExpired if any of them was deleted."""
    wanted = None if clinic_ids is None else list(clinic_ids)
    rows = await database.fetch(_READ, {"after": after, "clinic_ids": wanted, "limit": limit})
    last, forgotten = rows[0]["last_position"], rows[0]["forgotten_position"]
    if after is not None and not forgotten <= after <= last:
        raise CursorExpired
    events = [Event._init_from_db(**_without_bounds(row)) for row in rows if row["id"]]
    is_last = len(events) < limit
    return EventPage(events, last if is_last else events[-1].position or last, is_last)


def _without_bounds(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("last_position", "forgotten_position")}


async def read_last_position() -> int:
    found = await database.fetch("SELECT coalesce(max(last_position), 0) AS position FROM event_log")
    return int(found[0]["position"])


async def assign_positions() -> int:
    """Give a position to each event that has been committed, unless another process is doing it at this moment."""
    found = await database.fetch("SELECT number_events() AS numbered")
    return int(found[0]["numbered"])


async def measure_relay_lag() -> tuple[int, float]:
    """How many committed events have no position yet, and the seconds for which the oldest of them has waited."""
    [row] = await database.fetch(_WITHOUT_POSITION, [clock.now()])
    return row["count"], row["age"] or 0.0


async def purge() -> int:
    """Delete the events older than the retention period; a cursor from before then raises CursorExpired."""
    before = clock.now() - timedelta(days=settings.EVENT_RETENTION_DAYS)
    total = 0
    while removed := int((await database.fetch("SELECT forget_events($1) AS removed", [before]))[0]["removed"]):
        total += removed
    return total
