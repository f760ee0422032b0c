"""Booking rows: read and written by a booking in few statements. The rules themselves are in visit.py and slot.py.

Usually the rows are read without locks and judged; `write_unchanged` then locks them and writes if they are unchanged.
Otherwise they are locked, read and written, in one statement each: the planned visits are then counted by a statement
that begins after the patient is locked, because one that waited for the lock would count by an older snapshot.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import orjson
from uuid6 import uuid7

from infra import clock, database, joined_rows, logs
from infra.joined_rows import Joined
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.events.event import EventType
from models.outbox import Medium, MessageKind, MessageState
from models.refusals.booking import VisitsOverlap
from models.slots import booking_rules
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from models.values import visit_reference
from models.values.actor import Actor
from models.values.idempotency_key import KeyClaim
from models.values.visit_status import Status
from models.visits import side_effects

if TYPE_CHECKING:
    from models.visits.visit import Visit

V = TypeVar("V", bound="Visit")

# Locks the patient first, then the slot, as everywhere.
_LOCK = """
    WITH locked_patient AS MATERIALIZED (SELECT id FROM patient WHERE id = :patient_id FOR NO KEY UPDATE)
    SELECT id FROM slot WHERE id = :slot_id AND EXISTS (SELECT FROM locked_patient) FOR UPDATE
"""
_SLOT_TAKEN = """
    SELECT slot.visit_id IS NOT NULL AND slot.withdrawn_at IS NULL
        AND slot.starts_at >= :now::timestamptz + clinic.minimum_notice_minutes * interval '1 minute'
        AND slot.starts_at < :now::timestamptz + clinic.days_ahead * interval '1 day'
    FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE slot.id = :slot_id::uuid
"""
_READ = """
    SELECT
        {planned},
        CASE WHEN patient.is_claim THEN (
            SELECT count(*) FROM visit
            WHERE visit.patient_id = :patient_id AND visit.status IN ('BOOKED', 'ARRIVED') AND visit.ends_at > :now
        ) ELSE 0 END,
        {overlapping},
        EXISTS (SELECT FROM waiting_list_entry WHERE patient_id = :patient_id AND ended_at IS NULL)
            OR EXISTS (SELECT FROM offer WHERE patient_id = :patient_id AND answer = 'OPEN'),
        {columns}
    FROM slot
    JOIN clinic ON clinic.id = slot.clinic_id
    JOIN doctor ON doctor.id = slot.doctor_id
    JOIN patient ON patient.id = :patient_id
    {more}
    WHERE slot.id = :slot_id
"""
_VERSIONS = "patient.is_claim, patient.joined_to_id, patient.xmin, slot.xmin, clinic.xmin, "
_RULES = {
    "planned": booking_rules.COUNT_PLANNED.format(patient_id=":patient_id", clinic_id="slot.clinic_id"),
    "overlapping": booking_rules.FIND_OVERLAPPING.format(
        patient_id=":patient_id", starts_at="slot.starts_at", ends_at="slot.ends_at", moved_id="NULL::uuid"
    ),
}
# The conditions of Slot.claim: of any number of rivals only one updates the slot, and only its rows are written.
_WRITE = """
    WITH claimed AS (
        UPDATE slot SET visit_id = :visit_id::uuid, queued_at = NULL, held_by_id = NULL, held_until = NULL,
            is_offer = false
        WHERE id = :slot_id::uuid AND visit_id IS NULL AND withdrawn_at IS NULL
            AND (held_until IS NULL OR held_until <= :now::timestamptz OR held_by_id = :patient_id::uuid)
            AND (queued_at IS NULL OR held_by_id = :patient_id::uuid AND held_until > :now::timestamptz)
        RETURNING id, clinic_id, doctor_id, starts_at, ends_at
    ), booked AS (
        INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at,
            ends_at, reason, booked_at, changed_at, sequence)
        SELECT :visit_id::uuid, :reference::text, 'BOOKED', :channel::text, :patient_id::uuid, id, clinic_id,
            doctor_id, starts_at, ends_at, :reason::text, :now::timestamptz, :now::timestamptz, 0
        FROM claimed
    ), told AS (
        INSERT INTO visit_change (id, visit_id, at, kind, to_starts_at, by, channel, override_reason,
            account_id)
        SELECT :change_id::uuid, :visit_id::uuid, :now::timestamptz, 'BOOKED', starts_at, :by::text, :channel::text,
            :override_reason::text, :actor_id::uuid
        FROM claimed
    ), written AS (
        INSERT INTO message (id, kind, medium, state, "to", language, account_id, visit_id, details, request_id,
            created_at, due_at, tries)
        SELECT :message_id::uuid, :kind::text, :medium::text, :state::text, :to::text, :language::text,
            :account_id::uuid, :visit_id::uuid, :letter::jsonb, :request_id::text, :now::timestamptz,
            :now::timestamptz, 0
        FROM claimed WHERE :to::text IS NOT NULL
    ), audited AS (
        INSERT INTO audit_entry (id, at, account_id, role, patient_id, action, subject_id, outcome, request_id,
            override_reason, passed_over)
        SELECT :entry_id::uuid, :now::timestamptz, :actor_id::uuid, :role::text, :patient_id::uuid, 'visit_booked',
            :visit_id::uuid, 'done', :request_id::text, :override_reason::text, :passed_over::text
        FROM claimed
    ), appended AS (
        INSERT INTO event (id, occurred_at, clinic_id, happening, details)
        SELECT :event_id::uuid, :now::timestamptz, clinic_id, :happening::text, :event::jsonb FROM claimed
    )
    SELECT count(*) FROM claimed
