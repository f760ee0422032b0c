"""Call list (lista telefonów): visits whose patients were not reached by letter or text, to be told by telephone."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from models import database
from models.diary import span
from models.message import Message
from models.visit import Visit
from models.visit_facts import SHOWN


class Why(StrEnum):
    NO_EMAIL = "NO_EMAIL"
    NO_MESSAGE = "NO_MESSAGE"
    MESSAGE_FAILED = "MESSAGE_FAILED"


@dataclass(frozen=True)
class Call:
    visit: Visit
    why: Why
    message: Message | None


# Of each visit the newest letter and the newest text; a failed one matters until somebody has called since.
# A cancelled visit matters only when its patient may come in vain: the letter that says so has failed.
_CALLS = """
    WITH newest AS (
        SELECT DISTINCT ON (visit_id, medium) visit_id, id, kind, state, settled_at FROM message
        WHERE visit_id IN (SELECT id FROM visit WHERE starts_at >= $1 AND starts_at < $2)
        ORDER BY visit_id, medium, created_at DESC, id DESC
    ), failed AS (
        SELECT DISTINCT ON (visit_id) visit_id, id, kind, settled_at FROM newest WHERE state = 'failed'
        ORDER BY visit_id, settled_at DESC
    )
    SELECT visit.id, failed.id AS message_id, account.email IS NULL AS has_no_email
    FROM visit LEFT JOIN account ON account.patient_id = visit.patient_id
    LEFT JOIN failed ON failed.visit_id = visit.id LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM visit_change WHERE visit_id = visit.id AND kind = 'CALLED') told ON true
    WHERE visit.starts_at >= $1 AND visit.starts_at < $2 AND ($3::uuid IS NULL OR visit.clinic_id = $3)
    AND (visit.status = 'CANCELLED' AND failed.kind = 'visit_cancelled' OR visit.status = 'BOOKED' AND (
        failed.id IS NOT NULL OR account.email IS NULL
        OR NOT EXISTS (SELECT 1 FROM newest WHERE newest.visit_id = visit.id)))
    AND (told.at IS NULL OR told.at < greatest(visit.changed_at, coalesce(failed.settled_at, visit.changed_at)))
    ORDER BY visit.starts_at, visit.id
"""


async def of_day(clinic_id: UUID | None, day: date) -> list[Call]:
    """In time order; a call that was noted takes its visit off, until the visit changes or another message fails."""
    rows = await database.rows(_CALLS, [*span(day), clinic_id])
    visits = {visit.id: visit for visit in await Visit.filter(id__in=_ids(rows, "id")).select_related(*SHOWN)}
    messages = await Message.in_bulk(_ids(rows, "message_id"), "id")
    return [Call(visits[row["id"]], _why(row), messages.get(row["message_id"])) for row in rows]


def _ids(rows: list[dict[str, UUID]], column: str) -> list[UUID]:
    return [row[column] for row in rows if row[column]]


def _why(row: dict[str, object]) -> Why:
    if row["message_id"]:
        return Why.MESSAGE_FAILED
    return Why.NO_EMAIL if row["has_no_email"] else Why.NO_MESSAGE
