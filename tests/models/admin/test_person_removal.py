"""A person who never had a visit leaves no data behind, and an account that nobody claims is removed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import settings
from infra import clock, database
from models.accounts import patient_record
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.admin import own_account, person_removal
from models.audit import AuditEntry
from models.outbox import Message, MessageKind, MessageState
from models.slots.slot import Slot
from models.visits.visit import Visit
from models.waiting import freed_slots
from tests import cast
from tests.support.identity import ask_for_address, claim, show, telephone
from tests.support.racing import race
from tests.support.schedules import holder_of, join_waiting_list
from tests.support.visits import book, cancel, hold, patient_of

MONTH = timedelta(days=settings.UNCLAIMED_DAYS, minutes=1)


async def everything(tables: str) -> str:
    """The whole database as text, without the tables that name no person: the audit trail and Tortoise's own."""
    kept = [table for table in tables.split(", ") if table not in ("audit_entry", "tortoise_migrations")]
    return str({table: await database.fetch(f"SELECT {table}::text FROM {table}") for table in kept})


async def test_who_never_had_a_visit_is_removed_with_the_account(tables: str) -> None:
    anna, [one, two] = await cast.anna(), [await cast.slot(), await cast.slot(cast.warsaw(24, 11))]
    await hold(anna, one)
    await join_waiting_list(anna, await two.clinic)
    await ask_for_address(anna, "nowa@example.pl")
    await own_account.close_account(await Account.get(id=anna.id).select_related("patient"), patient_of(anna))
    farewell = await Message.get()
    assert (farewell.kind, farewell.to, farewell.account_id) == (MessageKind.ACCOUNT_CLOSED, "anna@example.pl", None)
    claimed = await Message.claim(farewell.medium)
    assert claimed
    await claimed.mark_sent()
    left = await everything(tables)
    for trace in ("Anna", "anna@", "nowa@", "+48501234567", str(anna.id), str(anna.patient_id)):
        assert trace not in left
    assert await holder_of(one) is None
    assert (await AuditEntry.filter(action="close_account").count(), await Patient.all().count()) == (1, 0)


async def test_one_visit_ever_even_a_cancelled_one_keeps_the_record() -> None:
    anna = await cast.anna()
    await cancel(anna, await book(anna, await cast.slot()))
    await own_account.close_account(anna, patient_of(anna))
    assert (await Patient.get(id=anna.patient_id)).first_name == "Anna"
    assert (await Account.get(id=anna.id)).closed_at == clock.now()


async def test_what_was_held_for_somebody_who_goes_is_offered_to_the_next() -> None:
    anna, borys, celina, clinic = await cast.anna(), await cast.borys(), await cast.celina(), await cast.clinic()
    slot = await cast.slot(at=clinic)
    visit = await book(celina, slot)
    for account in (anna, borys):
        await join_waiting_list(account, clinic)
    await cancel(celina, visit)
    await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id
    await own_account.close_account(anna, patient_of(anna))
    assert not await Patient.exists(id=anna.patient_id)
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id


async def test_of_a_person_with_two_accounts_nothing_stays_of_either(tables: str) -> None:
    rita = await cast.rita()
    first, second = await claim("first@example.pl"), await claim("second@example.pl")
    for one in (first, second):
        await show(patient_of(one), rita)
    account = await Account.get(id=second.id).select_related("patient")
    await own_account.close_account(account, patient_of(account))
    await Message.all().delete()
    left = await everything(tables)
    assert not any(trace in left for trace in ("Anna", "first@", "second@", str(first.id), str(second.id)))


async def test_closing_while_booking_keeps_the_visit_or_the_person_is_gone() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    booking, closing = await race(book(anna, slot), own_account.close_account(anna, patient_of(anna)))
    assert closing is None
    is_booked = isinstance(booking, Visit)
    assert type(booking).__name__ in ("Visit", "SlotNotFound")
    assert await Patient.exists(id=anna.patient_id) is is_booked
    assert ((await Slot.get(id=slot.id)).visit_id is not None) is is_booked


async def test_an_account_that_nobody_claims_by_its_letter_vanishes_with_its_record(tables: str) -> None:
    anna = await claim("anna@example.pl")
    await Account.filter(id=anna.id).update(password_hash=None)
    owned = await claim("owned@example.pl", cast.BORYS_PESEL)
    clock.advance(MONTH - timedelta(minutes=2))
    assert await person_removal.remove_unclaimed() == 0
    clock.advance(timedelta(minutes=2))
    assert await person_removal.remove_unclaimed() == 1
    assert [account.id for account in await Account.all()] == [owned.id]
    left = await everything(tables)
    assert not any(trace in left for trace in ("anna@", str(anna.id), str(anna.patient_id)))
    entry = await AuditEntry.get(action="remove_unclaimed")
    assert (entry.patient_id, entry.subject_id, entry.role) == (anna.patient_id, anna.id, "NOBODY")
    assert await person_removal.remove_unclaimed() == 0


async def test_the_record_of_somebody_known_at_the_desk_only_loses_the_account() -> None:
    rita = await cast.rita()
    record = await telephone(rita, email="anna@example.pl")
    seen = await show(await cast.dorota(rita, email="dorota@example.pl"), rita)
    clock.advance(MONTH)
    assert await person_removal.remove_unclaimed() == 2
    assert await Account.filter(role="PATIENT", closed_at=None).count() == 0
    assert {patient.id for patient in await Patient.filter(joined_to_id=None)} == {record.id, seen.id}
    await patient_record.invite(record.id, "anna@example.com", by=rita)
    await patient_record.invite(seen.id, "dorota@example.com", by=rita)
    assert await person_removal.remove_unclaimed() == 0, "they have a month again"
    assert await Message.filter(kind=MessageKind.ACCOUNT_OPENED, state=MessageState.DUE).count() >= 2


async def test_a_claim_with_visits_from_before_claims_were_kept_apart_keeps_them() -> None:
    anna = await claim("anna@example.pl")
    visit = await book(anna, await cast.slot(cast.warsaw(24, 10)))
    await Account.filter(id=anna.id).update(password_hash=None)
    clock.advance(MONTH)
    assert await person_removal.remove_unclaimed() == 1
    assert (await Visit.get(id=visit.id)).patient_id == anna.patient_id
    assert (await Account.get(id=anna.id)).email is None


async def test_an_owner_who_comes_at_the_last_moment_keeps_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await claim("anna@example.pl")
    await Account.filter(id=anna.id).update(password_hash=None)
    clock.advance(MONTH)
    lock = Patient.lock

    async def after_a_password(patient_id: Any) -> Patient:
        await Account.filter(id=anna.id).update(password_hash=str(uuid4()))
        return await lock(patient_id)

    monkeypatch.setattr(Patient, "lock", after_a_password)
    assert await person_removal.remove_unclaimed() == 0
    assert await Account.exists(id=anna.id, email="anna@example.pl")