"""
# The function checks the key, the versions and the counts: if one differs, it writes nothing and returns false.
_WRITE_UNCHANGED = """
    SELECT book_if_unchanged(
        :patient_id, :patient_version, :slot_id, :slot_version, :clinic_id, :clinic_version,
        :planned_visits, :planned_in_all_clinics, :now,
        :visit_id, :reference, :channel, :reason,
        :change_id, :by, :actor_id, :role, :entry_id, :request_id,
        :message_id, :to, :language, :account_id, :letter,
        :event_id, :event,
        :key, :fingerprint, :keys_known_since
    )
"""
_SEEN = Joined(9, slot=Slot, clinic=Clinic, doctor=Doctor)
_RELATED = Joined(4, slot=Slot, clinic=Clinic, doctor=Doctor, patient=Patient, account=Account)


@dataclass(frozen=True)
class BookingRows:
    """The data that the booking rules need. `has_wishes`: the patient is waiting for a slot or has been offered one.

    `planned_in_all_clinics` is counted only for a claim, which it limits. `versions`: the transactions that wrote the
    rows of patient, slot and clinic, if these were read without locks.
    """

    slot: Slot
    patient: Patient
    account: Account | None
    planned_visits: int
    planned_in_all_clinics: int
    overlapping_id: UUID | None
    has_wishes: bool
    versions: tuple[int, int, int] = (0, 0, 0)

    async def judge(self, actor: Actor) -> None:
        """Raise the first refusal in the order in which reception checks; reception may override the clinic's rules."""
        await self.slot.check_bookable(self.patient.id, actor)
        planned = self.planned_visits, self.planned_in_all_clinics
        if refusal := booking_rules.judge(self.patient, self.slot.clinic, *planned):
            actor.raise_or_override(refusal)
        if self.overlapping_id:
            raise VisitsOverlap(visit_id=str(self.overlapping_id))


async def is_taken(slot_id: UUID) -> bool:
    """Whether the slot cannot be booked only because it has a visit; does not wait for a lock."""
    rows = await database.fetch_rows(_SLOT_TAKEN, {"slot_id": slot_id, "now": clock.now()})
    return bool(rows and rows[0][0])


async def lock_and_read(patient_id: UUID, slot_id: UUID) -> BookingRows | None:
    """Lock the patient and the slot; None when there is no such slot."""
    database.require_transaction()
    values = {"patient_id": patient_id, "slot_id": slot_id, "now": clock.now()}
    if not await database.fetch_rows(_LOCK, values):
        return None
    [row] = await database.fetch_rows(_statement(with_account=True), values)
    patient, account = _RELATED.read("patient", Patient, row), _RELATED.find("account", Account, row)
    vars(patient).update(_account=account)
    return BookingRows(_read_slot(_RELATED, row), patient, account, row[0], row[1], row[2], row[3])


async def read(account: Account, patient: Patient, slot_id: UUID) -> BookingRows | None:
    """Read without locks, for a patient whose account has just been read; what the rules need is read again."""
    values = {"patient_id": patient.id, "slot_id": slot_id, "now": clock.now()}
    rows = await database.fetch_rows(_statement(with_account=False), values)
    if not rows:
        return None
    row = rows[0]
    vars(patient).update(_account=account, is_claim=row[4], joined_to_id=row[5])
    slot, versions = _read_slot(_SEEN, row), (row[6], row[7], row[8])
    return BookingRows(slot, patient, account, row[0], row[1], row[2], row[3], versions)


