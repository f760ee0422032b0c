"""Account requests: one account per person and address, and a stranger learns nothing from asking."""

from datetime import timedelta
from typing import Any

import pytest

from infra import clock, crypto, database
from models.accounts.account import Account, Language
from models.accounts.account_request import AccountRequest, AccountRequestKind, ProcessingFailed
from models.accounts.one_time_password import OneTimePassword
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.values import pesel
from tests import cast
from tests.support.racing import race

FORM: dict[str, Any] = {
    "email": "Dorota@example.pl",
    "pesel": "92071314764",
    "first_name": "Dorota",
    "last_name": "Maj",
    "phone": "+48501234567",
    "sms_reminders": True,
    "language": "PL",
}


async def sign_up(**other: Any) -> None:
    await AccountRequest.receive(AccountRequestKind.SIGN_UP, "request 1", **{**FORM, **other})


async def ask_for_password(email: str) -> None:
    await AccountRequest.receive(AccountRequestKind.NEW_PASSWORD, "request 2", email=email)


async def decide_all() -> None:
    while await AccountRequest.process_next():
        pass


async def letters() -> list[tuple[str, str]]:
    found = await Message.all().order_by("id").values_list("kind", "to")
    return [(kind.value, to) for kind, to in found]


async def people() -> dict[str, Any]:
    """All rows about patients and accounts."""
    return {
        table: await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in ("patient", "account", "session")
    }


async def test_an_application_becomes_an_account_without_a_password_and_a_letter() -> None:
    await sign_up(language="EN")
    assert await AccountRequest.process_next()
    account = await Account.get().select_related("patient")
    assert (account.email, account.email_key, account.language) == ("Dorota@example.pl", "dorota@example.pl", "EN")
    assert account.password_hash is None
    assert await OneTimePassword.all().count() == 0
    assert account.closed_at is None
    assert account.patient is not None
    assert (account.patient.first_name, account.patient.last_name) == ("Dorota", "Maj")
    assert (account.patient.pesel, account.patient.pesel_masked) == ("92071314764", "*******4764")
    assert (account.patient.phone, account.patient.sms_reminders) == ("+48501234567", True)
    assert await letters() == [("account_opened", "Dorota@example.pl")]
    entry = await AuditEntry.get()
    assert (entry.action, entry.outcome, entry.account_id, entry.patient_id) == (
        "open_account",
        "done",
        account.id,
        account.patient_id,
    )
    assert (await AccountRequest.all().count(), await AccountRequest.process_next()) == (0, False)


async def test_what_waits_to_be_decided_cannot_be_read() -> None:
    await sign_up()
    kept = str(await database.fetch("SELECT id, wish, encode(sealed, 'escape') AS sealed FROM application"))
    assert not any(str(value) in kept for value in FORM.values() if str(value) not in ("True", "PL"))


@pytest.mark.parametrize("email", ["anna@example.pl", "ANNA@EXAMPLE.PL", "Anna@Example.pl"])
async def test_the_owner_of_a_known_address_in_any_case_is_notified_and_nothing_changes(email: str) -> None:
    anna = await cast.anna()
    before = await people()
    await sign_up(email=email)
    await decide_all()
    assert await people() == before
    assert await letters() == [("address_tried", "anna@example.pl")]
    assert [(e.action, e.outcome, e.account_id) for e in await AuditEntry.all()] == [
        ("sign_up_again", "refused", anna.id)
    ]


@pytest.mark.parametrize("address", ["stranger@example.pl", "borys@example.pl"])
async def test_a_known_pesel_changes_nothing_for_whoever_has_it_and_is_told_to_nobody(address: str) -> None:
    """The account gets a record of its own; if the address is in use, its owner is notified, whatever the PESEL."""
    anna, borys = await cast.anna(), await cast.borys()
    before = await people()
    await sign_up(pesel=cast.ANNA_PESEL, email=address)
    await decide_all()
    is_free = address == "stranger@example.pl"
    assert await letters() == [("account_opened" if is_free else "address_tried", address)]
    after = await people()
    known = {str(anna.id), str(borys.id), str(anna.patient_id), str(borys.patient_id)}
    assert {table: [row for row in rows if str(row["id"]) in known] for table, rows in after.items()} == before
    if is_free:
        stranger = await Account.get(email=address).select_related("patient")
        assert stranger.patient
        assert (stranger.patient.is_claim, stranger.patient.identity_confirmed_at) == (True, None)
        assert stranger.patient_id != anna.patient_id


async def test_the_applicant_is_written_to_in_the_same_words_whoever_is_known() -> None:
    await cast.anna()
    await sign_up(pesel=cast.ANNA_PESEL, email="one@example.pl")
    await sign_up(pesel="92071314764", email="two@example.pl")
    await decide_all()
    one, two = await Message.all().order_by("id")
    assert (one.kind, one.details, one.language) == (two.kind, two.details, two.language)
    first, second = await Patient.filter(is_claim=True).order_by("id")
    told = [name for name in first._meta.fields_map if getattr(first, name, None) == getattr(second, name, None)]
    assert {"identity_confirmed_at", "is_claim", "joined_to_id", "invited_from_id", "phone"} <= set(told)


@pytest.mark.parametrize(
    "same",
    [{"email": "dorota@example.pl"}, {"pesel": "92071314764", "email": "dorota@example.pl"}],
)
async def test_of_twenty_applications_at_once_for_one_address_one_becomes_an_account(
    same: dict[str, str],
) -> None:
    for n in range(20):
        number = pesel_of(n)
        email = f"{'dOrOtA' if n % 2 else 'dorota'}@example.pl" if "email" in same else f"nr{n}@example.pl"
        await sign_up(pesel=same.get("pesel", number), email=email)
    assert set(await race(*(decide_all() for _ in range(10)))) == {None}
    assert (await Account.all().count(), await Patient.all().count()) == (1, 1)
    assert await AccountRequest.all().count() == 0
    opened = [to for kind, to in await letters() if kind == MessageKind.ACCOUNT_OPENED]
    tried = [to for kind, to in await letters() if kind == MessageKind.ADDRESS_TRIED]
    owner = await Account.get()
    assert (opened, tried) == ([owner.email], [owner.email]), "the owner is told once, not nineteen times"


