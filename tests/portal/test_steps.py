"""At each step of booking a reload, Back, and a change of language lead to the right place with nothing lost."""

import re
from collections.abc import Awaitable, Callable

from tests import cast
from tests.portal.stage import clinic_with_slots, public, visit_of
from tests.portal.window import Opener, Window, one_time_password
from tests.support.browser import expect


async def survives(window: Window, title: str, english: str) -> None:
    """Check that the screen is the same after switching the language, a reload, and switching back."""
    await window.titled(title)
    await window.switch_language()
    await window.titled(english)
    await window.page.reload()
    await window.titled(english)
    await window.switch_language()
    await window.titled(title)
    await window.settle()


async def test_every_step_of_booking_survives(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.go("/")
    await survives(window, "Dzień dobry, Anna", "Hello, Anna")
    await window.follow("Umów wizytę")
    await window.page.fill("#search", "KARDIOLOGICZN")
    await survives(window, "Wybierz poradnię", "Choose a clinic")
    await expect(window.page.locator("#search")).to_have_value("KARDIOLOGICZN")
    await window.follow(clinic.name)
    await survives(window, clinic.name, clinic.name)
    await window.press(re.compile("^08:20"))
    await survives(window, "Sprawdź i potwierdź", "Check and confirm")
    await window.page.fill("textarea", "kontrola")
    await window.switch_language()
    await expect(window.page.locator("textarea")).to_have_value("kontrola")
    await window.switch_language()
    for title in (clinic.name, "Wybierz poradnię", "Dzień dobry, Anna"):
        await window.page.go_back()
        await window.titled(title)
    for _ in range(3):
        await window.page.go_forward()
    await window.titled("Sprawdź i potwierdź")
    await window.send()
    await survives(window, "Wizyta umówiona", "Your visit is booked")
    await window.page.go_back()
    await window.titled(clinic.name)  # Back skips the slot's step: the slot has been booked


async def test_every_step_of_a_move_survives(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots()
    visit = await visit_of(anna, slots[0])
    window = await opened(by=anna)
    await window.go(f"/wizyty/{public(visit)}")
    moving, checking = "Wybierz nowy termin", "Sprawdź i przełóż wizytę"
    steps: tuple[tuple[Callable[[], Awaitable[None]], str, str], ...] = (
        (lambda: window.follow("Przełóż"), moving, "Choose a new appointment"),
        (lambda: window.press(re.compile("^09:00")), checking, "Check and move the visit"),
        (window.send, "Wizyta przełożona", "Your visit has been moved"),
    )
    for step, title, english in steps:
        await step()
        await survives(window, title, english)
        if title == checking:
            await window.page.go_back()
            await window.titled(moving)
            await window.page.go_forward()
            await window.titled(checking)
    await window.page.go_back()
    await window.titled(moving)  # Back skips the slot's step: the slot is now the visit's own
    await window.sees("09:00")


async def test_every_step_of_opening_an_account_survives(opened: Opener) -> None:
    window = await opened()
    await window.go("/")
    await window.follow("Załóż konto")
    await survives(window, "Załóż konto", "Open an account")
    await window.fill(firstName="Ola", lastName="Lis", pesel=cast.BORYS_PESEL, email="ola@example.pl")
    await window.send()
    secret = one_time_password(await window.letter("Konto w e-rejestracji", "ola@example.pl"))
    await survives(window, "Prosimy sprawdzić pocztę", "Please check your mailbox")
    await window.follow("Mam hasło – zaloguj się")
    await survives(window, "Logowanie", "Log in")
    for title in ("Prosimy sprawdzić pocztę", "Załóż konto"):
        await window.page.go_back()
        await window.titled(title)
    for _ in range(2):
        await window.page.go_forward()
    await window.titled("Logowanie")
    await window.fill(login="ola@example.pl", password=secret)
    await window.send()
    await survives(window, "Ustaw własne hasło", "Set your own password")
    await window.page.go_back()
    await window.sees("Pozostało ustawić własne hasło")
    await window.page.go_forward()
    await window.titled("Ustaw własne hasło")
    await window.fill(fresh="siedem krokow do zielonych drzwi")
    await window.send()
    await survives(window, "Wybierz poradnię", "Choose a clinic")


async def test_what_was_typed_into_a_sign_up_survives_a_change_of_language_and_a_look_elsewhere(opened: Opener) -> None:
    window = await opened()
    await window.go("/zaloz-konto")
    await window.fill(firstName="Ola", email="ola@example.pl")
    await window.switch_language()
    await window.titled("Open an account")
    await expect(window.page.locator("[name=firstName]")).to_have_value("Ola")
    await window.follow("Log in")
    await window.page.go_back()
    await expect(window.page.locator("[name=email]")).to_have_value("ola@example.pl")
    assert "ola" not in window.page.url


async def test_english_addresses_and_letters_lead_to_the_same_pages_in_their_language(opened: Opener) -> None:
    anna = await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened(by=anna)
    same = {
        "/visits": ("/wizyty", "Visits"),
        f"/visits/{public(visit)}": (f"/wizyty/{public(visit)}", "Visit"),
        "/account": ("/konto", "Account"),
        "/booking?szukaj=kardio": (r"/rezerwacja\?szukaj=kardio", "Choose a clinic"),
        "/password": ("/haslo", "New password"),
        "/sign-up": ("/zaloz-konto", "Open an account"),
        "/log-in?dalej=/konto": ("/konto", "Account"),
    }
    for english, (polish, title) in same.items():
        await window.go(english)
        await window.titled(title)
        await window.at(polish)
        await window.page.evaluate("localStorage.clear()")  # otherwise the next page would be in English
    other = await opened(by=anna)
    await other.go(f"/wizyty/{public(visit)}?lang=en")
    await other.titled("Visit")
    await other.at(f"/wizyty/{public(visit)}")


async def test_the_focus_goes_to_the_title_at_each_step(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.go("/")
    focused = window.page.locator("h1:focus")
    for name, title in (("Umów wizytę", "Wybierz poradnię"), (clinic.name, clinic.name)):
        await window.follow(name)
        await expect(focused).to_have_text(title)
    await window.press(re.compile("^08:00"))
    await expect(focused).to_have_text("Sprawdź i potwierdź")
    await window.send()
    await expect(focused).to_have_text("Wizyta umówiona")
    await expect(window.page).to_have_title(re.compile("^Wizyta umówiona – e-Rejestracja CM Diamed"))


async def scroll_down(window: Window) -> None:
    """Scroll to the end of the page, as somebody does who presses the last button on a small phone."""
    await window.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert await window.page.evaluate("scrollY") > 0, "the page is no longer than the window"


async def begins_at_the_top(window: Window, title: str) -> None:
    await window.titled(title)
    await expect(window.page.locator("h1")).to_be_in_viewport(ratio=1)


async def test_on_a_small_phone_each_step_of_booking_and_moving_begins_at_its_top(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(count=30)
    window = await opened(by=await cast.anna(), size={"width": 360, "height": 500})
    await window.go("/rezerwacja")
    await window.follow(clinic.name)
    await window.titled(clinic.name)
    await window.settle()
    await scroll_down(window)
    await window.press(re.compile("^08:20"))
    await begins_at_the_top(window, "Sprawdź i potwierdź")
    await scroll_down(window)
    await window.send()
    await begins_at_the_top(window, "Wizyta umówiona")
    await scroll_down(window)
    await window.follow("Przełóż")
    await begins_at_the_top(window, "Wybierz nowy termin")
    await window.settle()
    await scroll_down(window)
    await window.press(re.compile("^09:00"))
    await begins_at_the_top(window, "Sprawdź i przełóż wizytę")
    await scroll_down(window)
    await window.send()
    await begins_at_the_top(window, "Wizyta przełożona")


async def test_logging_in_from_a_scrolled_form_shows_the_next_screen_from_its_top(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened(size={"width": 360, "height": 400})
    await window.go("/wizyty")
    await scroll_down(window)
    await window.sign_in(anna)
    await begins_at_the_top(window, "Wizyty")


async def test_back_returns_to_where_the_page_was_scrolled(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(count=30)
    window = await opened(by=await cast.anna(), size={"width": 360, "height": 500})
    await window.go("/rezerwacja")
    await window.follow(clinic.name)
    await window.titled(clinic.name)
    await window.settle()
    await scroll_down(window)
    await window.walk("/")
    await begins_at_the_top(window, "Dzień dobry, Anna")
    await window.page.go_back()
    await window.titled(clinic.name)
    await window.settle()
    assert await window.page.evaluate("scrollY") > 0
