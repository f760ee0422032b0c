"""Everything can be done with the keyboard alone, and the focused element is never hidden."""

from models.accounts.account import Account
from models.visits.visit import Visit
from tests import cast
from tests.portal.stage import clinic_with_slots, public
from tests.portal.window import Opener, Window, one_time_password
from tests.support.browser import expect

IS_SEEN = """(it) => {
    const { left, top, width, height } = it.getClientRects()[0]; // a link may go over two lines
    const there = document.elementFromPoint(left + width / 2, top + height / 2);
    return it.contains(there) || (it.labels?.[0]?.contains(there) ?? false);
}"""


async def tab_to(window: Window, selector: str) -> None:
    focused = window.page.locator(f"{selector}:focus")
    for _ in range(60):
        await window.page.keyboard.press("Tab")
        if await focused.count():
            assert await focused.evaluate(IS_SEEN), f"{selector} is hidden."
            return
    raise AssertionError(f"Tab does not reach {selector}.")


async def press(window: Window, selector: str) -> None:
    await tab_to(window, selector)
    await window.page.keyboard.press("Enter")


async def type_into(window: Window, **values: str) -> None:
    for name, value in values.items():
        await tab_to(window, f"[name={name}]")
        await window.page.keyboard.press("Control+a")
        await window.page.keyboard.type(value)


SUBMIT = "form button[type=submit]"
PLACES = "nav.bottom a"


async def test_a_slot_is_booked_moved_and_cancelled(opened: Opener) -> None:
    anna = await cast.anna()
    await clinic_with_slots()
    window = await opened(by=anna)
    await window.go("/rezerwacja")
    await press(window, ".card h2 a")
    await window.titled("Poradnia kardiologiczna")
    await window.settle()
    await press(window, "button.time")
    await window.titled("Sprawdź i potwierdź")
    await type_into(window, reason="kontrola")
    await press(window, SUBMIT)
    await window.titled("Wizyta umówiona")
    await press(window, "a:has-text('Przełóż')")
    await window.titled("Wybierz nowy termin")
    await window.settle()
    await press(window, "button.time")
    await window.titled("Sprawdź i przełóż wizytę")
    await press(window, SUBMIT)
    await window.titled("Wizyta przełożona")
    await press(window, "button.dangerous")
    await expect(window.page.locator("dialog h2")).to_be_focused()
    await window.page.keyboard.press("Escape")
    await expect(window.page.locator("dialog")).to_have_count(0)
    await expect(window.page.locator("button.dangerous")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(window.page.locator("dialog h2")).to_be_focused()
    await press(window, "dialog button[type=submit]")
    await window.titled("Wizyty")
    await window.sees("Wizyta została odwołana")
    assert (await Visit.get()).status == "CANCELLED"


async def test_an_account_is_opened_and_a_password_of_ones_own_is_set(opened: Opener) -> None:
    window = await opened()
    await window.go("/")
    await press(window, "main a:has-text('Załóż konto')")
    await window.titled("Załóż konto")
    await press(window, SUBMIT)
    await press(window, ".summary a:has-text('PESEL')")
    await expect(window.page.locator("[name=pesel]")).to_be_focused()
    await window.page.keyboard.type(cast.BORYS_PESEL)
    for name, value in (("lastName", "Źrebiec"), ("firstName", "Ola")):
        await window.page.keyboard.press("Shift+Tab")
        await expect(window.page.locator(f"[name={name}]")).to_be_focused()
        await window.page.keyboard.type(value)
    await type_into(window, email="ola@example.pl", phone="501 234 567")
    await tab_to(window, "[name=smsReminders]")
    await window.page.keyboard.press("Space")
    await window.page.keyboard.press("Enter")
    await window.titled("Prosimy sprawdzić pocztę")
    secret = one_time_password(await window.letter("Konto w e-rejestracji", "ola@example.pl"))
    await press(window, "a:has-text('Mam hasło')")
    await window.titled("Logowanie")
    await type_into(window, login="ola@example.pl", password=secret)
    await window.page.keyboard.press("Enter")
    await window.titled("Ustaw własne hasło")
    await type_into(window, fresh="siedem krokow do zielonych drzwi")
    await window.page.keyboard.press("Enter")
    await window.titled("Wybierz poradnię")
    assert await Account.filter(email="ola@example.pl").exists()


async def test_one_logs_in_waits_changes_the_account_and_logs_out(opened: Opener) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await cast.doctor(clinic)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await press(window, ".waiting-form a")
    await window.titled("Logowanie")
    await type_into(window, login="anna@example.pl", password=cast.PASSWORD)
    await window.page.keyboard.press("Enter")
    await window.titled(clinic.name)
    await window.settle()
    await press(window, SUBMIT)
    await window.titled("Wizyty")
    await press(window, "button:has-text('Już nie czekam')")
    await window.sees("Skreślono z listy")
    await press(window, f"{PLACES}:has-text('Konto')")
    await window.titled("Konto")
    await press(window, "a:has-text('Dane kontaktowe')")
    await type_into(window, phone="601 234 567", password=cast.PASSWORD)
    await window.page.keyboard.press("Enter")
    await window.sees("Zapisano")
    account = await Account.get(id=anna.id).select_related("patient")
    assert account.patient
    assert account.patient.phone == "+48601234567"
    await press(window, "main button:has-text('Wyloguj się')")
    await window.titled("Umów wizytę w kilka chwil")


async def test_the_skip_link_leads_to_the_content(opened: Opener) -> None:
    window = await opened()
    await window.go("/")
    await window.page.keyboard.press("Tab")
    await expect(window.page.locator("a.skip")).to_be_focused()
    await window.page.keyboard.press("Enter")
    await expect(window.page.locator("main")).to_be_focused()
