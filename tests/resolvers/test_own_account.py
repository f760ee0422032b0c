"""One's own account through the API: patients change their contact data, export their data, and close the account."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra import clock
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.visits.visit import Visit
from tests import cast
from tests.support.client import Client, client_of, deliver, id_of
from tests.support.visits import patient_of


async def update(client: Client, **changes: Any) -> Any:
    return await client.do("UpdateContact", **{"currentPassword": cast.PASSWORD, **changes})


async def test_what_is_left_out_stays(anna: Client) -> None:
    updated = await update(anna, language="EN")
    expected = {"email": "anna@example.pl", "phone": "+48501234567", "smsReminders": True}
    assert {name: updated[name] for name in expected} == expected
    [letter] = await deliver()
    assert letter["subject"] == "Your CM Diamed e-registration details were changed"


async def test_when_nothing_changes_nobody_is_notified(anna: Client) -> None:
    assert (await update(anna, phone="501 234 567", smsReminders=True))["__typename"] == "Patient"
    assert await deliver() == []


async def test_a_telephone_can_be_changed_and_removed(anna: Client) -> None:
    assert (await update(anna, phone="601 234 567"))["phone"] == "+48601234567"
    assert (await update(anna, phone="", smsReminders=False))["phone"] is None


@pytest.mark.parametrize(
    ("changes", "flaws"),
    [
        ({"email": "x"}, [["email"], "EMAIL_MALFORMED"]),
        ({"email": ""}, [["email"], "REQUIRED"]),
        ({"email": "x\0@example.pl"}, [["email"], "MALFORMED"]),
        ({"email": f"{'d' * 250}@example.pl"}, [["email"], "TOO_LONG"]),
        ({"phone": "22 111 11 11"}, [["phone"], "PHONE_NOT_MOBILE"]),
        ({"phone": ""}, [["phone"], "REQUIRED"]),
        ({"phone": "\0"}, [["phone"], "MALFORMED"]),
    ],
)
async def test_flawed_changes_change_nothing(changes: dict[str, Any], flaws: list[Any], anna: Client) -> None:
    refused = await update(anna, **changes, language="EN")
    assert [[flaw["path"], flaw["code"]] for flaw in refused["fields"]] == [flaws]
    me = await anna.ask("Me")
    assert (me["email"], me["patient"]["phone"]) == ("anna@example.pl", "+48501234567")
    assert (await Account.get(id=anna.account.id)).language == "PL"


async def test_reminders_need_a_telephone() -> None:
    anna = await client_of(await cast.anna(phone=None, sms_reminders=False))
    refused = await update(anna, smsReminders=True)
    assert refused["fields"][0]["code"] == "REQUIRED"
    assert (await update(anna, smsReminders=True, phone="601234567"))["smsReminders"] is True


@pytest.mark.parametrize("password", ["", "wrong", "\0", "x" * 100_000])
async def test_without_the_password_nothing_is_changed_or_closed(password: str, anna: Client) -> None:
    assert (await update(anna, currentPassword=password, phone="601234567"))["__typename"] == "WrongCredentials"
    closed = await anna.do("CloseAccount", currentPassword=password)
    assert closed["__typename"] == "WrongCredentials"
    assert (await anna.ask("Me"))["patient"]["phone"] == "+48501234567"


async def test_patients_can_export_all_data_about_them(anna: Client, borys: Client) -> None:
    slot = await cast.slot()
    visit = await anna.do("BookVisit", slotId=id_of(slot), reason="ból głowy")
    await borys.do("BookVisit", slotId=id_of(await cast.slot(cast.warsaw(25, 10))), reason="sprawa Borysa")
    await anna.do("CancelVisit", visitId=visit["id"], reason="wyjazd")
    text = await anna.ask("ExportMyData")
    told = json.loads(text)
    assert told["account"]["email"] == "anna@example.pl"
    assert told["patient"] == {
        "firstName": "Anna",
        "lastName": "Żółć",
        "peselMasked": "*******7589",
        "birthDate": "2002-01-13",
        "document": None,
        "phone": "+48501234567",
        "smsReminders": True,
        "identityConfirmedAt": clock.now().isoformat(),
        "identitySeen": "IDENTITY_CARD",
        "isClaim": False,
        "recordedAt": "2026-11-23T08:00:00+00:00",
    }
    assert [(v["reference"], v["status"], v["reason"]) for v in told["visits"]] == [
        (visit["reference"], "CANCELLED", "ból głowy")
    ]
    assert [change["kind"] for change in told["changes"]] == ["BOOKED", "CANCELLED"]
    assert [message["kind"] for message in told["messages"]] == ["visit_booked", "visit_cancelled"]
    assert "export_data" in [entry["action"] for entry in told["accessLog"]]
    for secret in (cast.ANNA_PESEL, "Borys", "borys", "argon2", cast.PASSWORD):
        assert secret not in text


async def test_a_closed_account_cannot_be_opened_and_its_contact_data_are_deleted(anna: Client) -> None:
    telephone = await client_of(anna.account)
    await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    closed = await anna.do("CloseAccount", currentPassword=cast.PASSWORD)
    assert (closed["__typename"], "closed" in closed["message"]) == ("Accepted", True)
    assert [await client.ask("Me") for client in (anna, telephone)] == [None, None]
    again = await Client().do("LogIn", login="anna@example.pl", password=cast.PASSWORD)
    assert again["__typename"] == "WrongCredentials"
    assert {letter["to"] for letter in await deliver()} == {"anna@example.pl"}
    account, patient = await Account.get(), await Patient.get()
    assert [account.email, account.email_key, account.password_hash] == [None] * 3
    assert (patient.phone, patient.sms_reminders) == (None, False)


async def test_visits_outlive_the_account_and_the_farewell_lists_those_to_come(anna: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    await anna.do("CloseAccount", currentPassword=cast.PASSWORD)
    farewell = (await deliver())[0]
    assert visit["reference"] in farewell["text"]
    assert (await Visit.get()).status == "BOOKED"


async def test_a_new_password_for_a_closed_account_is_promised_and_never_sent(anna: Client, nobody: Client) -> None:
    await anna.do("CloseAccount", currentPassword=cast.PASSWORD)
    await deliver()
    await nobody.do("RequestNewPassword", email="anna@example.pl")
    assert len(await deliver()) == 1


@pytest.mark.usefixtures("borys")
async def test_the_access_log_says_in_plain_words_what_was_done(anna: Client) -> None:
    slot, later = await cast.slot(), await cast.slot(cast.warsaw(25, 10))
    await anna.do("HoldSlot", slotId=id_of(slot))
    visit = await anna.do("BookVisit", slotId=id_of(slot))
    await anna.do("RescheduleVisit", visitId=visit["id"], slotId=id_of(later))
    await anna.do("CancelVisit", visitId=visit["id"])
    await update(anna, currentPassword="wrong")
    told: dict[str, list[tuple[str, str, str]]] = {}
    for language in ("pl", "en"):
        anna.headers["accept-language"] = language
        log = (await anna.ask("AccessLog"))["patient"]["accessLog"]["nodes"]
        told[language] = [(entry["who"], entry["what"], entry["outcome"]) for entry in log]
        assert all(entry["at"] == cast.MONDAY.isoformat() for entry in log)
    assert told["en"] == [
        ("the patient", "Confirmation of the password.", "refused"),
        ("the patient", "A visit was cancelled.", "done"),
        ("the patient", "A visit was moved.", "done"),
        ("the patient", "A visit was booked.", "done"),
        ("the patient", "A slot was held for a short time.", "done"),
    ]
    assert told["pl"][1:] == [
        ("pacjent", "Odwołano wizytę.", "done"),
        ("pacjent", "Przełożono wizytę.", "done"),
        ("pacjent", "Zarezerwowano wizytę.", "done"),
        ("pacjent", "Zatrzymano termin na chwilę.", "done"),
    ]


async def test_what_others_did_is_told_apart_from_what_one_did_oneself(anna: Client) -> None:
    await anna.ask("ExportMyData")
    rita = Client(await cast.signed_in(await cast.rita()))
    await rita.ask("Node", id=id_of(patient_of(anna.account)))

    async def told(by_others: bool | None) -> list[str]:
        log = await anna.ask("AccessLog", byOthers=by_others)
        return [entry["action"] for entry in log["patient"]["accessLog"]["nodes"]]

    assert (await told(True), await told(False)) == (["open_record"], ["export_data"])
    assert await told(None) == ["open_record", "export_data"]


async def test_a_failed_sign_in_is_in_the_log_of_the_account(anna: Client, nobody: Client) -> None:
    await nobody.do("LogIn", login="anna@example.pl", password="wrong")
    await Client().log_in("anna@example.pl", cast.PASSWORD)
    log = (await anna.ask("AccessLog"))["patient"]["accessLog"]["nodes"]
    assert [(entry["action"], entry["outcome"]) for entry in log] == [("log_in", "done"), ("log_in", "refused")]


async def test_the_log_is_read_page_by_page(anna: Client) -> None:
    for _ in range(7):
        await anna.ask("ExportMyData")
        clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    after = None
    while True:
        log = (await anna.ask("AccessLog", first=3, after=after))["patient"]["accessLog"]
        seen += [entry["id"] for entry in log["nodes"]]
        if not log["pageInfo"]["hasNextPage"]:
            break
        after = log["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == 7


async def test_an_entry_of_the_log_is_found_by_its_id_by_its_patient_only(anna: Client, celina: Client) -> None:
    await anna.ask("ExportMyData")
    [entry] = (await anna.ask("AccessLog"))["patient"]["accessLog"]["nodes"]
    assert (await anna.ask("Node", id=entry["id"]))["action"] == "export_data"
    assert [await client.ask("Node", id=entry["id"]) for client in (celina, Client())] == [None, None]
