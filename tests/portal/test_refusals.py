"""Every refusal that a patient can meet is explained in place, in plain words, with the focus and a way forward."""

import asyncio
import re
from datetime import timedelta

from infra import clock
from models.slots.clinic import Clinic
from tests import cast
from tests.portal.stage import DAY, clinic_with_slots, public, visit_of
from tests.portal.window import DESKTOP, Opener, Window
from tests.support.browser import expect
from tests.support.service import Service

SUMMARY = ".summary"


async def refused(window: Window, *texts: str | re.Pattern[str]) -> None:
    """The error summary contains these texts and has the focus; the page title says that there is an error."""
    summary = window.page.locator(SUMMARY)
    for text in texts:
        await expect(summary).to_contain_text(text)
    await expect(summary).to_be_focused()


async def test_each_flaw_of_a_sign_up_is_said_beside_its_field_and_linked_from_the_summary(opened: Opener) -> None:
    window = await opened()
    await window.go("/zaloz-konto")
    await window.send()
    await refused(window, "Imię: To pole jest wymagane.", "PESEL: To pole jest wymagane.")
    await expect(window.page).to_have_title(re.compile("^Błąd: Załóż konto"))
    await window.fill(firstName="Ola", lastName="4", pesel="44051401358", email="ola", phone="12")
    await window.page.get_by_role("checkbox").check()
    await window.send()
    await refused(
        window, "Nazwisko:", "któraś cyfra się nie zgadza", "nie wygląda na adres", "To nie jest numer telefonu"
    )
    in_order = [re.compile(f"^{label}:") for label in ("Nazwisko", "PESEL", "Adres e.mail", "Telefon komórkowy")]
    await expect(window.page.locator(f"{SUMMARY} li")).to_have_text(in_order)
    await window.page.locator(SUMMARY).get_by_role("link", name=re.compile("PESEL")).click()
    field = window.page.locator("[name=pesel]")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    told = await field.get_attribute("aria-describedby")
    assert told
    assert "któraś cyfra" in await window.page.locator(f"#{told.split()[-1]}").inner_text()
    await window.switch_language()
    await window.sees("This is not a valid PESEL")
    await expect(window.page.locator("main")).not_to_contain_text("cyfra")
    await expect(window.page.locator("[name=firstName]")).to_have_value("Ola")


