"""Identity confirmation: reception has seen a document, so a claim and the centre's record of the person become one.

Everything that the claim has (visits, wishes, offers, its account) moves to the record; only its own hold is released.
Entries written about the claim keep its id, and its row remains as an alias, so that they are found. Other claims to
the number stay as they are.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from infra import clock, database
from models.accounts import identity, patient_record
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals import constraints
from models.refusals.desk import PatientExists, PatientIncomplete, RecordsOverlap
from models.slots.slot import NOT_HELD, Slot
from models.values.identity_document import SeenDocument
from models.visits.visit import WITH_DETAILS, Visit
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry

TRIES = 3  # a try may fail because the same number is being registered at the same moment

_FIND_OVERLAPS = """
    SELECT claimed.id AS claimed_id, kept.id AS kept_id
    FROM visit AS claimed JOIN visit AS kept
        ON kept.patient_id = :record_id::uuid AND kept.status NOT IN ('CANCELLED', 'NO_SHOW')
        AND kept.starts_at < claimed.ends_at AND kept.ends_at > claimed.starts_at
    WHERE claimed.patient_id = :claim_id::uuid AND claimed.status NOT IN ('CANCELLED', 'NO_SHOW')
    ORDER BY claimed.starts_at, claimed.id, kept.starts_at, kept.id
"""


async def confirm(patient_id: UUID, seen: SeenDocument, *, by: Account) -> Patient:
    """Confirm the identity of the person of a record or claim by the document seen; repeating changes nothing."""
    for _ in range(TRIES - 1):
        try:
            async with in_transaction():
                return await _confirm(patient_id, seen, by)
        except IntegrityError as broken:
            if not isinstance(constraints.find_refusal(broken), PatientExists):
                raise
    async with in_transaction():
        return await _confirm(patient_id, seen, by)


async def _confirm(patient_id: UUID, seen: SeenDocument, by: Account) -> Patient:
    await identity.lock_number(await identity.find(patient_id))
    chosen = await identity.find(patient_id)  # read again, now that nobody else can decide about this number
    record = await identity.find_centre_record(chosen) or chosen
    claims = await _find_claims(chosen, record)
    if record.is_to_be_completed:
        raise PatientIncomplete
    if record.identity_confirmed_at and not claims:
        return await patient_record.get(record.id)
    locked = Patient.filter(id__in=[record.id, *(claim.id for claim in claims)]).order_by("id")
    rows = {row.id: row for row in await locked.select_for_update(no_key=True)}
    if len(rows) <= len(claims):  # an account was closed meanwhile and its record removed
        return await _confirm(patient_id, seen, by)
    record = rows[record.id]
    for claim in claims:
        await _check_overlaps(claim, record)
    if not record.identity_confirmed_at:
        await _write_confirmation(record, seen, by)
    has_replaced = [await _join(rows[claim.id], record) for claim in claims]
    await AuditEntry.record(
        "confirm_identity", account=by, changes={"identity": (None, seen)}, patient_id=record.id, subject_id=record.id
    )
    if account := await Account.get_or_none(patient_id=record.id, closed_at=None):
        await Message.post(MessageKind.IDENTITY_CONFIRMED, account, has_replaced=any(has_replaced))
    return await patient_record.get(record.id)


async def _find_claims(chosen: Patient, record: Patient) -> list[Patient]:
    """The claims to be joined: the chosen one, and that of the account that reception gave to the chosen person."""
    invited = await identity.find_invited_claims([chosen.id])
    return [claim for claim in [*invited, chosen] if claim.id != record.id]


async def _check_overlaps(claim: Patient, record: Patient) -> None:
    found = await database.fetch(_FIND_OVERLAPS, {"claim_id": claim.id, "record_id": record.id})
    if found:
        ids = [row[name] for row in found for name in ("claimed_id", "kept_id")]
        raise RecordsOverlap(visit_ids=[str(id_) for id_ in dict.fromkeys(ids)])


async def _write_confirmation(record: Patient, seen: SeenDocument, by: Account) -> None:
    columns: dict[str, Any] = {
        "is_claim": False,
        "identity_confirmed_at": clock.now(),
        "identity_seen": seen,
        "identity_confirmed_by": by.id,
    }
    await record.update_from_dict(columns).save(update_fields=[*columns])


async def _join(claim: Patient, record: Patient) -> bool:
    """Move everything from the claim to the record; return whether this closed an account that the record had."""
    await _move_bookings(claim, record)
    if claim.phone:  # the contact details that the person has given take precedence
        contact = {"phone": claim.phone, "sms_reminders": claim.sms_reminders}
        await record.update_from_dict(contact).save(update_fields=[*contact])
    await Patient.filter(invited_from_id=claim.id).update(invited_from_id=record.id)
    await _make_alias(claim, record)
    return await _move_account(claim, record)


async def _move_bookings(claim: Patient, record: Patient) -> None:
    """Move visits, wishes, holds and offers, in locking order: slots before offers.

    Offered slots stay held for the person. The claim's own hold is released, because each person can have only one.
    """
    slots = await Slot.lock_held(claim.id, record.id)
    own = [slot.id for slot in slots.values() if slot.held_by_id == claim.id and not slot.is_offer]
    await Slot.filter(id__in=own).update(**NOT_HELD)
    await Slot.queue_for_waiting_list(*own)
    await Visit.filter(patient_id=claim.id).update(patient_id=record.id)
    await WaitingListEntry.filter(patient_id=claim.id).update(patient_id=record.id)
    await Slot.filter(held_by_id=claim.id).update(held_by_id=record.id)  # also slots offered in the meantime
    await Offer.filter(patient_id=claim.id).update(patient_id=record.id)


async def _make_alias(claim: Patient, record: Patient) -> None:
    """Empty the claim except for its id, so that references to it lead to the record."""
    columns: dict[str, Any] = dict.fromkeys((*identity.NUMBERS, "phone", "invited_from_id"))
    columns |= {"first_name": "", "last_name": "", "sms_reminders": False, "joined_to_id": record.id}
    await claim.update_from_dict(columns).save(update_fields=[*columns])


async def _move_account(claim: Patient, record: Patient) -> bool:
    """Give the record to the claim's account; an account that the record already had loses its login."""
    both = Account.filter(patient_id__in=[claim.id, record.id]).order_by("id").select_for_update()
    accounts = {account.patient_id: account for account in await both}
    arriving, present = accounts.get(claim.id), accounts.get(record.id)
    if arriving is None or arriving.closed_at:
        return False
    has_ended = present is not None and await _end_earlier(present)
    await Account.filter(id=arriving.id).update(patient_id=record.id)
    if present:
        await Account.filter(id=present.id).update(patient_id=claim.id)
    return has_ended


async def _end_earlier(present: Account) -> bool:
    """Take the record from the account that had it; return whether that account was still open."""
    is_open = present.closed_at is None
    if is_open:
        await Message.post(MessageKind.LOGIN_ENDED, present)
        await present.end_login()
    await Account.filter(id=present.id).update(patient_id=None)  # a record has at most one account
    return is_open


async def find_overlapping(visit_ids: Sequence[UUID]) -> list[Visit]:
    """The visits named in a RecordsOverlap, ordered by start time."""
    return await Visit.filter(id__in=list(visit_ids)).order_by("starts_at", "id").select_related(*WITH_DETAILS)
