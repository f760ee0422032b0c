"""Sign-up: all errors in the form are reported at once, and nobody learns whom the centre knows."""

import asyncio
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

import settings
import tasks.broker
from infra import clock, database
from models.accounts.account import Account
from models.accounts.account_request import AccountRequest
from models.accounts.patient import Patient
from tasks.account_requests import process_account_requests
from tests import cast
from tests.support.client import DOCUMENTS, Client, deliver
from tests.support.statement_count import count_statements

FORM = {
    "email": "Dorota@Example.PL",
    "pesel": "4405 1401-359",
    "firstName": " Dorota ",
    "lastName": "Nowak-Żółć",
    "phone": "601 234 567",
    "smsReminders": True,
}
# field, input, code of the flaw
FLAWS = [
    ("email", "", "REQUIRED"),
    ("email", "   ", "REQUIRED"),
    ("email", "dorota", "EMAIL_MALFORMED"),
    ("email", "dorota@", "EMAIL_MALFORMED"),
    ("email", "a@b@c.pl", "EMAIL_MALFORMED"),
    ("email", f"{'d' * 250}@example.pl", "TOO_LONG"),
    ("email", "dorota\0@example.pl", "MALFORMED"),
    ("pesel", "", "REQUIRED"),
    ("pesel", "4405140135", "MALFORMED"),
    ("pesel", "440514013590", "MALFORMED"),
    ("pesel", "4405140135a", "MALFORMED"),
    ("pesel", "4405140135\0", "MALFORMED"),
    ("pesel", "44051401358", "PESEL_CHECKSUM"),
    ("pesel", "00000000000", "PESEL_BIRTH_DATE"),
    ("pesel", "02381307589", "PESEL_BIRTH_DATE"),
    ("pesel", "27410100014", "PESEL_BIRTH_DATE"),
    ("pesel", "1" * 41, "TOO_LONG"),
    ("firstName", "", "REQUIRED"),
    ("firstName", "D0rota", "MALFORMED"),
    ("firstName", "<b>", "MALFORMED"),
    ("firstName", "x" * 101, "TOO_LONG"),
    ("firstName", "Do\nrota", "MALFORMED"),
    ("lastName", " ", "REQUIRED"),
    ("lastName", "\u202eNowak", "MALFORMED"),
    ("lastName", "x" * 100_000, "TOO_LONG"),
    ("phone", None, "REQUIRED"),
    ("phone", "", "REQUIRED"),
    ("phone", "22 111 11 11", "PHONE_NOT_MOBILE"),
    ("phone", "call me", "PHONE_NOT_MOBILE"),
    ("phone", "601 234 567\0", "MALFORMED"),
    ("phone", "6" * 41, "TOO_LONG"),
]


def request(form: dict[str, Any]) -> bytes:
    return orjson.dumps({"query": DOCUMENTS["SignUp"], "variables": {"input": form}})


async def rows() -> dict[str, int]:
    return {"applications": await AccountRequest.all().count(), "accounts": await Account.all().count()}


@pytest.mark.parametrize(("field", "typed", "code"), FLAWS)
async def test_a_flaw_is_reported_by_field_and_code(field: str, typed: str | None, code: str, nobody: Client) -> None:
    refused = await nobody.do("SignUp", **{**FORM, field: typed})
    assert refused["__typename"] == "InvalidInput"
    assert [(flaw["path"], flaw["code"]) for flaw in refused["fields"]] == [([field], code)]
    assert await rows() == {"applications": 0, "accounts": 0}


async def test_all_flaws_are_reported_at_once(nobody: Client) -> None:
    form = {"email": "x", "pesel": "44051401358", "firstName": "", "lastName": "1", "phone": "22 111 11 11"}
    refused = await nobody.do("SignUp", **form)
    assert {flaw["path"][0]: flaw["code"] for flaw in refused["fields"]} == {
        "email": "EMAIL_MALFORMED",
        "pesel": "PESEL_CHECKSUM",
        "firstName": "REQUIRED",
        "lastName": "MALFORMED",
        "phone": "PHONE_NOT_MOBILE",
    }


