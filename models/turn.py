"""Turn: whose turn it is when a slot comes free: one who waits at a time, in order of joining, then everybody."""

from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from models import clock, database, hours, publication
from models.audit import AuditEntry
from models.demand import DAYS, IN_ITS_HOURS, LOCAL, ON_ITS_DAYS, SAME_DAY, WANTED
from models.event import Happening
from models.message import Kind
from models.offer import Offer
from models.patient import Patient
from models.slot import Slot
from models.waiting_list import WaitingListEntry

TURN_LOCK = 7_24_2026
PATIENCE = 2  # slots in a row that nobody can be asked about
AT_ONCE = 1000  # slots that are freed in one step
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock($1)"  # two at once would jump the queue

_NOT_HELD = """
    slot.queued_at IS NOT NULL AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL
    AND (slot.held_until IS NULL OR slot.held_until <= {now}::timestamptz)
"""
# The waiting list's slots that are held by nobody. Those too far ahead stay in it until they can be booked.
_DUE = f"""
    SELECT slot.id FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE {_NOT_HELD.format(now="$1")}
    AND (slot.starts_at AT TIME ZONE $2::text)::date
        <= ($1::timestamptz AT TIME ZONE $2::text)::date + clinic.days_ahead
    ORDER BY slot.starts_at, slot.id
"""  # noqa: S608 - constants of this module  # nosec B608

# One who wants the slot, was not asked about it since it came free, is asked about no other, and has time to come.
_HAS_ACCOUNT = "JOIN account ON account.patient_id = entry.patient_id AND account.closed_at IS NULL"
_ASKED_NOTHING = "NOT EXISTS (SELECT 1 FROM offer WHERE offer.entry_id = entry.id AND offer.answer = 'OPEN')"
_NOT_ASKED_YET = """
    NOT EXISTS (SELECT 1 FROM offer
        WHERE offer.entry_id = entry.id AND offer.slot_id = slot.id AND offer.made_at >= slot.queued_at)
    AND NOT EXISTS (SELECT 1 FROM visit WHERE visit.patient_id = entry.patient_id AND (visit.slot_id = slot.id
        OR visit.status <> 'CANCELLED' AND visit.starts_at < slot.ends_at AND visit.ends_at > slot.starts_at))
"""
_NEXT = f"""
    SELECT next.id FROM {LOCAL.format(zone="$2::text", which="slot.id = $1::uuid")} CROSS JOIN LATERAL (
        SELECT entry.id FROM waiting_list_entry entry {_HAS_ACCOUNT}
        WHERE {WANTED} AND {_ASKED_NOTHING} AND {_NOT_ASKED_YET}
        ORDER BY entry.joined_at, entry.id LIMIT 1 FOR UPDATE OF entry
    ) AS next
"""  # noqa: S608 - constants of this module  # nosec B608
# Of these slots, those that nobody can be asked about, or not in time.
_FOR_ALL = f"""
    WITH local AS MATERIALIZED (
        SELECT * FROM {LOCAL.format(zone="$2::text", which="slot.id = ANY($1::uuid[])")}
    ), wish AS MATERIALIZED (
        SELECT slot.clinic_id, slot.doctor_id, slot.day, entry.id, entry.patient_id, entry.from_minute,
            entry.until_minute
        FROM {DAYS} JOIN waiting_list_entry entry ON {ON_ITS_DAYS} {_HAS_ACCOUNT} WHERE {_ASKED_NOTHING}
    ), nobodys AS MATERIALIZED (
        SELECT slot.id FROM local AS slot JOIN clinic ON clinic.id = slot.clinic_id
        WHERE slot.starts_at - clinic.minimum_notice_minutes * interval '1 minute' <= $3::timestamptz
            OR NOT EXISTS (SELECT 1 FROM wish AS entry WHERE {SAME_DAY} AND {IN_ITS_HOURS} AND {_NOT_ASKED_YET})
    ), locked AS MATERIALIZED (
        SELECT slot.id FROM slot WHERE slot.id IN (SELECT id FROM nobodys) AND {_NOT_HELD.format(now="$3")}
        ORDER BY slot.id FOR UPDATE SKIP LOCKED
    )
    UPDATE slot SET queued_at = NULL, held_by_id = NULL, held_until = NULL, is_offer = false
    FROM locked WHERE slot.id = locked.id RETURNING slot.*
"""  # noqa: S608 - constants of this module  # nosec B608


async def sweep() -> int:
    """Let lapse what has lapsed; inside service hours, offer what has come free. Returns how many offers were made.

    Every step is a transaction of its own: killed between two, the next sweep goes on where this one stopped.
    """
    await WaitingListEntry.expire()
    await Offer.lapse()
    if not hours.is_open(clock.now()):
        return 0
    found = await database.rows(_DUE, [clock.now(), settings.TIME_ZONE.key])
    due, made, misses = [UUID(str(row["id"])) for row in found], 0, 0
    while due:
        if await _pass_on(due[0]):
            made, misses = made + 1, 0
        elif (misses := misses + 1) == PATIENCE:  # what follows is likely to be nobody's, too: many in one step
            freed, misses = await _free_for_all(due[1:AT_ONCE]), 0
            due = [due[0], *(id_ for id_ in due[1:] if id_ not in freed)]
        due.pop(0)
    return made


async def _pass_on(slot_id: UUID) -> bool:
    """Offer the slot to the next who waits, or, when nobody does any more, free it for all. True: an offer was made."""
    async with in_transaction():
        await database.rows(_ONE_AT_A_TIME, [TURN_LOCK])
        slot = await Slot.filter(id=slot_id).select_for_update(skip_locked=True).first()
        if slot is None or not _is_due(slot):  # busy, or passed on by another sweep
            return False
        found = await database.rows(_NEXT, [slot_id, settings.TIME_ZONE.key])
        until = await _until(slot)
        if not found or until is None:
            await _free_for_all([slot_id])
            return False
        entry = await WaitingListEntry.get(id=found[0]["id"]).select_related("patient__account")
        await _offer(slot, entry.patient, entry.id, until)
    return True


async def _free_for_all(ids: list[UUID]) -> set[UUID]:
    """Those of the slots that are nobody's turn any more; partners are told that they can be had."""
    async with in_transaction():
        await database.rows(_ONE_AT_A_TIME, [TURN_LOCK])
        rows = await database.joined(_FOR_ALL, [ids, settings.TIME_ZONE.key, clock.now()])
        freed = [Slot._init_from_db(**row) for row in rows]
        await publication.tell(Happening.SLOTS_PUBLISHED, freed)
    return {slot.id for slot in freed}


def _is_due(slot: Slot) -> bool:
    return not (slot.queued_at is None or slot.visit_id or slot.withdrawn_at or slot.is_held)


async def _until(slot: Slot) -> datetime | None:
    """How long one may think: minutes of open service, and not beyond the moment until which it can be booked."""
    clinic, now = await slot.clinic, clock.now()
    last = slot.starts_at - timedelta(minutes=clinic.minimum_notice_minutes)
    until = min(hours.service_ends(now, settings.OFFER_MINUTES), last)
    return until if until > now else None


async def _offer(slot: Slot, patient: Patient, entry_id: UUID, until: datetime) -> None:
    offer = await Offer.make(slot, patient, until, entry_id=entry_id)
    term = (await slot.clinic).term(slot.starts_at)
    await offer.tell(Kind.TERM_OFFERED, await patient.account, term=term, until=until.isoformat())
    await AuditEntry.record("offer_term", account=None, patient_id=patient.id, subject_id=slot.id)
