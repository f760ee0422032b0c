"""One's own account: the old address is notified of a new one, and a closed account stays closed."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from tortoise import Tortoise

from infra import clock
from models.accounts import patient_record
from models.accounts.account import Account, Language
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.accounts.session import Session
from models.admin import data_export, own_account
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.refusals.booking import WrongCredentials
from models.refusals.refusal import InvalidInput
from models.values.actor import Actor
from models.values.identity_document import DocumentKind
from models.values.visit_status import Channel, Status
from models.visits import attendance
from models.visits.attendance import CallReport
from models.visits.visit import Visit
from models.waiting import freed_slots
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.identity import change_address
from tests.support.racing import only, race, until_blocked
from tests.support.schedules import holder_of, join_waiting_list, report_absence
from tests.support.visits import book, book_for, cancel, hold, patient_of

HOME = "203.0.113.7"


async def change(account: Account, **wanted: Any) -> None:
    await own_account.update_contact(account, patient_of(account), **wanted)


async def letters(kind: MessageKind) -> list[str]:
    return sorted([message.to for message in await Message.filter(kind=kind)])


async def test_only_what_is_given_is_changed_and_nothing_changes_silently() -> None:
    anna = await cast.anna()
    await change(anna)
    await change(anna, email="anna@example.pl", phone="501 234 567", sms_reminders=True, language=Language.PL)
    assert (await Message.all().count(), await AuditEntry.all().count()) == (0, 0)
    await change(anna, language=Language.EN)
    account = await Account.get(id=anna.id).select_related("patient")
    assert (account.email, account.language, patient_of(account).phone) == ("anna@example.pl", "EN", "+48501234567")
    assert await letters(MessageKind.CONTACT_CHANGED) == ["anna@example.pl"]
    assert (await AuditEntry.get()).action == "update_contact"


async def test_all_flaws_are_reported_and_nothing_is_changed() -> None:
    anna = await cast.anna()
    with pytest.raises(InvalidInput) as refusal:
        await change(anna, email="x", phone="22 111 11 11", language=Language.EN)
    assert {flaw.path[0]: flaw.code for flaw in refusal.value.flaws} == {
        "email": "EMAIL_MALFORMED",
        "phone": "PHONE_NOT_MOBILE",
    }
    with pytest.raises(InvalidInput):
        await change(anna, phone="", sms_reminders=True)
    account = await Account.get(id=anna.id).select_related("patient")
    assert (account.email, account.language, patient_of(account).phone) == ("anna@example.pl", "PL", "+48501234567")
    assert await Message.all().count() == 0


async def test_a_closed_account_opens_to_nobody_and_keeps_no_way_to_reach_the_person() -> None:
    anna = await cast.anna()
    session, token = await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    secret = await OneTimePassword.issue(anna)
    await book(anna, await cast.slot())
    await own_account.close_account(anna, patient_of(anna))
    assert await Session.find_by_token(token) is None
    for known in (cast.PASSWORD, secret):
        with pytest.raises(WrongCredentials):
            await Account.log_in("anna@example.pl", known, address=HOME)
    account, patient = await Account.get(id=anna.id), await Patient.get(id=anna.patient_id)
    assert account.closed_at == clock.now()
    assert {account.email, account.email_key, account.password_hash} == {None}
    assert await OneTimePassword.filter(used_at=None).count() == 0
    assert (patient.phone, patient.sms_reminders) == (None, False)
    assert session.account_id == anna.id


@pytest.mark.parametrize("wanted", [{"email": "nowa@example.pl"}, {"phone": "501 234 568"}])
async def test_a_change_that_comes_after_closing_brings_no_contact_back(wanted: dict[str, str]) -> None:
    """The account was closed in another window of the same browser."""
    anna = await cast.anna()
    seen_before = await Account.get(id=anna.id).select_related("patient")
    await book(anna, await cast.slot())
    await own_account.close_account(anna, patient_of(anna))
    with pytest.raises(WrongCredentials):
        await change(seen_before, **wanted)
    assert (await Account.get(id=anna.id)).email is None
    assert (await Patient.get(id=anna.patient_id)).phone is None


async def test_closing_keeps_the_visits_and_lists_the_planned_ones_in_a_last_letter() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await own_account.close_account(anna, patient_of(anna))
    assert (await Visit.get(id=visit.id)).status == Status.BOOKED
    letter = await Message.get(kind=MessageKind.ACCOUNT_CLOSED)
    assert letter.to == "anna@example.pl"
    assert [told["reference"] for told in letter.details["visits"]] == [visit.reference]


async def test_a_log_in_while_the_account_is_closed_leaves_no_open_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race at its worst moment: the session is opened just before the account's row is written."""
    anna = await cast.anna()
    end_all, are_ended, may_go_on = Session.end_all, asyncio.Event(), asyncio.Event()

    async def slowly(account: Account) -> None:
        await end_all(account)
        are_ended.set()
        await may_go_on.wait()

    monkeypatch.setattr(Session, "end_all", slowly)
    closing = asyncio.create_task(own_account.close_account(anna, patient_of(anna)))
    await are_ended.wait()
    logging_in = asyncio.create_task(Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME))
    await until_blocked()
    may_go_on.set()
    outcomes = await race(closing, logging_in)
    assert outcomes[0] is None
    assert await Session.filter(ended_at=None).count() == 0
    assert only(WrongCredentials, outcomes)