async def test_twenty_applications_at_once_with_one_pesel_become_twenty_claims_apart() -> None:
    for n in range(20):
        await sign_up(pesel="92071314764", email=f"nr{n}@example.pl")
    assert set(await race(*(decide_all() for _ in range(10)))) == {None}
    assert await Patient.filter(is_claim=True, pesel_index=pesel.blind_index("92071314764")).count() == 20
    assert {kind for kind, _ in await letters()} == {MessageKind.ACCOUNT_OPENED}


def pesel_of(n: int) -> str:
    """The n-th of many valid PESEL numbers."""
    body = f"850101{n:04d}"
    return body + str((10 - sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))) % 10)


async def test_many_different_applications_at_once_all_become_accounts() -> None:
    for n in range(30):
        await sign_up(pesel=pesel_of(n), email=f"nr{n}@example.pl")
    await race(*(decide_all() for _ in range(10)))
    assert (await Account.all().count(), len(await letters())) == (30, 30)


async def test_an_owner_is_not_flooded_by_a_stranger_s_tries() -> None:
    await cast.anna()
    for _ in range(3):
        await sign_up(email="anna@example.pl")
        await ask_for_password("anna@example.pl")
    await decide_all()
    assert sorted(await letters()) == [("address_tried", "anna@example.pl"), ("new_password", "anna@example.pl")]
    clock.advance(timedelta(minutes=2))
    await ask_for_password("anna@example.pl")
    await decide_all()
    assert len(await letters()) == 3
    await sign_up(email="anna@example.pl")
    await decide_all()
    assert len(await letters()) == 3, "of tries with the address the owner is told once a day"
    clock.advance(timedelta(days=1))
    await sign_up(email="anna@example.pl")
    await decide_all()
    assert len(await letters()) == 4


async def test_an_owner_is_not_flooded_by_tries_at_once_either() -> None:
    await cast.anna()
    for _ in range(10):
        await sign_up(email="anna@example.pl")
        await ask_for_password("anna@example.pl")
    await race(*(decide_all() for _ in range(10)))
    assert sorted(await letters()) == [("address_tried", "anna@example.pl"), ("new_password", "anna@example.pl")]


async def test_an_owner_gets_at_most_ten_such_letters_a_day() -> None:
    await cast.anna()
    for _ in range(12):
        await ask_for_password("anna@example.pl")
        await decide_all()
        clock.advance(timedelta(minutes=3))
    assert len(await letters()) == 10
    clock.advance(timedelta(days=1))
    await ask_for_password("anna@example.pl")
    await decide_all()
    assert len(await letters()) == 11


@pytest.mark.parametrize("email", ["nobody@example.pl", "not an address", "x" * 1000, "a\0b@example.pl"])
async def test_a_new_password_for_nobody_writes_to_nobody(email: str) -> None:
    await cast.anna()
    await ask_for_password(email)
    await decide_all()
    assert (await letters(), await AuditEntry.all().count()) == ([], 0)


async def test_asking_for_a_new_password_changes_no_password_yet() -> None:
    """A one-time password is created when its letter is sent; the request alone must not lock the owner out."""
    anna = await cast.anna()
    before = await people()
    await ask_for_password("ANNA@example.pl")
    await decide_all()
    assert await people() == before
    assert [(e.action, e.account_id) for e in await AuditEntry.all()] == [("request_new_password", anna.id)]


async def test_an_application_that_cannot_be_decided_does_not_stop_the_others() -> None:
    broken = await AccountRequest.create(
        wish=AccountRequestKind.SIGN_UP,
        sealed=crypto.encrypt("{}", "another purpose"),
        received_at=clock.now(),
        request_id="x",
    )
    with clock.pinned(clock.now() + timedelta(seconds=1)):
        await sign_up()
        with pytest.raises(ProcessingFailed, match=str(broken.id)):
            await AccountRequest.process_next()
        await decide_all()
    assert await Account.all().count() == 1
    assert [row.id for row in await AccountRequest.all()] == [broken.id]


async def test_a_failure_in_the_middle_leaves_the_application_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    await sign_up()
    with monkeypatch.context() as patch:
        patch.setattr(Message, "post", fail)
        with pytest.raises(ProcessingFailed):
            await AccountRequest.process_next()
    assert (await Account.all().count(), await Patient.all().count(), await AuditEntry.all().count()) == (0, 0, 0)
    clock.advance(timedelta(hours=1))
    await decide_all()
    assert await Account.all().count() == 1


async def test_no_pesel_can_be_read_anywhere_in_the_database(tables: str) -> None:
    """It appears neither as text nor as bytes, after every operation that handles it."""
    await sign_up()
    await decide_all()
    await sign_up()
    await sign_up(email="second@example.pl")
    await decide_all()
    await sign_up(email="third@example.pl")
    number = FORM["pesel"]
    dump = ""
    for table in tables.split(", "):
        dump += str(await database.fetch(f"SELECT t::text AS row FROM {table} AS t"))
    assert "Dorota@example.pl" in dump, "the search would find what is readable"
    for form in (number, number.encode().hex(), number[:10], number[::-1], number[1:]):
        assert form not in dump
    assert {person.pesel_index for person in await Patient.all()} == {pesel.blind_index(number)}
    assert Language(FORM["language"]) is Language.PL
