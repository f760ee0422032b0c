"""Booking rows: read and written by a booking in few statements. The rules themselves are in visit.py and slot.py.

Usually `read` reads without locks. If it finds no possible obstacle, the same statement also locks the rows and books,
provided that they are unchanged. Otherwise `judge` applies the rules, and `write_unchanged` books in the same way. If a
row has changed, a booking locks, reads and writes in three statements: a single one, if it had to wait for the lock,
would still count the planned visits as they were before the wait.
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
from models.values.visit_status import Channel, Status
from models.visits import booking_statements, side_effects

if TYPE_CHECKING:
    from models.visits.visit import Visit

V = TypeVar("V", bound="Visit")

_SEEN = Joined(10, slot=Slot, clinic=Clinic, doctor=Doctor)
_RELATED = Joined(4, slot=Slot, clinic=Clinic, doctor=Doctor, patient=Patient, account=Account)


@dataclass(frozen=True)
class BookingRows:
    """The data that the booking rules need. `has_wishes`: the patient is waiting for a slot or has been offered one.

    `planned_in_all_clinics` is counted only for a claim, because only claims have such a limit. `versions`: the
    transactions that wrote the rows of patient, slot and clinic, if these were read without locks. `is_booked`: `read`
    has booked already.
    """

    slot: Slot
    patient: Patient
    account: Account | None
    planned_visits: int
    planned_in_all_clinics: int
    overlapping_id: UUID | None
    has_wishes: bool
    versions: tuple[int, int, int] = (0, 0, 0)
    is_booked: bool = False

    async def judge(self, actor: Actor) -> None:
        """Raise the first refusal in the order in which reception checks; reception may override the clinic's rules."""
        await self.slot.check_bookable(self.patient.id, actor)
        planned = self.planned_visits, self.planned_in_all_clinics
        if refusal := booking_rules.judge(self.patient, self.slot.clinic, *planned):
            actor.raise_or_override(refusal)
        if self.overlapping_id:
            raise VisitsOverlap(visit_id=str(self.overlapping_id))


async def is_taken(slot_id: UUID) -> bool:
    """Whether a visit is the only reason why the slot cannot be booked; does not wait for a lock."""
    rows = await database.fetch_rows(booking_statements.SLOT_TAKEN, {"slot_id": slot_id, "now": clock.now()})
    return bool(rows and rows[0][0])


async def lock_and_read(patient_id: UUID, slot_id: UUID) -> BookingRows | None:
    """Lock the patient and the slot, then read; None when there is no such slot."""
    database.require_transaction()
    values = {"patient_id": patient_id, "slot_id": slot_id, "now": clock.now()}
    if not await database.fetch_rows(booking_statements.LOCK, values):
        return None
    [row] = await database.fetch_rows(_statement(with_account=True), values)
    patient, account = _RELATED.read("patient", Patient, row), _RELATED.find("account", Account, row)
    vars(patient).update(_account=account)
    return BookingRows(_read_slot(_RELATED, row), patient, account, row[0], row[1], row[2], row[3])


async def read(
    account: Account, patient: Patient, new: dict[str, Any], key: KeyClaim, *, may_book: bool
) -> BookingRows | None:
    """Read without locks. The account and the patient are given, but the columns that the rules use are read again.

    `may_book`: book in the same statement if it finds no possible obstacle.
    """
    values = new | _claim_values(key) | booking_rules.limits() | {"may_book": may_book}
    rows = await database.fetch_locking(_statement(with_account=False), values)
    if not rows:
        return None
    row = rows[0]
    vars(patient).update(_account=account, is_claim=row[4], joined_to_id=row[5])
    slot, versions = _read_slot(_SEEN, row), (row[6], row[7], row[8])
    return BookingRows(slot, patient, account, row[0], row[1], row[2], row[3], versions, bool(row[9]))


def _read_slot(related: Joined, row: Any) -> Slot:
    """Read the slot; clinic and doctor are set directly, because Tortoise's own setters are far slower."""
    slot = related.read("slot", Slot, row)
    vars(slot).update(_clinic=related.read("clinic", Clinic, row), _doctor=related.read("doctor", Doctor, row))
    return slot


