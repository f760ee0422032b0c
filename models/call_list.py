"""Call list (lista telefonów): visits whose patients were not reached or have not answered, to be told by telephone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from models import clock, database
from models.diary import span
from models.message import Message
from models.offer import Answer, Offer
from models.visit import Visit
from models.visit_facts import SHOWN


class Why(StrEnum):
    NO_EMAIL = "NO_EMAIL"
    NO_MESSAGE = "NO_MESSAGE"
    MESSAGE_FAILED = "MESSAGE_FAILED"
    NO_TERM = "NO_TERM"
    DECLINED = "DECLINED"
    NOT_ANSWERED = "NOT_ANSWERED"


@dataclass(frozen=True)
class Call:
    """`offer`: for a visit whose doctor will be absent, the newest offer of another term, with its slot."""

    visit: Visit
    why: Why
    message: Message | None
    offer: Offer | None


# Of each visit the newest letter and the newest text; a failed one matters until somebody has called since.
# A cancelled visit matters only when its patient may come in vain: the letter that says so has failed.
# A visit on the slot of an absent doctor always matters: `_why` says whether its patient can still answer alone.
_CALLS = """
    WITH newest AS (
        SELECT DISTINCT ON (visit_id, medium) visit_id, id, kind, state, settled_at FROM message
        WHERE visit_id IN (SELECT id FROM visit WHERE starts_at >= $1 AND starts_at < $2)
        ORDER BY visit_id, medium, created_at DESC, id DESC
    ), failed AS (
        SELECT DISTINCT ON (visit_id) visit_id, id, kind, settled_at FROM newest WHERE state = 'failed'
        ORDER BY visit_id, settled_at DESC
    )
    SELECT visit.id, failed.id AS message_id, account.email IS NULL AS has_no_email, offer.id AS offer_id,
        slot.absence_id IS NOT NULL AND visit.status = 'BOOKED' AS is_orphaned
    FROM visit JOIN slot ON slot.id = visit.slot_id LEFT JOIN account ON account.patient_id = visit.patient_id
    LEFT JOIN failed ON failed.visit_id = visit.id LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM visit_change WHERE visit_id = visit.id AND kind = 'CALLED') told ON true
    LEFT JOIN LATERAL (SELECT id, made_at, answered_at, expires_at FROM offer
        WHERE visit_id = visit.id ORDER BY made_at DESC, id DESC LIMIT 1) offer ON slot.absence_id IS NOT NULL
    WHERE visit.starts_at >= $1 AND visit.starts_at < $2 AND ($3::uuid IS NULL OR visit.clinic_id = $3)
    AND (visit.status = 'CANCELLED' AND failed.kind = 'visit_cancelled' OR visit.status = 'BOOKED' AND (
        failed.id IS NOT NULL OR account.email IS NULL OR slot.absence_id IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM newest WHERE newest.visit_id = visit.id)))
    AND (told.at IS NULL OR told.at < greatest(visit.changed_at, failed.settled_at, offer.made_at, offer.answered_at,
        CASE WHEN offer.expires_at <= $4 THEN offer.expires_at END))
    ORDER BY visit.starts_at, visit.id
"""


async def of_day(clinic_id: UUID | None, day: date) -> list[Call]:
    """In time order; a call that was noted takes its visit off, until something more happens to it.

    Who was reached and can still answer an offer is not called, unless the visit is today or tomorrow.
    """
    rows = await database.rows(_CALLS, [*span(day), clinic_id, clock.now()])
    visits = {visit.id: visit for visit in await Visit.filter(id__in=_ids(rows, "id")).select_related(*SHOWN)}
    messages = await Message.in_bulk(_ids(rows, "message_id"), "id")
    offers = {offer.id: offer for offer in await Offer.shown(_ids(rows, "offer_id"))}
    found = []
    for row in rows:
        offer = offers.get(row["offer_id"])
        if why := _why(row, offer, is_soon=day <= clock.today() + timedelta(days=1)):
            found.append(Call(visits[row["id"]], why, messages.get(row["message_id"]), offer))
    return found


def _ids(rows: Iterable[dict[str, Any]], column: str) -> list[UUID]:
    return [row[column] for row in rows if row[column]]


def _why(row: dict[str, Any], offer: Offer | None, *, is_soon: bool) -> Why | None:
    if row["is_orphaned"] and offer and offer.answer is Answer.DECLINED:
        return Why.DECLINED
    if row["message_id"]:
        return Why.MESSAGE_FAILED
    if row["has_no_email"]:
        return Why.NO_EMAIL
    if not row["is_orphaned"]:
        return Why.NO_MESSAGE
    if offer is None or offer.slot_id is None:
        return Why.NO_TERM
    return None if offer.answer_now is Answer.OPEN and not is_soon else Why.NOT_ANSWERED
