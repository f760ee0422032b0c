"""The five points of the centre's manual, from an empty mailbox to a moved and a cancelled visit."""

import re
from datetime import timedelta

import pytest

from infra import clock
from models.slots.clinic import Clinic
from models.visits.visit import Visit
from tests import cast
from tests.portal.window import DESKTOP, PHONE, Opener, Window, one_time_password

WORDS = {
    "pl": {
        "account": "Konto w e-rejestracji",
        "mailbox": "Prosimy sprawdzić pocztę",
        "to_log_in": "Mam hasło – zaloguj się",
        "own": "Ustaw własne hasło",
        "clinics": "Wybierz poradnię",
        "review": "Sprawdź i potwierdź",
        "booked": "Wizyta umówiona",
        "confirmation": "Potwierdzenie wizyty",
        "move": "Przełóż",
        "moved": "Wizyta przełożona",
        "move_letter": "Zmiana terminu",
        "cancel": "Odwołaj",
        "cancelled": "Wizyta została odwołana",
        "cancel_letter": "Wizyta odwołana",
        "list": "Odwołane wizyty",
        "closed": "Załóż konto",
    },
    "en": {
        "account": "e-registration account",
        "mailbox": "Please check your mailbox",
        "to_log_in": "I have the password – log in",
        "own": "Set your own password",
        "clinics": "Choose a clinic",
        "review": "Check and confirm",
        "booked": "Your visit is booked",
        "confirmation": "Your visit is booked",
        "move": "Move",
        "moved": "Your visit has been moved",
        "move_letter": "was moved",
        "cancel": "Cancel",
        "cancelled": "The visit has been cancelled",
        "cancel_letter": "was cancelled",
        "list": "Cancelled visits",
        "closed": "Open an account",
    },
}


async def a_clinic() -> Clinic:
    """A clinic with twelve slots the day after tomorrow and twelve on the following day."""
    clinic = await cast.clinic("Poradnia kardiologiczna")
    doctor = await cast.doctor(clinic)
    for days in (2, 3):
        await cast.morning(clock.today() + timedelta(days=days), 12, at=clinic, by=doctor)
    return clinic


async def open_an_account(window: Window, words: dict[str, str], pesel: str, email: str) -> None:
    await window.go("/")
    await window.follow(words["closed"])
    await window.fill(firstName="Ola", lastName="Źrebiec", pesel=pesel, email=email, phone="501 234 567")
    await window.send()
    await window.titled(words["mailbox"])
    await window.sees(email)
    secret = one_time_password(await window.letter(words["account"], email))
    await window.follow(words["to_log_in"])
    await window.fill(login=email, password=secret)
    await window.send()
    await window.titled(words["own"])
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.titled(words["clinics"])


async def book(window: Window, words: dict[str, str], clinic: Clinic, hour: str, email: str) -> None:
    await window.follow(clinic.name)
    await window.press(re.compile(f"^{hour}"))
    await window.titled(words["review"])
    await window.page.fill("textarea", "kontrola")
    await window.send()
    await window.titled(words["booked"])
    await window.sees(hour, "@example.pl", "***")
    assert hour in await window.letter(words["confirmation"], email)


async def move_and_cancel(window: Window, words: dict[str, str], email: str) -> None:
    await window.follow(words["move"])
    await window.sees("08:")  # the screen shows the old slot until the new one is booked
    await window.press(re.compile("^11:"))
    await window.send()
    await window.titled(words["moved"])
    assert "11:" in await window.letter(words["move_letter"], email)
    await window.page.get_by_role("navigation").get_by_role("link").nth(1).click()
    await window.press(re.compile(f"^{words['cancel']}$"))
    await window.page.locator("dialog").get_by_role("button").first.click()
    await window.sees(words["cancelled"])
    await window.letter(words["cancel_letter"], email)
    await window.follow(words["list"])
    await window.sees("11:")


@pytest.mark.journey
@pytest.mark.parametrize(("language", "size"), [("pl", PHONE), ("en", DESKTOP)])
async def test_a_patient_goes_all_the_way(opened: Opener, language: str, size: dict[str, int]) -> None:
    words, clinic, email = WORDS[language], await a_clinic(), "ola@example.pl"
    window = await opened(language=language, size=size)
    await open_an_account(window, words, cast.BORYS_PESEL, email)
    await book(window, words, clinic, "08:00", email)
    await move_and_cancel(window, words, email)
    assert (await Visit.get()).status == "CANCELLED"