@cache
def _statement(*, with_account: bool) -> str:
    if with_account:
        more = "LEFT JOIN account ON account.patient_id = patient.id"
        return booking_statements.reading(_RELATED.columns, more)
    return booking_statements.reading(booking_statements.VERSIONS + booking_statements.BOOKED_AT_ONCE + _SEEN.columns)


def make_visit(kind: type[V], rows: BookingRows, new: dict[str, Any]) -> V:
    """The visit that is written, made from columns because the ORM's constructor is slow."""
    slot, now = rows.slot, new["now"]
    columns = dict.fromkeys(kind._meta.fields_db_projection) | {
        "id": new["visit_id"],
        "reference": new["reference"],
        "status": Status.BOOKED,
        "channel": Channel(new["channel"]),
        "patient_id": rows.patient.id,
        "slot_id": slot.id,
        "clinic_id": slot.clinic_id,
        "doctor_id": slot.doctor_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "reason": new["reason"],
        "booked_at": now,
        "changed_at": now,
        "sequence": 0,
    }
    visit = joined_rows.make(kind, columns)
    vars(visit).update(_patient=rows.patient, _slot=slot, _clinic=slot.clinic, _doctor=slot.doctor)
    return visit


async def write(visit: "Visit", new: dict[str, Any], actor: Actor) -> bool:
    """Claim the slot and write all rows of the booking; False if somebody else has the slot."""
    database.require_transaction()
    values = new | _CONSTANTS | actor.override_details | {"letter": _letter(visit)}
    [[claimed]] = await database.fetch_rows(booking_statements.WRITE, values)
    return bool(claimed)


async def write_unchanged(visit: "Visit", rows: BookingRows, new: dict[str, Any], key: KeyClaim) -> bool:
    """Lock the rows; if they are unchanged, claim the key and the slot and write the booking. False if not."""
    patient_version, slot_version, clinic_version = rows.versions
    read = {
        "clinic_id": rows.slot.clinic_id,
        "planned": rows.planned_visits,
        "in_all_clinics": rows.planned_in_all_clinics if rows.patient.is_claim else None,
        "patient_version": patient_version,
        "slot_version": slot_version,
        "clinic_version": clinic_version,
    }
    values = new | read | _claim_values(key) | {"letter": _letter(visit)}
    [[is_written]] = await database.fetch_locking(booking_statements.WRITE_UNCHANGED, values)
    return bool(is_written)


def prepare(
    slot_id: UUID, patient_id: UUID, account: Account | None, reason: str | None, actor: Actor
) -> dict[str, Any]:
    """The values to write that are known before anything is read. An account without an address gets no letter."""
    visit_id, reference, now = uuid7(), visit_reference.generate(), clock.now()
    facts = {"uid": f"{visit_id}@e-rejestracja", "reference": reference, "changed_at": now.isoformat()}
    return {
        "visit_id": visit_id,
        "reference": reference,
        "channel": actor.channel.value,
        "patient_id": patient_id,
        "slot_id": slot_id,
        "reason": reason,
        "now": now,
        "change_id": uuid7(),
        "by": actor.name_for(patient_id),
        "event_id": uuid7(),
        "event": orjson.dumps({"visit_reference": reference, "slot_id": str(slot_id)}).decode(),
        "message_id": uuid7(),
        "to": account.email if account else None,
        "language": account.language.value if account else "",
        "account_id": account.id if account else None,
        "facts": orjson.dumps(facts | {"sequence": 0, "cancelled": False}).decode(),
        "request_id": logs.current_request_id(),
        "entry_id": uuid7(),
        "actor_id": actor.by.id,
        "role": actor.by.role.value,
    }


_CONSTANTS = {
    "kind": MessageKind.VISIT_BOOKED.value,
    "medium": Medium.EMAIL.value,
    "state": MessageState.DUE.value,
    "happening": EventType.VISIT_BOOKED.value,
}


def _letter(visit: "Visit") -> str:
    return orjson.dumps({"visit": side_effects.snapshot(visit)}).decode()


def _claim_values(key: KeyClaim) -> dict[str, Any]:
    return {"key": key.key, "fingerprint": key.fingerprint, "keys_known_since": key.known_since}
