"""Service hours: e-registration accepts bookings and sign-ups from 07:00 until just before 22:00, every day."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import settings
from infra import clock
from models.slots.slot import Slot
from tests import cast
from tests.cast import WARSAW, warsaw
from tests.support.client import Client, id_of

GATED = {
    "SignUp": {"email": "x", "pesel": "x", "firstName": "x", "lastName": "x"},
    "HoldSlot": {"slotId": "x"},
    "BookVisit": {"slotId": "x"},
    "RescheduleVisit": {"visitId": "x", "slotId": "x"},
    "CancelVisit": {"visitId": "x"},
}
DAYS = {
    "an ordinary Monday": (2026, 11, 23),
    "the day on which summer time ends": (2026, 10, 25),
    "Easter Sunday, on which summer time begins": (2027, 3, 28),
}


def at(day: tuple[int, int, int], text: str) -> datetime:
    hour, minute, second = (int(part) for part in text.split(":"))
    return datetime(*day, hour, minute, second, tzinfo=WARSAW)


async def outcome(client: Client, mutation: str) -> str:
    """The code or type of the answer: refused because of the hour, or let through and refused for its input."""
    answer = await client.send(mutation, input=GATED[mutation])
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    [value] = answer["data"].values()
    return str(value["__typename"])


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("mutation", GATED)
async def test_registration_opens_and_closes_to_the_second(day: tuple[int, int, int], mutation: str) -> None:
    let_in = "InvalidInput" if mutation == "SignUp" else "BAD_USER_INPUT"
    with clock.pinned(at(day, "06:59:59")):
        account = await cast.anna()
    for moment, expected in (
        ("06:59:59", "OutsideServiceHours"),
        ("07:00:00", let_in),
        ("21:59:59", let_in),
        ("22:00:00", "OutsideServiceHours"),
    ):
        with clock.pinned(at(day, moment)):
            client = Client(await cast.signed_in(account))
            assert await outcome(client, mutation) == expected, moment


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T06:59:59+01:00", "2026-11-23T07:00:00+01:00"),
        ("2026-11-23T22:00:00+01:00", "2026-11-24T07:00:00+01:00"),
        ("2026-10-24T22:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T07:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T07:00:00+01:00"),
        ("2027-03-27T23:30:00+01:00", "2027-03-28T07:00:00+02:00"),
        ("2027-03-28T03:00:00+02:00", "2027-03-28T07:00:00+02:00"),
    ],
)
async def test_the_refusal_says_when_it_opens(now: str, opens: str, nobody: Client) -> None:
    with clock.pinned(datetime.fromisoformat(now)):
        refused = await nobody.do("SignUp", **GATED["SignUp"])
    assert (refused["__typename"], refused["opensAt"]) == ("OutsideServiceHours", opens)


async def test_the_refusal_speaks_both_languages_and_names_the_telephone() -> None:
    with clock.pinned(warsaw(23, 22)):
        polish = await Client(language="pl").do("SignUp", **GATED["SignUp"])
        english = await Client(language="en").do("SignUp", **GATED["SignUp"])
    assert polish["message"].startswith("E-rejestracja jest teraz nieczynna;")
    assert english["message"].startswith("E-registration is closed at this hour.")
    assert settings.CENTRE_PHONE in polish["message"]
    assert settings.CENTRE_PHONE in english["message"]


async def test_at_night_one_can_still_read_log_in_release_and_close_the_account(nobody: Client) -> None:
    account, slot = await cast.anna(), await cast.slot()
    with clock.pinned(warsaw(23, 21, 59)):
        anna = Client(await cast.signed_in(account))
        assert (await anna.do("HoldSlot", slotId=id_of(slot)))["__typename"] == "SlotHold"
    await Slot.filter(id=slot.id).update(held_until=warsaw(24, 8))  # an offer may be held overnight
    with clock.pinned(warsaw(23, 22, 1)):
        assert (await nobody.ask("Clinics"))["nodes"][0]["name"] == "Poradnia kardiologiczna"
        signed_in = await Client().log_in("anna@example.pl", cast.PASSWORD)
        assert await signed_in.do("ReleaseSlot", slotId=id_of(slot)) is True
        assert "anna@example.pl" in await signed_in.ask("ExportMyData")
        assert (await signed_in.do("CloseAccount", currentPassword=cast.PASSWORD))["__typename"] == "Accepted"


@pytest.mark.parametrize(
    ("now", "is_open", "next_opening", "next_closing"),
    [
        ("2026-11-23T06:59:59+01:00", False, "2026-11-23T07:00:00+01:00", "2026-11-23T22:00:00+01:00"),
        ("2026-11-23T07:00:00+01:00", True, "2026-11-24T07:00:00+01:00", "2026-11-23T22:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", True, "2026-10-25T07:00:00+01:00", "2026-10-24T22:00:00+02:00"),
        ("2027-03-27T22:00:00+01:00", False, "2027-03-28T07:00:00+02:00", "2027-03-28T22:00:00+02:00"),
    ],
)
async def test_anybody_can_ask_for_the_hours(
    now: str, is_open: bool, next_opening: str, next_closing: str, nobody: Client
) -> None:
    with clock.pinned(datetime.fromisoformat(now)):
        assert await nobody.ask("ServiceHours") == {
            "isOpen": is_open,
            "opensAt": "07:00",
            "closesAt": "22:00",
            "timeZone": "Europe/Warsaw",
            "now": now,
            "nextOpening": next_opening,
            "nextClosing": next_closing,
        }


async def test_hours_of_the_settings_count(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICE_OPENS", 9 * 60 + 30)
    assert await outcome(nobody, "SignUp") == "OutsideServiceHours"
    clock.advance(timedelta(minutes=30))
    assert await outcome(nobody, "SignUp") == "InvalidInput"


async def test_open_round_the_clock_refuses_nobody(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICE_OPENS", 0)
    monkeypatch.setattr(settings, "SERVICE_CLOSES", 24 * 60)
    for hour in (0, 3, 12, 23):
        with clock.pinned(warsaw(23, hour)):
            assert await outcome(nobody, "SignUp") == "InvalidInput"
            hours: dict[str, Any] = await nobody.ask("ServiceHours")
            assert hours["isOpen"] is True