def _read_slot(related: Joined, row: Any) -> Slot:
    """Read the slot; clinic and doctor are set where Tortoise keeps them, as its own setters are far slower."""
    slot = related.read("slot", Slot, row)
    vars(slot).update(_clinic=related.read("clinic", Clinic, row), _doctor=related.read("doctor", Doctor, row))
    return slot


@cache
def _statement(*, with_account: bool) -> str:
    if with_account:
        more = "LEFT JOIN account ON account.patient_id = patient.id"
        return _READ.format(columns=_RELATED.columns, more=more, **_RULES)
    return _READ.format(columns=_VERSIONS + _SEEN.columns, more="", **_RULES)


def make_visit(kind: type[V], rows: BookingRows, reason: str | None, actor: Actor) -> V:
    """The visit that `write` will store, made from columns because the ORM's constructor is slow."""
    slot, now = rows.slot, clock.now()
    columns = dict.fromkeys(kind._meta.fields_db_projection) | {
        "id": uuid7(),
        "reference": visit_reference.generate(),
        "status": Status.BOOKED,
        "channel": actor.channel,
        "patient_id": rows.patient.id,
        "slot_id": slot.id,
        "clinic_id": slot.clinic_id,
        "doctor_id": slot.doctor_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "reason": reason,
        "booked_at": now,
        "changed_at": now,
        "sequence": 0,
    }
    visit = joined_rows.make(kind, columns)
    vars(visit).update(_patient=rows.patient, _slot=slot, _clinic=slot.clinic, _doctor=slot.doctor)
    return visit


async def write(visit: "Visit", account: Account | None, actor: Actor) -> bool:
    """Claim the slot and write all rows of the booking; False if somebody else has the slot."""
    database.require_transaction()
    [[claimed]] = await database.fetch_rows(
        _WRITE, {**_visit_values(visit), **_letter_values(visit, account), **_trail(visit, actor)}
    )
    return bool(claimed)


async def write_unchanged(visit: "Visit", rows: BookingRows, actor: Actor, key: KeyClaim) -> bool:
    """If the rows read are unchanged, lock, claim key and slot and write all rows; False if something has changed."""
    patient_version, slot_version, clinic_version = rows.versions
    read = {
        "clinic_id": rows.slot.clinic_id,
        "planned_visits": rows.planned_visits,
        "planned_in_all_clinics": rows.planned_in_all_clinics if rows.patient.is_claim else None,
        "patient_version": patient_version,
        "slot_version": slot_version,
        "clinic_version": clinic_version,
    }
    claim = {"key": key.key, "fingerprint": key.fingerprint, "keys_known_since": key.known_since}
    written = {**_visit_values(visit), **_letter_values(visit, rows.account), **_trail(visit, actor)}
    [[is_written]] = await database.fetch_locking(_WRITE_UNCHANGED, {**read, **written, **claim})
    return bool(is_written)


def _visit_values(visit: "Visit") -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "reference": visit.reference,
        "channel": visit.channel.value,
        "patient_id": visit.patient.id,
        "slot_id": visit.slot_id,
        "reason": visit.reason,
        "now": visit.changed_at,
        "change_id": uuid7(),
        "event_id": uuid7(),
        "happening": EventType.VISIT_BOOKED.value,
        "event": orjson.dumps({"visit_reference": visit.reference, "slot_id": str(visit.slot_id)}).decode(),
    }


def _letter_values(visit: "Visit", account: Account | None) -> dict[str, Any]:
    """For a letter to the patient's account; without an account or address none is written."""
    return {
        "message_id": uuid7(),
        "kind": MessageKind.VISIT_BOOKED.value,
        "medium": Medium.EMAIL.value,
        "state": MessageState.DUE.value,
        "to": account.email if account else None,
        "language": account.language.value if account else "",
        "account_id": account.id if account else None,
        "letter": orjson.dumps({"visit": side_effects.snapshot(visit)}).decode(),
        "request_id": logs.current_request_id(),
    }


def _trail(visit: "Visit", actor: Actor) -> dict[str, Any]:
    return {
        "entry_id": uuid7(),
        "actor_id": actor.by.id,
        "role": actor.by.role.value,
        "by": actor.name_for(visit.patient.id),
        **actor.override_details,
    }
