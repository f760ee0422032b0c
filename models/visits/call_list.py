"""Call list (lista telefonów): visits whose patients reception should call, with the reason for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from infra import clock, database
from models.outbox import Message
from models.values import hours
from models.visits.phone_call import PhoneCall
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer, OfferAnswer


class CallReason(StrEnum):
    NO_EMAIL = "NO_EMAIL"
    NO_MESSAGE = "NO_MESSAGE"
    MESSAGE_FAILED = "MESSAGE_FAILED"
    NO_TERM = "NO_TERM"
    DECLINED = "DECLINED"
    NOT_ANSWERED = "NOT_ANSWERED"
    TAKES_PLACE = "TAKES_PLACE"
    PLACE_CLOSED = "PLACE_CLOSED"


@dataclass(frozen=True)
class Call:
    """`offer`: the newest offer of another slot, if the visit's doctor is absent. `tries`: unsuccessful calls."""

    visit: Visit
    reason: CallReason
    message: Message | None
    offer: Offer | None
    tries: list[PhoneCall]


# A visit is on the list if its newest e-mail or SMS has failed, if there is no message or address, or if its clinic is
# closed or its doctor has retired or is absent. If the doctor is absent, `_find_reason` omits the visit while its
# patient can still answer an offer. A cancelled visit is on the list only if the message about the cancellation has
# failed, because the patient might come in vain. A call that reaches the patient takes the visit off the list until
# something happens after the call.
_FIND_CALLS = """
    WITH newest_message AS (
        SELECT DISTINCT ON (message.visit_id, message.medium)
            message.visit_id, message.id, message.kind, message.state, message.settled_at
        FROM message
        WHERE message.visit_id IN (
            SELECT visit.id FROM visit
            WHERE visit.starts_at >= :begin::timestamptz AND visit.starts_at < :end::timestamptz
        )
        ORDER BY message.visit_id, message.medium, message.created_at DESC, message.id DESC
    ), failed_message AS (
        SELECT DISTINCT ON (newest_message.visit_id)
            newest_message.visit_id, newest_message.id, newest_message.kind, newest_message.settled_at
        FROM newest_message
        WHERE newest_message.state = 'failed'
        ORDER BY newest_message.visit_id, newest_message.settled_at DESC
    )
    SELECT visit.id, failed_message.id AS message_id, account.email IS NULL AS has_no_email,
        visit.doctor_back_at >= visit.changed_at AS takes_place, newest_offer.id AS offer_id,
        slot.absence_id IS NOT NULL AND visit.status = 'BOOKED' AS doctor_is_absent,
        slot.place_closed_at IS NOT NULL AND visit.status = 'BOOKED' AS place_is_closed
    FROM visit
    JOIN slot ON slot.id = visit.slot_id
    LEFT JOIN account ON account.patient_id = visit.patient_id
    LEFT JOIN failed_message ON failed_message.visit_id = visit.id
    LEFT JOIN LATERAL (
        SELECT max(visit_change.at) AS at FROM visit_change
        WHERE visit_change.visit_id = visit.id AND visit_change.kind = 'CALLED' AND NOT EXISTS (
            SELECT 1 FROM phone_call WHERE phone_call.change_id = visit_change.id AND phone_call.outcome <> 'REACHED'
        )
    ) AS last_call ON true
    LEFT JOIN LATERAL (
        SELECT offer.id, offer.made_at, offer.answered_at, offer.expires_at
        FROM offer
        WHERE offer.visit_id = visit.id
        ORDER BY offer.made_at DESC, offer.id DESC
        LIMIT 1
    ) AS newest_offer ON slot.absence_id IS NOT NULL
    WHERE visit.starts_at >= :begin::timestamptz AND visit.starts_at < :end::timestamptz
        AND (:clinic_id::uuid IS NULL OR visit.clinic_id = :clinic_id::uuid)
        AND (
            visit.status = 'CANCELLED' AND failed_message.kind = 'visit_cancelled'
            OR visit.status = 'BOOKED' AND (
                failed_message.id IS NOT NULL OR account.email IS NULL OR slot.absence_id IS NOT NULL
                OR slot.place_closed_at IS NOT NULL
                OR NOT EXISTS (SELECT 1 FROM newest_message WHERE newest_message.visit_id = visit.id)
            )
        )
        AND (
            last_call.at IS NULL
            OR last_call.at < greatest(
                visit.changed_at, visit.doctor_back_at, failed_message.settled_at, slot.place_closed_at,
                newest_offer.made_at, newest_offer.answered_at,
                CASE WHEN newest_offer.expires_at <= :now::timestamptz THEN newest_offer.expires_at END
            )
        )
    ORDER BY visit.starts_at, visit.id
"""


async def list_for_day(clinic_id: UUID | None, day: date) -> list[Call]:
    """The calls for a day, ordered by time; after a recorded call a visit is omitted until something else happens.

    A patient who can still answer an offer is not called, unless the visit is today or tomorrow.
    """
    begin, end = hours.day_bounds(day)
    values = {"begin": begin, "end": end, "clinic_id": clinic_id, "now": clock.now()}
    rows = await database.fetch(_FIND_CALLS, values)
    visits = {visit.id: visit for visit in await Visit.filter(id__in=_ids(rows, "id")).select_related(*WITH_DETAILS)}
    messages = await Message.in_bulk(_ids(rows, "message_id"), "id")
    offers = {offer.id: offer for offer in await Offer.find_with_details(_ids(rows, "offer_id"))}
    tries = await PhoneCall.find_tries(visits)
    calls = []
    for row in rows:
        offer = offers.get(row["offer_id"])
        if reason := _find_reason(row, offer, is_soon=day <= clock.today() + timedelta(days=1)):
            message = messages.get(row["message_id"])
            calls.append(Call(visits[row["id"]], reason, message, offer, tries[row["id"]]))
    return calls


def _ids(rows: Iterable[dict[str, Any]], column: str) -> list[UUID]:
    return [row[column] for row in rows if row[column]]


def _find_reason(row: dict[str, Any], offer: Offer | None, *, is_soon: bool) -> CallReason | None:
    if row["doctor_is_absent"] and offer and offer.answer is OfferAnswer.DECLINED:
        return CallReason.DECLINED
    if row["place_is_closed"]:
        return CallReason.PLACE_CLOSED
    if row["message_id"]:
        return CallReason.MESSAGE_FAILED
    if row["has_no_email"]:
        return CallReason.TAKES_PLACE if row["takes_place"] and not row["doctor_is_absent"] else CallReason.NO_EMAIL
    if not row["doctor_is_absent"]:
        return CallReason.NO_MESSAGE
    if offer is None or offer.slot_id is None:
        return CallReason.NO_TERM
    return None if offer.current_answer is OfferAnswer.OPEN and not is_soon else CallReason.NOT_ANSWERED
