"""Sessions that end, are only half open, or belong to staff: nobody gets stuck, and nothing is lost."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from infra import clock
from models.accounts.session import Session
from models.outbox import Message
from models.visits.visit import Visit
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.portal.stage import clinic_with_slots, public, visit_of
from tests.portal.window import Opener, Window
from tests.support.browser import expect, one_time_password

ENDED, LOG_IN, OWN_PASSWORD = "Sesja została zakończona", "Logowanie", "Ustaw własne hasło"


async def test_before_the_end_there_is_a_warning_that_can_keep_the_session(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await window.page.clock.install()
    await window.go("/konto")
    await window.page.clock.fast_forward("28:20")
    dialog = window.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Czy są Państwo jeszcze z nami?")
    await expect(dialog.get_by_role("timer")).to_contain_text(re.compile(r"za 1:\d\d"))
    await Session.all().update(seen_at=clock.now() - timedelta(minutes=29))
    await window.press("Nie wylogowuj mnie")
    await expect(window.page.get_by_role("button", name="Nie wylogowuj mnie")).to_be_enabled()
    await window.page.clock.set_system_time(datetime.now(UTC))  # only the device's clock had been set ahead
    await expect(dialog).to_have_count(0)
    assert (await Session.get()).seen_at > clock.now() - timedelta(minutes=1)


async def test_opening_a_page_late_keeps_the_session_and_warns_of_nothing(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await Session.all().update(seen_at=clock.now() - timedelta(minutes=29))
    await window.go("/konto")
    await window.sees("Anna Żółć")
    await window.page.wait_for_timeout(1500)  # the warning checks once a second, so wait for at least one check
    await expect(window.page.get_by_role("dialog")).to_have_count(0)


async def test_after_eight_hours_the_warning_does_not_promise_what_it_cannot_keep(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await Session.all().update(expires_at=clock.now() + timedelta(seconds=100))
    await window.go("/konto")
    await expect(window.page.get_by_role("dialog")).to_contain_text("trzeba będzie zalogować się ponownie")
    await window.press("Rozumiem")
    await expect(window.page.get_by_role("dialog")).to_have_count(0)


async def test_at_the_end_the_screen_is_empty_and_log_in_leads_back_to_it(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened(by=anna)
    await window.page.clock.install()
    await window.go("/konto/kontakt")
    await window.fill(phone="601 222 333")
    await Session.all().update(expires_at=clock.now())
    await window.page.clock.fast_forward("31:00")
    await window.titled(LOG_IN)
    await window.page.clock.set_system_time(datetime.now(UTC))
    await window.sees(ENDED)
    await expect(window.page.locator("main")).not_to_contain_text("anna@example.pl")
    await window.sign_in(anna)
    await window.titled("Dane kontaktowe")
    await expect(window.page.locator("[name=phone]")).to_have_value("601 222 333")


async def test_what_one_person_typed_is_not_shown_to_the_next(opened: Opener) -> None:
    borys = await cast.borys()
    window = await opened(by=await cast.anna())
    await window.go("/konto/kontakt")
    await window.fill(phone="601 222 333")
    await window.context.clear_cookies()
    await window.follow("Wszystkie ustawienia konta")
    await window.follow("Kto widział moje dane")
    await window.titled(LOG_IN)
    await window.sign_in(borys)
    await window.titled("Kto widział moje dane")
    await window.follow("Wszystkie ustawienia konta")
    await window.follow("Dane kontaktowe")
    await expect(window.page.locator("[name=phone]")).to_have_value(re.compile(r"^\+48\s501\s234\s567$"))


async def test_a_wish_survives_a_lost_session_at_every_step_of_booking(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, _ = await clinic_with_slots()
    window = await opened(by=anna)
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.context.clear_cookies()
    await window.press(re.compile("^08:20"))
    await window.titled(LOG_IN)
    await window.sign_in(anna)
    await window.titled("Sprawdź i potwierdź")
    await window.sees("08:20")
    await window.page.fill("textarea", "kontrola")
    await window.context.clear_cookies()
    await window.send()
    await window.titled(LOG_IN)
    await window.sign_in(anna)
    await window.titled("Sprawdź i potwierdź")
    await expect(window.page.locator("textarea")).to_have_value("kontrola")
    await window.send()
    await window.titled("Wizyta umówiona")
    assert (await Visit.get()).reason == "kontrola"


async def test_at_each_step_a_lost_session_leads_back_to_it_after_logging_in(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots()
    visit = public(await visit_of(anna, slots[0]))
    window = await opened(by=anna)
    steps: tuple[tuple[str, Callable[[], Awaitable[object]], str], ...] = (
        ("/wizyty", lambda: window.follow("Przełóż"), f"/wizyty/{visit}/przeloz"),
        (f"/wizyty/{visit}/przeloz", lambda: window.press(re.compile("^09:00")), rf"/termin/[^?]+\?zamiast={visit}"),
        (f"/wizyty/{visit}", lambda: window.follow("Przełóż"), f"/wizyty/{visit}/przeloz"),
        (f"/termin/{public(slots[4])}?zamiast={visit}", window.send, rf"/termin/[^?]+\?zamiast={visit}"),
        ("/konto", lambda: window.follow("Kto widział moje dane"), "/konto/dostep"),
        ("/konto/dostep", window.page.reload, "/konto/dostep"),
    )
    await window.hold_streams()
    for path, step, way in steps:
        await window.go(path)
        await window.context.clear_cookies()
        await step()
        await window.titled("Logowanie")
        await window.sign_in(anna)
        await expect(window.page.locator("h1")).not_to_have_text("Logowanie")
        await window.at(way)


async def test_a_stranger_who_chooses_a_slot_gets_it_after_logging_in(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, _ = await clinic_with_slots()
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:40"))
    await window.titled(LOG_IN)
    await window.page.reload()
    await window.sign_in(anna)
    await window.titled("Sprawdź i potwierdź")
    await window.sees("08:40")


async def log_in_once(window: Window, letters: int = 1) -> None:
    """Log in with a one-time password, which is in the last of so many letters, starting at the login form."""
    await window.follow("Nie pamiętam hasła")
    await window.fill(email="anna@example.pl")
    await window.send()
    await window.titled("Prosimy sprawdzić pocztę")  # the screen before it has the same link
    await window.follow("Mam hasło – zaloguj się")
    password = await one_time_password(window.url, "anna@example.pl", letters)
    await window.fill(login="anna@example.pl", password=password)
    await window.send()
    await window.titled(OWN_PASSWORD)


async def test_a_half_open_session_leads_to_an_own_password_from_everywhere(opened: Opener) -> None:
    await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    window = await opened()
    await window.go("/zaloguj")
    await log_in_once(window)
    for path in ("/wizyty", "/konto", f"/termin/{public(slot)}"):
        await window.go(path)
        await window.titled(OWN_PASSWORD)
        await expect(window.page.locator("section.notices")).not_to_contain_text(
            "własne hasło"
        )  # the screen itself says so
    for path in ("/", "/rezerwacja", "/zaloz-konto"):
        await window.go(path)
        await window.sees("Pozostało ustawić własne hasło")
    await window.go(f"/termin/{public(slot)}")
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.titled("Sprawdź i potwierdź")


async def test_a_half_open_session_can_be_left_by_logging_out(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened()
    await window.go("/zaloguj")
    await log_in_once(window)
    await window.press("Wyloguj się")
    await window.at("/")
    await window.go("/zaloguj")
    await window.sign_in(anna)
    await window.titled("Dzień dobry, Anna")


async def test_a_half_open_session_that_ends_leads_to_the_log_in(opened: Opener) -> None:
    await cast.anna()
    window = await opened()
    await window.go("/zaloguj")
    await log_in_once(window)
    await Session.all().update(ended_at=clock.now())
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.titled(LOG_IN)
    await window.sees(ENDED)


async def test_an_own_password_that_could_not_be_set_can_be_set_later_and_the_wish_survives(opened: Opener) -> None:
    await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    window = await opened()
    await window.go(f"/termin/{public(slot)}")
    await log_in_once(window)
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.context.clear_cookies()
    await window.send()
    await window.titled(LOG_IN)
    await window.sees(ENDED)
    await Message.all().update(created_at=clock.now() - timedelta(hours=1))  # such letters come every two minutes
    await log_in_once(window, letters=2)
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.titled("Sprawdź i potwierdź")
    await window.sees("08:00")


async def test_a_wish_for_the_waiting_list_survives_a_lost_session(opened: Opener) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await cast.doctor(clinic)
    window = await opened(by=anna)
    await window.go(f"/rezerwacja/{public(clinic)}?lekarz=dowolny")
    form = window.page.locator(".waiting-form")
    await window.fill(earliest="07:00", latest="10:30")
    await form.get_by_label("wtorek").check()
    await window.context.clear_cookies()
    await window.press("Zapisz na listę")
    await expect(form.get_by_role("alert")).to_contain_text(ENDED)
    await form.get_by_role("link", name="Zaloguj się").click()
    await window.sign_in(anna)
    await window.titled(clinic.name)
    await window.at(rf"/rezerwacja/{public(clinic)}\?lekarz=dowolny")
    for name, value in (("earliest", "07:00"), ("latest", "10:30")):
        await expect(window.page.locator(f"[name={name}]")).to_have_value(value)
    await expect(form.get_by_label("wtorek")).to_be_checked()
    await window.press("Zapisz na listę")
    await window.sees("Zapisano na listę")
    assert [entry.weekdays for entry in await WaitingListEntry.all()] == [[2]]


async def test_who_forgot_the_password_finds_again_what_was_typed_before_the_session_ended(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await window.go("/konto/kontakt")
    await window.fill(phone="601 222 333", password=cast.PASSWORD)
    await window.context.clear_cookies()
    await window.send()
    await window.titled(LOG_IN)
    await log_in_once(window)
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await window.titled("Dane kontaktowe")
    await expect(window.page.locator("[name=phone]")).to_have_value("601 222 333")


async def test_a_colleague_is_shown_the_way_to_the_desk(opened: Opener) -> None:
    rita = await cast.rita()
    window = await opened()
    await window.go("/zaloguj")
    await window.sign_in(rita)
    await window.titled("To konto pracownika")
    await expect(window.page.get_by_role("link", name="Przejdź do rejestracji")).to_have_attribute("href", "/graphql")
    await window.go("/wizyty")
    await window.titled("To konto pracownika")


async def test_logging_out_in_one_tab_empties_the_other(opened: Opener) -> None:
    window = await opened(by=await cast.anna())
    await window.go("/konto")
    other = await opened.tab_of(window)
    await asyncio.gather(other.go("/konto/kontakt"), window.sees("Anna Żółć"))
    await window.press("Wyloguj się")
    await other.titled(LOG_IN)
    await expect(other.page.locator("main")).not_to_contain_text("anna@example.pl")


async def test_a_wish_leads_to_our_own_pages_only(opened: Opener) -> None:
    anna = await cast.anna()
    for wish in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        window = await opened()
        await window.page.goto(f"{window.url}/zaloguj?dalej={wish}")
        await window.sign_in(anna)
        await window.titled("Dzień dobry, Anna")
        assert window.page.url == f"{window.url}/"
