"""Owning an account: a change of address is told to the old one, and what is closed stays closed."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from models import clock, dossier, ownership, turn
from models.account import Account, Language
from models.audit import AuditEntry
from models.message import Kind, Message
from models.patient import Patient
from models.refusal import InvalidInput, WrongCredentials
from models.session import Session
from models.visit import Visit
from models.visit_status import Status
from models.waiting_list import WaitingListEntry
from tests import cast
from tests.models.promises import book, cancel, only, person, race, tally
from tests.rota import holder, wait

HOME = "203.0.113.7"


async def change(account: Account, **wanted: Any) -> None:
    await ownership.update_contact(account, person(account), **wanted)


async def letters(kind: Kind) -> list[str]:
    return sorted([message.to for message in await Message.filter(kind=kind)])


async def test_a_change_of_address_is_told_to_both_and_the_new_one_is_the_login() -> None:
    anna = await cast.anna()
    await change(anna, email="Nowa@example.pl")
    assert await letters(Kind.CONTACT_CHANGED) == ["Nowa@example.pl", "anna@example.pl"]
    assert await Account.log_in("nowa@example.pl", cast.PASSWORD, address=HOME)
    with pytest.raises(WrongCredentials):
        await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)


async def test_only_what_is_given_is_changed_and_nothing_changes_silently() -> None:
    anna = await cast.anna()
    await change(anna)
    await change(anna, email="anna@example.pl", phone="501 234 567", sms_reminders=True, language=Language.PL)
    assert (await Message.all().count(), await AuditEntry.all().count()) == (0, 0)
    await change(anna, language=Language.EN)
    account = await Account.get(id=anna.id).select_related("patient")
    assert (account.email, account.language, person(account).phone) == ("anna@example.pl", "EN", "+48501234567")
    assert await letters(Kind.CONTACT_CHANGED) == ["anna@example.pl"]
    assert (await AuditEntry.get()).action == "update_contact"


async def test_all_flaws_are_told_and_nothing_is_changed() -> None:
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
    assert (account.email, account.language, person(account).phone) == ("anna@example.pl", "PL", "+48501234567")
    assert await Message.all().count() == 0


async def test_an_address_of_another_is_not_taken_and_its_owner_is_told_once() -> None:
    anna, _ = await cast.anna(), await cast.borys()
    for _ in range(3):
        with pytest.raises(InvalidInput):
            await change(await Account.get(id=anna.id).select_related("patient"), email="BORYS@example.pl")
    assert (await Account.get(id=anna.id)).email == "anna@example.pl"
    assert await letters(Kind.ADDRESS_TRIED) == ["borys@example.pl"]
    assert await AuditEntry.filter(action="update_contact", outcome="refused").count() == 3


async def test_of_many_who_want_one_address_at_once_one_has_it() -> None:
    rivals = await cast.rivals(8)
    outcomes = await race(*(change(rival, email="wolny@example.pl") for rival in rivals))
    assert tally(outcomes) == {"NoneType": 1, "InvalidInput": 7}
    assert await Account.filter(email_key="wolny@example.pl").count() == 1


async def test_a_closed_account_opens_to_nobody_and_keeps_no_way_to_reach_the_person() -> None:
    anna = await cast.anna()
    session, token = await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)
    secret = await anna.new_one_time_password()
    await ownership.close(anna, person(anna))
    assert await Session.of_token(token) is None
    for known in (cast.PASSWORD, secret):
        with pytest.raises(WrongCredentials):
            await Account.log_in("anna@example.pl", known, address=HOME)
    account, patient = await Account.get(id=anna.id), await Patient.get(id=anna.patient_id)
    assert account.closed_at == clock.now()
    assert {account.email, account.email_key, account.password_hash, account.one_time_hash} == {None}
    assert (patient.phone, patient.sms_reminders) == (None, False)
    assert session.account_id == anna.id


async def test_closing_keeps_the_visits_and_lists_the_planned_ones_in_a_last_letter() -> None:
    anna = await cast.anna()
    visit = await book(anna, await cast.slot())
    await ownership.close(anna, person(anna))
    assert (await Visit.get(id=visit.id)).status == Status.BOOKED
    letter = await Message.get(kind=Kind.ACCOUNT_CLOSED)
    assert letter.to == "anna@example.pl"
    assert [told["reference"] for told in letter.details["visits"]] == [visit.reference]


async def test_a_log_in_while_the_account_is_closed_leaves_no_open_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decided at the worst moment: the session is opened just before the account's row is written."""
    anna = await cast.anna()
    end_all, are_ended = Session.end_all, asyncio.Event()

    async def slowly(account: Account) -> None:
        await end_all(account)
        are_ended.set()
        await asyncio.sleep(0.15)

    monkeypatch.setattr(Session, "end_all", slowly)
    closing = asyncio.create_task(ownership.close(anna, person(anna)))
    await are_ended.wait()
    outcomes = await race(closing, Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME))
    assert outcomes[0] is None
    assert await Session.filter(ended_at=None).count() == 0
    assert only(WrongCredentials, outcomes)


async def test_the_address_of_a_closed_account_is_free_for_another_person() -> None:
    anna = await cast.anna()
    await ownership.close(anna, person(anna))
    await change(await cast.borys(), email="anna@example.pl")
    assert await Account.log_in("anna@example.pl", cast.PASSWORD, address=HOME)


async def test_the_dossier_tells_a_patient_everything_of_their_own_and_nothing_of_another() -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    hers, his = await book(anna, one, reason="ból"), await book(borys, two)
    clock.advance(timedelta(minutes=1))
    text = await dossier.export(anna)
    told = json.loads(text)
    assert told["patient"]["peselMasked"] == "*******7589"
    assert [(visit["reference"], visit["reason"]) for visit in told["visits"]] == [(hers.reference, "ból")]
    assert [entry["action"] for entry in told["accessLog"]] == ["visit_booked", "export_data"]
    for secret in (cast.ANNA_PESEL, his.reference, "Borys", "borys@", "argon2", str(anna.password_hash)):
        assert secret not in text


async def test_who_closes_an_account_waits_no_longer_and_the_next_is_asked() -> None:
    anna, borys, celina, clinic = await cast.anna(), await cast.borys(), await cast.celina(), await cast.clinic()
    slot = await cast.slot(at=clinic)
    visit = await book(celina, slot)
    for account in (anna, borys):
        await wait(account, clinic)
    await cancel(celina, visit)
    await turn.sweep()
    assert await holder(slot) == anna.patient_id
    await ownership.close(anna, person(anna))
    assert await WaitingListEntry.waiting(person(anna).id).count() == 0
    await turn.sweep()
    assert await holder(slot) == borys.patient_id


async def test_what_somebody_waits_for_is_among_their_data() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await wait(anna, clinic)
    [wish] = json.loads(await dossier.export(anna))["waitingList"]
    assert (wish["clinic"], wish["from"], wish["outcome"]) == (clinic.name, "2026-11-23", None)
