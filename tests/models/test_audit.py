"""The audit trail: every change is recorded with who, whose, what, when and the outcome, but without content."""

from datetime import timedelta
from typing import Any

import pytest

from infra import clock, database, logs
from models.accounts.account import Account, Language
from models.accounts.account_request import AccountRequest, AccountRequestKind
from models.accounts.one_time_password import OneTimePassword
from models.admin import data_export, own_account
from models.audit import AuditAction, AuditEntry
from models.refusals.booking import SlotTaken, WrongCredentials
from models.visits.visit import Visit
from tests import cast
from tests.support.visits import book, cancel, hold, move, patient_of, release

NEW_PASSWORD = "szary wilk nosi kapelusz"


async def written() -> list[tuple[str, str]]:
    return await AuditEntry.all().order_by("at", "id").values_list("action", "outcome")


async def test_every_action_of_a_patient_leaves_its_entry() -> None:
    """All that a patient can do: each line is one action, in order, with the patient as both actor and data subject."""
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two, three = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    session, _ = await Account.log_in("anna@example.pl", cast.PASSWORD, address="203.0.113.7")
    await hold(anna, three)
    await release(anna, three)
    visit = await book(anna, one)
    await move(anna, visit, two)
    await cancel(anna, visit)
    await own_account.update_contact(anna, patient_of(anna), language=Language.EN)
    await data_export.export(anna)
    with pytest.raises(WrongCredentials):
        await anna.reauthenticate("wrong", session)
    await anna.change_password(session, cast.PASSWORD, NEW_PASSWORD)
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", "wrong", address="203.0.113.7")
    await AccountRequest.receive(AccountRequestKind.NEW_PASSWORD, "r", email="anna@example.pl")
    await AccountRequest.process_next()
    secret = await OneTimePassword.issue(anna)
    await Account.log_in("anna@example.pl", secret, address="203.0.113.7")
    await own_account.close_account(anna, patient_of(anna))
    assert await written() == [
        ("log_in", "done"),
        ("hold_slot", "done"),
        ("release_slot", "done"),
        ("visit_booked", "done"),
        ("visit_moved", "done"),
        ("visit_cancelled", "done"),
        ("update_contact", "done"),
        ("export_data", "done"),
        ("prove_password", "refused"),
        ("change_password", "done"),
        ("log_in", "refused"),
        ("request_new_password", "done"),
        ("log_in_once", "done"),
        ("close_account", "done"),
    ]
    for entry in await AuditEntry.all():
        assert (entry.account_id, entry.patient_id, entry.role) == (anna.id, anna.patient_id, "PATIENT")
        assert entry.at == clock.now()
    subjects = await AuditEntry.exclude(subject_id=None).order_by("id").values_list("action", "subject_id")
    assert subjects == [
        ("hold_slot", three.id),
        ("release_slot", three.id),
        ("visit_booked", visit.id),
        ("visit_moved", visit.id),
        ("visit_cancelled", visit.id),
    ]


async def test_entries_tell_apart_who_acted_for_whom() -> None:
    """Reception books for Anna: reception is the actor, Anna the data subject."""
    anna, reception = await cast.anna(), await cast.borys()
    await Account.filter(id=reception.id).update(role="RECEPTIONIST", patient_id=None)
    reception = await Account.get(id=reception.id)
    await Visit.book((await cast.slot()).id, patient=patient_of(anna), by=reception)
    entry = await AuditEntry.get()
    assert (entry.account_id, entry.role, entry.patient_id) == (reception.id, "RECEPTIONIST", anna.patient_id)


async def test_an_anonymous_actor_is_recorded_as_nobody() -> None:
    with pytest.raises(WrongCredentials):
        await Account.log_in("nobody@example.pl", "wrong", address="203.0.113.7")
    entry = await AuditEntry.get()
    assert (entry.account_id, entry.patient_id, entry.role, entry.outcome) == (None, None, "NOBODY", "refused")


async def test_an_entry_carries_the_id_of_its_request() -> None:
    logs.bind_request_id("request 42")
    await book(await cast.anna(), await cast.slot())
    assert (await AuditEntry.get()).request_id == "request 42"


async def test_what_was_refused_or_undone_leaves_no_entry_of_a_change() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await book(await cast.borys(), slot)
    before = await written()
    for key in (None, "k"):
        with pytest.raises(SlotTaken):
            await book(anna, slot, key=key)
    assert await written() == before


async def test_no_entry_holds_a_name_number_secret_or_reason() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot(), reason="wstydliwa choroba")
    await cancel(anna, visit, reason="wyleczona")
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", "moje tajne hasło", address="203.0.113.7")
    kept = str(await database.fetch("SELECT entry::text FROM audit_entry AS entry"))
    for private in ("wstydliwa", "wyleczona", "tajne", "anna@", "Żółć", cast.ANNA_PESEL, "203.0.113.7"):
        assert private not in kept


async def test_a_patient_reads_entries_about_themselves_latest_first_page_by_page() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    actions: list[AuditAction] = ["log_in", "hold_slot", "visit_booked", "visit_cancelled", "log_out"]
    for n, action in enumerate(actions):
        await AuditEntry.record(action, account=anna)
        if n % 2:
            clock.advance(timedelta(minutes=1))
    await AuditEntry.record("export_data", account=borys)
    patient_id = patient_of(anna).id
    seen: list[Any] = []
    after: Any = None
    while page := await AuditEntry.list_for_patient([patient_id], after, 2, is_claim=False):
        seen += page
        after = seen[-1].at, seen[-1].id
        await AuditEntry.record("export_data", account=borys)
    assert [entry.action for entry in seen] == actions[::-1]


async def test_old_entries_go_after_the_years_that_are_set_and_young_ones_stay() -> None:
    anna = await cast.anna()
    await AuditEntry.record("log_in", account=anna)
    ages = {"kept": 5 * 366, "gone": 7 * 366}
    for name, days in ages.items():
        await AuditEntry(
            at=clock.now() - timedelta(days=days),
            role="PATIENT",
            action="log_in",
            outcome=name,
            request_id="r",
        ).save()
    assert await AuditEntry.purge() == 1
    assert {entry.outcome for entry in await AuditEntry.filter(action="log_in")} == {"done", "kept"}


async def test_nobody_removes_young_entries_by_the_function_that_removes_old_ones() -> None:
    await AuditEntry.record("log_in", account=await cast.anna())
    await database.fetch("SELECT forget_audit_entries(now() + interval '9 years')")
    assert await AuditEntry.all().count() == 1
