"""One's own account: each part has a page of its own, and every change is confirmed by the password."""

import asyncio
import json
import re

from models.accounts.account import Account, Language
from models.audit import AuditEntry
from tests import cast
from tests.portal.stage import clinic_with_slots, visit_of
from tests.portal.window import DESKTOP, Opener, Window
from tests.support.browser import expect
from tests.support.visits import cancel

ADDRESS_LINK = re.compile(r"/potwierdz-adres(?:\?lang=en)?#[\w.~-]+")


async def open_part(window: Window, name: str) -> None:
    await window.go("/konto")
    await window.follow(name)
    await window.titled(name)


async def test_telephone_reminders_and_language_are_changed_each_on_its_page(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened(by=anna)
    await open_part(window, "Dane kontaktowe")
    await window.fill(phone="601 234 567", password="nie to")
    await window.send()
    await window.sees("Hasło jest nieprawidłowe")
    await window.fill(password=cast.PASSWORD)
    await window.send()
    await window.sees("Zapisano")
    await open_part(window, "Przypomnienia")
    await window.sees("+48 601 234 567")
    await window.page.get_by_role("checkbox").uncheck()
    await window.fill(password=cast.PASSWORD)
    await window.send()
    await window.sees("Zapisano")
    await open_part(window, "Język wiadomości")
    await window.page.get_by_role("radio", name="angielski").check()
    await window.fill(password=cast.PASSWORD)
    await window.send()
    await window.sees("Zapisano")
    account = await Account.get(id=anna.id).select_related("patient")
    assert account.patient
    assert (account.language, account.patient.phone, account.patient.sms_reminders) == (
        Language.EN,
        "+48601234567",
        False,
    )


async def test_a_new_address_counts_once_its_letter_is_confirmed_by_a_button(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened(by=anna)
    await open_part(window, "Dane kontaktowe")
    await window.fill(email="nowa@example.pl", password=cast.PASSWORD)
    await window.send()
    await window.sees("nowa@example.pl")
    await open_part(window, "Dane kontaktowe")
    await expect(window.page.locator(".box")).to_contain_text("nowa@example.pl")
    found = ADDRESS_LINK.search(await window.letter("Potwierdzenie adresu w e-rejestracji"))
    assert found
    elsewhere = await opened()
    await elsewhere.go(found.group())
    await elsewhere.titled("Potwierdzenie adresu e‑mail")
    assert (await Account.get(id=anna.id)).email == "anna@example.pl", "opening the link changes nothing"
    await elsewhere.send()
    await elsewhere.sees("Adres został potwierdzony")
    assert (await Account.get(id=anna.id)).email == "nowa@example.pl"
    token = found.group().partition("#")[2]
    assert [sent.url for sent in elsewhere.requests if token in sent.url.partition("#")[0]] == []
    await elsewhere.go("/zaloguj")
    await elsewhere.fill(login="nowa@example.pl", password=cast.PASSWORD)
    await elsewhere.send()
    await elsewhere.titled("Dzień dobry, Anna")
    await window.page.reload()
    await expect(window.page.locator("[name=email]")).to_have_value("nowa@example.pl")


async def test_the_password_is_changed_and_other_devices_are_logged_out(opened: Opener) -> None:
    anna = await cast.anna()
    window, other = await asyncio.gather(opened(by=anna), opened(by=anna, size=DESKTOP))
    await other.go("/konto")
    await open_part(window, "Hasło")
    await window.fill(current=cast.PASSWORD, fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.sees("Hasło zostało zapisane")
    await other.follow("Kto widział moje dane")
    await other.titled("Logowanie")


async def test_who_saw_my_data_tells_others_apart_from_me_and_is_paged(opened: Opener) -> None:
    anna, rita = await cast.anna(), await cast.rita()
    await AuditEntry.record("open_record", account=rita, patient_id=anna.patient_id, subject_id=anna.patient_id)
    for _ in range(25):
        await AuditEntry.record("hold_slot", account=anna)
    window = await opened(by=anna)
    await open_part(window, "Kto widział moje dane")
    await window.sees("Otwarto kartotekę", "rejestracja")
    await expect(window.page.locator(".log li")).to_have_count(1)
    await window.follow("Moje działania")
    await expect(window.page.locator(".log li")).to_have_count(20)
    await window.press("Pokaż więcej")
    await expect(window.page.locator(".log li")).to_have_count(25)
    await expect(window.page.locator("main")).not_to_contain_text("Otwarto kartotekę")


async def test_ones_data_can_be_taken_away(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await open_part(window, "Pobierz moje dane")
    async with window.page.expect_download() as download:
        await window.press("Pobierz plik")
    file = await (await download.value).path()
    assert json.loads(file.read_text())
    assert (await download.value).suggested_filename == "moje-dane.json"
    await window.sees("Plik został pobrany")


async def test_the_account_is_closed_only_after_asking_once_more(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await open_part(window, "Zamknięcie konta")
    await window.press("Zamknij konto")
    await window.page.get_by_role("dialog").get_by_role("button", name="Zostaw konto").click()
    await expect(window.page.get_by_role("dialog")).to_have_count(0)
    await window.press("Zamknij konto")
    await window.fill(password=cast.PASSWORD)
    await window.page.get_by_role("dialog").get_by_role("button", name="Zamknij konto").click()
    await window.sees("Konto zostało zamknięte")
    await window.at("/")
    await window.go("/konto")
    await window.titled("Logowanie")


async def test_past_and_cancelled_visits_are_told_apart_and_can_be_booked_again(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, slots = await clinic_with_slots()
    await cancel(anna, await visit_of(anna, slots[0]))
    window = await opened(by=anna)
    await window.go("/wizyty")
    await window.sees("Nie mają Państwo zaplanowanych wizyt")
    await window.follow("Odwołane wizyty")
    await window.sees("odwołana", clinic.name)
    await window.follow("Umów ponownie")
    await window.titled(clinic.name)
    await window.go("/wizyty")
    await window.follow("Minione wizyty")
    await window.sees("Nie ma tu jeszcze żadnych wizyt")
