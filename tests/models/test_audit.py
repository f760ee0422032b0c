"""The audit trail promises: every change is there with who, whose, what, when and outcome, and no content."""

from datetime import timedelta
from typing import Any

import pytest

from models import clock, database, dossier, ownership, trace
from models.account import Account
from models.application import Application, Wish
from models.audit import AuditEntry
from models.refusal import SlotTaken, WrongCredentials
from models.visit import Visit
from tests import cast
from tests.models.promises import book, cancel, hold, move, person, release

NEW_PASSWORD = "szary wilk nosi kapelusz"


async def written() -> list[tuple[str, str]]:
    return await AuditEntry.all().order_by("at", "id").values_list("action", "outcome")


async def test_every_deed_of_a_patient_leaves_its_entry() -> None:
    """A whole life with the service: each line is one deed, in order, with the patient as who and whose."""
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two, three = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=await cast.doctor(clinic))
    session, _ = await Account.log_in("anna@example.pl", cast.PASSWORD, address="203.0.113.7")
    await hold(anna, three)
    await release(anna, three)
    visit = await book(anna, one)
    await move(anna, visit, two)
    await cancel(anna, visit)
    await ownership.update_contact(anna, person(anna), email="nowa@example.pl")
    await dossier.export(anna)
    with pytest.raises(WrongCredentials):
        await anna.prove("wrong", session)
    await anna.change_password(session, cast.PASSWORD, NEW_PASSWORD)
    with pytest.raises(WrongCredentials):
        await Account.log_in("nowa@example.pl", "wrong", address="203.0.113.7")
    await Application.receive(Wish.NEW_PASSWORD, "r", email="nowa@example.pl")
    await Application.decide_next()
    secret = await anna.new_one_time_password()
    await Account.log_in("nowa@example.pl", secret, address="203.0.113.7")
    await ownership.close(anna, person(anna))
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
        ("hold_slot", three.id), ("release_slot", three.id),
        ("visit_booked", visit.id), ("visit_moved", visit.id), ("visit_cancelled", visit.id),
    ]  # fmt: skip


async def test_who_acted_for_whom_is_told_apart() -> None:
    """Reception books for Anna: reception is who, Anna is whose."""
    anna, reception = await cast.anna(), await cast.borys()
    await Account.filter(id=reception.id).update(role="RECEPTIONIST", patient_id=None)
    reception = await Account.get(id=reception.id)
    await Visit.book((await cast.slot()).id, patient=person(anna), by=reception)
    entry = await AuditEntry.get()
    assert (entry.account_id, entry.role, entry.patient_id) == (reception.id, "RECEPTIONIST", anna.patient_id)


async def test_nobody_is_written_as_nobody() -> None:
    with pytest.raises(WrongCredentials):
        await Account.log_in("nobody@example.pl", "wrong", address="203.0.113.7")
    entry = await AuditEntry.get()
    assert (entry.account_id, entry.patient_id, entry.role, entry.outcome) == (None, None, "NOBODY", "refused")


async def test_an_entry_carries_the_id_of_its_request() -> None:
    trace.begin("request 42")
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
    kept = str(await database.rows("SELECT entry::text FROM audit_entry AS entry"))
    for private in ("wstydliwa", "wyleczona", "tajne", "anna@", "Żółć", cast.ANNA_PESEL, "203.0.113.7"):
        assert private not in kept


async def test_a_patient_reads_entries_about_themselves_latest_first_page_by_page() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    for n in range(5):
        await AuditEntry.record(f"deed {n}", account=anna)
        if n % 2:
            clock.advance(timedelta(minutes=1))
    await AuditEntry.record("his", account=borys)
    patient_id = person(anna).id
    seen: list[Any] = []
    while page := await AuditEntry.about_patient(patient_id, (seen[-1].at, seen[-1].id) if seen else None, 2):
        seen += page
        await AuditEntry.record("meanwhile", account=borys)
    assert [entry.action for entry in seen] == ["deed 4", "deed 3", "deed 2", "deed 1", "deed 0"]