async def test_the_address_of_a_closed_account_is_free_for_another_person() -> None:
    anna = await cast.anna()
    await own_account.close_account(anna, patient_of(anna))
    await change_address(await cast.borys(), "anna@example.pl")
    assert await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)


async def test_the_export_holds_all_of_a_patients_own_data_and_nothing_of_another() -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    hers, his = await book(anna, one, reason="ból"), await book(borys, two)
    clock.advance(timedelta(minutes=1))
    text = await data_export.export(anna)
    told = json.loads(text)
    assert told["patient"]["peselMasked"] == "*******7589"
    assert [(visit["reference"], visit["reason"]) for visit in told["visits"]] == [(hers.reference, "ból")]
    assert [entry["action"] for entry in told["accessLog"]] == ["visit_booked", "export_data"]
    for secret in (cast.ANNA_PESEL, his.reference, "Borys", "borys@", "argon2", str(anna.password_hash)):
        assert secret not in text


async def test_closing_an_account_leaves_the_waiting_list_and_the_next_patient_is_asked() -> None:
    anna, borys, celina, clinic = await cast.anna(), await cast.borys(), await cast.celina(), await cast.clinic()
    slot = await cast.slot(at=clinic)
    visit = await book(celina, slot)
    for account in (anna, borys):
        await join_waiting_list(account, clinic)
    await cancel(celina, visit)
    await freed_slots.allocate()
    assert await holder_of(slot) == anna.patient_id
    await own_account.close_account(anna, patient_of(anna))
    assert await WaitingListEntry.waiting(patient_of(anna).id).count() == 0
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id


async def test_what_somebody_waits_for_is_among_their_data() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await join_waiting_list(anna, clinic)
    [wish] = json.loads(await data_export.export(anna))["waitingList"]
    assert (wish["clinic"], wish["from"], wish["outcome"]) == (clinic.name, "2026-11-23", None)


def exported_tables() -> set[str]:
    return {"account", "patient"} | {table for table, _load in data_export.SECTIONS.values()}


async def test_every_table_is_exported_or_has_its_reason(tables: str) -> None:
    """A new table makes this test fail until it is exported, or until data_export says why it is not."""
    stored = {name.strip('"') for name in tables.split(", ")} | {"tortoise_migrations"}
    models = {model._meta.db_table for model in Tortoise.apps["models"].values()}
    assert models <= stored
    assert stored == exported_tables() | set(data_export.NOT_EXPORTED)
    assert not exported_tables() & set(data_export.NOT_EXPORTED)
    assert all(data_export.NOT_EXPORTED.values())


