"""Event log: events in the order of commits, read on from a position without gap or repeat, while they are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import settings
from models import clock, database
from models.event import Event
from models.partner_refusal import CursorExpired

# One statement, one snapshot: the rows, and how far the log reached and was forgotten when they were read.
_READ = """
    SELECT log.last_position, log.forgotten_position, found.* FROM
        (SELECT coalesce(max(last_position), 0) AS last_position, coalesce(max(forgotten_position), 0)
            AS forgotten_position FROM event_log) AS log
        LEFT JOIN LATERAL (
            SELECT id, position, occurred_at, clinic_id, happening, details FROM event
            WHERE position > coalesce($1::bigint, log.forgotten_position)
                AND ($2::uuid[] IS NULL OR clinic_id = ANY($2))
            ORDER BY position LIMIT $3
        ) AS found ON true
    ORDER BY found.position
"""


@dataclass(frozen=True)
class Stretch:
    """Some events in order; `end` is where to read on: nothing that was wanted lies before it unread."""

    events: list[Event]
    end: int
    is_all: bool


async def read(after: int | None, clinic_ids: Collection[UUID] | None, limit: int) -> Stretch:
    """The next events behind a position, from the oldest kept without one; CursorExpired when some are gone."""
    rows = await database.rows(_READ, [after, None if clinic_ids is None else list(clinic_ids), limit])
    last, forgotten = rows[0]["last_position"], rows[0]["forgotten_position"]
    if after is not None and not forgotten <= after <= last:
        raise CursorExpired
    events = [Event._init_from_db(**_without_log(row)) for row in rows if row["id"]]
    is_all = len(events) < limit
    return Stretch(events, last if is_all else events[-1].position or last, is_all)


def _without_log(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("last_position", "forgotten_position")}


async def newest() -> int:
    found = await database.rows("SELECT coalesce(max(last_position), 0) AS position FROM event_log")
    return int(found[0]["position"])


async def number() -> int:
    """Give what has been committed since its positions, unless another process does it just now."""
    found = await database.rows("SELECT number_events() AS numbered")
    return int(found[0]["numbered"])


async def forget() -> int:
    """Remove what is older than the retention; its cursors are told apart from then on."""
    before = clock.now() - timedelta(days=settings.EVENT_RETENTION_DAYS)
    total = 0
    while removed := int((await database.rows("SELECT forget_events($1) AS removed", [before]))[0]["removed"]):
        total += removed
    return total