async def test_wrong_log_ins_are_refused_and_too_many_say_until_when(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened()
    await window.go("/zaloguj")
    await window.sign_in(anna, "nie to")
    await refused(window, "Nie udało się zalogować", "nieprawidłowe")
    for _ in range(12):
        await window.sign_in(anna, "nie to")
        await expect(window.page.locator("form button[type=submit]")).not_to_have_attribute("aria-disabled", "true")
    await refused(window, re.compile(r"Zbyt wiele nieudanych prób.* o\s\d\d:\d\d"))


async def test_a_password_that_is_easy_to_guess_says_why_and_may_be_shown(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await window.go("/konto/haslo")
    await window.fill(current=cast.PASSWORD, fresh="Anna Żółć")
    await window.page.get_by_role("button", name="Pokaż hasło").last.click()
    await expect(window.page.locator("[name=fresh]")).to_have_attribute("type", "text")
    await window.send()
    await refused(window, "Nowe hasło:")
    await window.fill(current="nie to", fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await refused(window, "Obecne hasło jest nieprawidłowe")


async def test_a_slot_that_is_taken_meanwhile_offers_others_in_place(opened: Opener) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    _, slots = await clinic_with_slots()
    await visit_of(borys, slots[0])
    window = await opened(by=anna)
    await window.go(f"/termin/{public(slots[0])}")
    await refused(window, "Ten termin został właśnie zajęty")
    await window.page.locator(".alternatives button").first.click()
    await window.titled("Sprawdź i potwierdź")
    await window.sees("08:20")


async def test_a_visit_at_the_same_time_is_named(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots(2)
    _, others = await clinic_with_slots(2, name="Poradnia okulistyczna")
    await visit_of(anna, slots[0])
    window = await opened(by=anna)
    await window.go(f"/termin/{public(others[0])}")
    await refused(window, "mają już Państwo inną wizytę", "08:00")
    await window.page.locator(SUMMARY).get_by_role("link").first.click()
    await window.titled("Wizyta")


async def test_too_many_visits_and_slots_out_of_reach_are_explained(opened: Opener) -> None:
    anna = await cast.anna()
    clinic = await cast.clinic(planned_visits_per_patient=1, days_ahead=10)
    doctor = await cast.doctor(clinic)
    near = await cast.morning(clock.today() + 2 * DAY, 2, at=clinic, by=doctor)
    [far] = await cast.morning(clock.today() + 30 * DAY, 1, at=clinic, by=doctor)
    soon = await cast.slot(clock.now().replace(second=0, microsecond=0) + timedelta(minutes=10), at=clinic, by=doctor)
    await visit_of(anna, near[0])
    window = await opened(by=anna)
    reasons = [(far, "nie można jeszcze zarezerwować"), (soon, "jest już za późno"), (near[1], "najwyżej 1")]
    for slot, text in reasons:
        await window.go(f"/termin/{public(slot)}")
        await refused(window, text)
    await window.go(f"/termin/{public(near[0])[:-3]}abc")
    await window.sees("Nie ma takiej strony")


async def test_a_visit_that_can_no_longer_be_changed_says_so(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened(by=anna)
    await window.go("/wizyty")
    await window.press("Odwołaj")
    await Clinic.all().update(cancel_until_minutes=14 * 24 * 60)
    await window.page.locator("dialog").get_by_role("button", name="Odwołaj wizytę").click()
    await refused(window, "nie można już zmienić")
    await window.press("Nie odwołuj")
    await expect(window.page.locator("dialog")).to_have_count(0)
    await window.go(f"/wizyty/{public(visit)}/przeloz")
    await window.sees("nie można już przełożyć", clinic.phone)


async def test_others_visits_and_offers_are_not_found(opened: Opener) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    _, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(borys, slot)
    window = await opened(by=anna)
    for path in (f"/wizyty/{public(visit)}", f"/potwierdzone/{public(visit)}", f"/wizyty/{public(visit)}/przeloz"):
        await window.go(path)
        await window.sees("Nie ma takiej wizyty na tym koncie")
        await expect(window.page.locator("main")).not_to_contain_text("Poradnia kardiologiczna")


async def test_closed_hours_are_said_on_every_screen_before_anything_is_filled_in(
    opened: Opener, other_centre: Service
) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    opened.url = other_centre.url
    stranger, patient = await asyncio.gather(opened(), opened(by=anna))
    when = re.compile(r"E-rejestracja jest teraz nieczynna. Otwieramy (jutro )?o\s\d\d:00")
    for path in ("/", "/zaloz-konto", "/rezerwacja", f"/rezerwacja/{public(clinic)}"):
        await stranger.go(path)
        await stranger.sees(when, "Wolne terminy można oglądać już teraz")
    for path in ("/wizyty", "/konto"):
        await patient.go(path)
        await patient.sees(when)
    await patient.go(f"/termin/{public(slot)}")
    await refused(patient, "Teraz e-rejestracja jest nieczynna")
    await stranger.go("/zaloz-konto")
    await stranger.fill(firstName="Ola", lastName="Lis", pesel=cast.BORYS_PESEL, email="ola@example.pl")
    await stranger.send()
    await refused(stranger, "Teraz e-rejestracja jest nieczynna")
    await expect(stranger.page.locator("[name=pesel]")).to_have_value(cast.BORYS_PESEL)


async def test_a_centres_name_logo_telephone_and_pages_stand_on_every_screen(
    opened: Opener, other_centre: Service
) -> None:
    opened.url = other_centre.url
    window = await opened(size=DESKTOP)
    for path in ("/", "/rezerwacja", "/zaloguj"):
        await window.go(path)
        logo = window.page.locator("header img")
        await expect(logo).to_have_attribute("alt", "CM Zdrowie")
        assert await logo.evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
        await window.sees("CM Zdrowie", "22 111 11 11")
        link = window.page.locator("footer").get_by_role("link", name="Ochrona danych")
        await expect(link).to_have_attribute("href", "https://zdrowie.example/prywatnosc")
    assert [answer.url for answer in window.answers if "/centre/logo" in answer.url and not answer.ok] == []