async def test_flaws_are_reported_in_the_language_of_the_client() -> None:
    form = {"email": "x", "pesel": "44051401358", "firstName": "", "lastName": "1", "phone": "22 111 11 11"}
    told = {}
    for language in ("pl", "en"):
        refused = await Client(language=language).do("SignUp", **form)
        told[language] = [refused["message"], *(flaw["message"] for flaw in refused["fields"])]
    assert all(polish != english for polish, english in zip(told["pl"], told["en"], strict=True))
    assert told["pl"][0] == "Niektóre pola trzeba poprawić; każde jest zaznaczone."
    assert told["en"][2] == "This is not a valid PESEL: a digit is wrong."


async def test_without_a_pesel_the_way_is_by_telephone_or_reception() -> None:
    for language, words in (("pl", ["telefoniczną", "w przychodni"]), ("en", ["by telephone", "reception"])):
        refused = await Client(language=language).do("SignUp", **{**FORM, "pesel": ""})
        [flaw] = refused["fields"]
        assert all(word in flaw["message"] for word in [*words, settings.CENTRE_PHONE])


async def test_what_was_typed_is_not_repeated_in_the_answer(nobody: Client) -> None:
    answer = await nobody.send("SignUp", input={**FORM, "pesel": "44051401358", "firstName": "Zdradzona1"})
    assert "44051401358" not in str(answer)
    assert "Zdradzona1" not in str(answer)


async def test_a_mobile_number_is_needed_only_for_reminders(nobody: Client) -> None:
    accepted = await nobody.do("SignUp", **{**FORM, "phone": None, "smsReminders": False})
    assert accepted["__typename"] == "Accepted"


async def test_signing_up_opens_an_account_and_mails_the_way_in(nobody: Client, nudges: list[str]) -> None:
    accepted = await nobody.do("SignUp", **FORM)
    assert accepted["__typename"] == "Accepted"
    assert nudges == ["process_account_requests"]
    [letter] = await deliver()
    assert letter["to"] == "Dorota@example.pl"
    assert "Login: Dorota@example.pl" in letter["text"]
    person = await Patient.get().select_related("account")
    assert (person.first_name, person.last_name, person.phone) == ("Dorota", "Nowak-Żółć", "+48601234567")
    assert (person.pesel, person.sms_reminders) == ("44051401359", True)


async def test_nothing_that_was_typed_waits_readably_in_the_database(nobody: Client) -> None:
    await nobody.do("SignUp", **FORM)
    [row] = await database.fetch(
        "SELECT application::text AS whole, encode(sealed, 'escape') AS bytes FROM application"
    )
    for secret in ("44051401359", "orota", "601234567"):
        assert secret not in row["whole"] + row["bytes"]


async def test_the_letter_is_in_the_language_that_was_chosen(nobody: Client) -> None:
    await nobody.do("SignUp", **FORM, language="EN")
    [letter] = await deliver()
    assert "One-time password:" in letter["text"]


@pytest.mark.parametrize(
    "known",
    [
        {"email": "anna@example.pl"},
        {"email": " ANNA@Example.pl "},
        {"pesel": cast.ANNA_PESEL},
        {"email": "anna@example.pl", "pesel": cast.ANNA_PESEL},
    ],
    ids=["e-mail", "e-mail in another spelling", "PESEL", "both"],
)
@pytest.mark.usefixtures("anna")
async def test_a_known_person_gets_byte_for_byte_the_same_answer_for_the_same_work(
    known: dict[str, str], nobody: Client
) -> None:
    stranger, work_for_stranger = await count_statements(nobody.post(request(FORM)))
    again, work_for_known = await count_statements(nobody.post(request({**FORM, **known})))
    assert (again.content, again.status_code) == (stranger.content, stranger.status_code)
    assert [name for name, _ in again.headers.raw] == [name for name, _ in stranger.headers.raw]
    assert work_for_known == work_for_stranger > 0


