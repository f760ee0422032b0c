"""Person removal: deletes people about whom nothing has to be kept, because they never had a visit."""

from datetime import timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

import settings
from infra import clock, database
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Message
from models.slots.slot import NOT_HELD, Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits.visit import Visit
from models.waiting.offer import Offer
from models.waiting.waiting_list import WaitingListEntry


async def remove(record: Patient, *, farewell: Message | None = None) -> None:
    """Delete a locked record that has no visits, and all that belongs to it; the audit trail keeps ids, but no names.

    `farewell`: a letter that is still to be sent; its address is erased afterwards.
    """
    database.require_transaction()
    ids = await Patient.find_aliases(record.id)
    slots = await Slot.lock_held(record.id)
    await Slot.filter(held_by_id=record.id).update(**NOT_HELD)
    await Slot.queue_for_waiting_list(*slots)
    await Offer.filter(patient_id__in=ids).delete()
    await WaitingListEntry.filter(patient_id__in=ids).delete()
    accounts = [UUID(str(id_)) for id_ in await Account.filter(patient_id__in=ids).values_list("id", flat=True)]
    if farewell:
        await Message.filter(id=farewell.id).update(account_id=None)
    await Message.filter(account_id__in=accounts).delete()
    await IdempotencyKey.filter(account_id__in=accounts).delete()
    await Account.filter(id__in=accounts).delete()
    await Patient.filter(joined_to_id=record.id).delete()
    await Patient.filter(double_of_id=record.id).update(double_of_id=None)
    await Patient.filter(id=record.id).delete()


async def remove_unclaimed() -> int:
    """Remove accounts whose owner has not set a password in time, along with claims that were never used.

    Records of the centre lose only the account, as do claims with visits from before claims were kept separate.
    """
    before = clock.now() - timedelta(days=settings.UNCLAIMED_DAYS)
    unclaimed = Account.filter(role=Role.PATIENT, password_hash=None, closed_at=None, created_at__lt=before)
    ids = await unclaimed.exclude(patient_id=None).order_by("created_at").values_list("id", "patient_id")
    return sum([await _remove_unclaimed(account_id, patient_id) for account_id, patient_id in ids])


async def _remove_unclaimed(account_id: UUID, patient_id: UUID) -> bool:
    async with in_transaction():
        record = await Patient.lock(patient_id)
        account = await Account.filter(id=account_id, password_hash=None, closed_at=None).select_for_update().first()
        if account is None:  # the owner has just set a password, or closed the account
            return False
        await AuditEntry.record("remove_unclaimed", account=None, patient_id=record.id, subject_id=account.id)
        await account.end_login()
        if record.is_claim and not await Visit.filter(patient_id=record.id).exists():
            await remove(record)
    return True