async def everything_about_anna() -> tuple[Account, dict[str, Any]]:
    """Anna's account and her export, with at least one record of each kind."""
    anna, rita = await cast.anna(), await cast.rita()
    clinic = await cast.clinic(minimum_notice_minutes=48 * 60)
    doctor = await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(26, 8).date(), 2, at=clinic, by=doctor)
    near = await cast.slot(cast.warsaw(24, 10), at=clinic, by=doctor)
    await cast.signed_in(anna)
    await patient_record.change(patient_of(anna).id, PatientDetails(last_name="Nowak"), by=rita)
    passport = (DocumentKind.PASSPORT, "UA", "AB123456")
    await patient_record.change(patient_of(anna).id, PatientDetails(document=passport), by=rita)
    visit = await book_for(rita, patient_of(anna), near, override="umówione z lekarzem")
    await book(anna, one, key="raz")
    await join_waiting_list(anna, clinic)
    await hold(anna, two)
    await report_absence(rita, doctor, 24)
    call = CallReport(note="oddzwoni")
    await attendance.record_call(visit.id, call, patient=patient_of(anna), actor=Actor(rita, Channel.PHONE))
    anna.patient = await Patient.get(id=anna.patient_id)
    return anna, json.loads(await data_export.export(anna))


async def test_each_kind_of_record_is_exported() -> None:
    anna, told = await everything_about_anna()
    for section in data_export.SECTIONS:
        assert told[section], section
    assert told["patient"]["document"] == {"kind": "PASSPORT", "country": "UA", "numberMasked": "*****456"}
    assert told["formerNames"][0]["last_name"] == "Żółć"
    assert "umówione z lekarzem" in {change["override_reason"] for change in told["changes"]}
    assert {"umówione z lekarzem"} <= {entry["override_reason"] for entry in told["accessLog"]}
    assert [(hold_["is_offer"], hold_["clinic__name"]) for hold_ in told["holds"]]
    assert told["offers"][0]["made_at"]
    assert told["requests"][0]["key"] == "raz"
    assert told["consents"] == [{"to": "smsReminders", "given": True, "phone": "+48501234567"}]
    assert {message["kind"] for message in told["messages"]} >= {"visit_booked", "doctor_absent"}
    text = json.dumps(told)
    for secret in (cast.ANNA_PESEL, "AB123456", str(anna.password_hash)):
        assert secret not in text


RENAMED = {
    "account.created_at": "openedAt",
    "patient.created_at": "recordedAt",
    "visit.sequence": "timesChanged",
    "waiting_list_entry.first_day": "from",
    "waiting_list_entry.last_day": "until",
}


def _is_said(column: str, keys: set[str]) -> bool:
    return RENAMED.get(column, column.partition(".")[2]).replace("_", "").casefold() in keys


async def test_every_column_is_exported_or_has_its_reason() -> None:
    """A new column makes this test fail until it is exported, or until data_export says why it is not."""
    _, told = await everything_about_anna()
    shown = {
        table: told[section][0] for section, (table, _load) in data_export.SECTIONS.items() if section != "consents"
    }
    shown |= {"account": told["account"], "patient": told["patient"]}
    keys = {table: {key.replace("_", "").casefold() for key in row} for table, row in shown.items()}
    columns = {
        f"{model._meta.db_table}.{column}"
        for model in Tortoise.apps["models"].values()
        if model._meta.db_table in shown
        for column in model._meta.fields_db_projection
        if not re.search("(^|_)(id|ids|hash|index|sealed)$", column)
    }
    said = {column for column in columns if _is_said(column, keys[column.partition(".")[0]])}
    assert columns - said == set(data_export.LEFT_OUT)
    assert all(data_export.LEFT_OUT.values())