async def test_the_owner_of_a_known_address_is_notified_and_keeps_the_account(anna: Client, nobody: Client) -> None:
    await nobody.do("SignUp", **{**FORM, "email": "ANNA@example.pl", "pesel": cast.ANNA_PESEL})
    [letter] = await deliver()
    assert letter["to"] == "anna@example.pl"
    assert "ktoś próbował założyć konto" in letter["text"]
    assert "jednorazowe:" not in letter["text"]
    assert await rows() == {"applications": 0, "accounts": 1}
    assert (await anna.ask("Me"))["patient"]["firstName"] == "Anna"


@pytest.mark.usefixtures("anna")
async def test_a_letter_does_not_tell_whether_the_pesel_is_known(nobody: Client) -> None:
    """The letters differ only in their one-time passwords."""
    letters = []
    for known in (cast.ANNA_PESEL, cast.BORYS_PESEL):
        await nobody.do("SignUp", **{**FORM, "email": f"{known}@example.pl", "pesel": known})
        letters.append((await deliver())[0]["text"].replace(known, ""))
    one, other = (re.sub(r"\b(\w{4}-){3}\w{4}\b", "", text) for text in letters)
    assert one == other


async def test_many_that_sign_up_at_once_with_one_address_get_one_account(nobody: Client) -> None:
    pesels = [FORM["pesel"], cast.ANNA_PESEL, cast.CELINA_PESEL] * 2
    await asyncio.gather(*(nobody.do("SignUp", **{**FORM, "pesel": pesel}) for pesel in pesels))
    await asyncio.gather(process_account_requests(), process_account_requests(), process_account_requests())
    assert await rows() == {"applications": 0, "accounts": 1}
    assert {letter["to"] for letter in await deliver()} == {"Dorota@example.pl"}


@pytest.mark.usefixtures("anna")
async def test_a_new_password_is_promised_to_everybody_in_the_same_words(nobody: Client) -> None:
    known, work_for_known = await count_statements(
        nobody.send("RequestNewPassword", input={"email": "anna@example.pl"})
    )
    unknown, work_for_unknown = await count_statements(
        nobody.send("RequestNewPassword", input={"email": "x@example.pl"})
    )
    assert known == unknown
    assert work_for_known == work_for_unknown
    assert [letter["to"] for letter in await deliver()] == ["anna@example.pl"]


@pytest.mark.parametrize("email", ["", "x", "\0", "a@b@c", "x" * 200_000, "\ufdfa" * 300])
async def test_a_new_password_for_nonsense_is_promised_too_and_nothing_is_sent(email: str, nobody: Client) -> None:
    assert "message" in await nobody.do("RequestNewPassword", email=email)
    assert await deliver() == []


@pytest.mark.usefixtures("anna")
async def test_a_mailbox_cannot_be_flooded_with_new_passwords(nobody: Client) -> None:
    for _ in range(5):
        await nobody.do("RequestNewPassword", email="anna@example.pl")
        clock.advance(timedelta(seconds=10))
    assert len(await deliver()) == 1


async def test_the_work_after_a_request_begins_after_a_random_delay(
    nobody: Client, nudges: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the work began immediately, it would slow down the next answers for known people, but not for unknown ones."""
    drawn: list[tuple[float, ...]] = []
    monkeypatch.setattr(settings, "APPLICATION_SECONDS", 2.0)

    def draw(*ends: float) -> float:
        drawn.append(ends)
        return 0.0

    monkeypatch.setattr(tasks.broker, "RANDOM", SimpleNamespace(uniform=draw))
    for email in ("anna@example.pl", "nobody@example.pl"):
        await nobody.do("RequestNewPassword", email=email)
    assert drawn == [(0, 2.0)] * 2
    for _ in range(3):  # let the timers fire, their tasks start, and the tasks end
        await asyncio.sleep(0)
    await asyncio.gather(*tasks.broker._pending_nudges)
    assert nudges == ["process_account_requests"] * 2
