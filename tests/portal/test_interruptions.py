"""Whatever interrupts a step, it goes on: reload, Back, another language, a lost session, no connection, no server.

The steps of booking and moving have tests of their own: test_steps, test_connection, test_session.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from playwright.async_api import Locator, expect

from infra import clock
from models.accounts.account import Account
from models.audit import AuditEntry
from models.waiting.offer import Offer
from tests import cast
from tests.portal.outage import Broken, forgive
from tests.portal.stage import DAY, clinic_with_slots, link_of, public, report_absence, visit_of
from tests.portal.window import Opener, Window, one_time_password
from tests.support import schedules

Act = Callable[[Window], Awaitable[object]]

OFFLINE = re.compile("Czekamy na połączenie")
AWAY, NOT_SENT = re.compile("Próbujemy ponownie"), re.compile("Nie udało się wysłać")
OWN = "siedem krokow do zielonych drzwi"


async def nothing(_: Window) -> None:
    pass


def pressing(name: str) -> Act:
    return lambda window: window.press(name, exact=True)


def typing(**values: str) -> Act:
    return lambda window: window.fill(**values)


def seeing(text: str) -> Act:
    return lambda window: window.sees(text)


def titled(title: str) -> Act:
    return lambda window: window.titled(title)


@dataclass(frozen=True)
class Step:
    """What is typed and sent at one address, and what is seen when that is done."""

    path: str
    title: str
    done: Act
    open: Act = nothing  # what is typed into, if it is not open
    begin: Act = nothing
    button: str = ""  # the form's own, if it is not named
    kept: Mapping[str, str] = field(default_factory=dict)  # what outlives even the session, by the fields' names
    is_repeated: bool = True  # by the page itself, as that changes nothing twice


async def walk(window: Window, path: str) -> None:
    """By a link of the page, without loading it anew."""
    follow = "path => document.body.append(Object.assign(document.createElement('a'), { href: path, id: 'walk' }))"
    await window.page.evaluate(follow, path)
    await window.page.evaluate("() => { const link = document.getElementById('walk'); link.click(); link.remove(); }")


async def press(window: Window, step: Step) -> None:
    await (window.press(step.button, exact=True) if step.button else window.send())


async def ready(window: Window, step: Step) -> None:
    await window.settle()
    if step.button:
        await window.page.get_by_role("button", name=step.button, exact=True).first.wait_for()


PRESS_IF_THERE = """name => {
    const all = [...document.querySelectorAll(name ? "main button" : "main form button[type=submit]")];
    all.findLast(({ textContent }) => !name || textContent === name)?.click();
}"""


async def keeps(window: Window, step: Step) -> None:
    for name, value in step.kept.items():
        await expect(window.page.locator(f"[name={name}]").last).to_have_value(value)


def saying(window: Window, words: re.Pattern[str]) -> Locator:
    return window.page.locator("main .box, main .summary").filter(has_text=words)


async def outage(window: Window, act: Act, step: Step) -> None:
    """First there is no connection, then no server; each is said, with the telephone, and nothing typed is lost."""
    async with AsyncExitStack() as server:
        async with Broken(window, "offline"):
            await act(window)
            await expect(saying(window, OFFLINE).locator("a[href^='tel:']")).to_be_visible()
            await keeps(window, step)
            await server.enter_async_context(Broken(window, "502"))
        await expect(saying(window, AWAY if step.is_repeated else NOT_SENT).locator("a[href^='tel:']")).to_be_visible()
        await keeps(window, step)


async def hurry(window: Window) -> None:
    """Spares the wait for the next attempt."""
    await window.page.evaluate("dispatchEvent(new Event('online'))")


async def goes_on(window: Window, step: Step, account: Account | None = None) -> None:
    await walk(window, step.path)
    await window.titled(step.title)
    await window.page.reload()
    await window.titled(step.title)
    await walk(window, "/rezerwacja")
    await window.titled("Wybierz poradnię")
    await window.page.go_back()
    await window.titled(step.title)
    await step.open(window)
    await step.begin(window)
    await window.page.keyboard.press("Escape")  # the language stands behind a dialog
    for _ in range(2):
        await window.switch_language()
    await step.open(window)
    await keeps(window, step)
    await step.begin(window)
    if account:
        await ready(window, step)
        await window.context.clear_cookies()
        await window.page.evaluate(PRESS_IF_THERE, step.button)  # unless the page has noticed already
        await window.titled("Logowanie")
        await window.sees("Sesja została zakończona")
        await window.sign_in(account)
        await window.titled(step.title)
        await window.at(re.escape(step.path))
        await step.open(window)
        await keeps(window, step)
        await step.begin(window)
    await ready(window, step)
    send = partial(press, step=step)
    await outage(window, send, step)
    await (hurry(window) if step.is_repeated else send(window))
    await step.done(window)
    forgive(window)


async def test_opening_an_account_logging_in_and_a_forgotten_password_go_on(opened: Opener) -> None:
    anna = await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened()
    await window.go("/")
    ola = {"firstName": "Ola", "lastName": "Lis", "pesel": cast.BORYS_PESEL, "email": "ola@example.pl"}
    mail, caller = {"email": "a@example.pl"}, {"login": "anna@example.pl", "password": cast.PASSWORD}
    mailbox, log_in = "Prosimy sprawdzić pocztę", "Logowanie"

    async def ask_again(window: Window) -> None:
        if not await window.page.locator("details[open]").count():
            await window.page.click("details summary")

    for step in (
        Step("/zaloz-konto", "Załóż konto", titled(mailbox), begin=typing(**ola), kept=ola),
        Step("/zaloz-konto/poczta", mailbox, seeing("Wysłano"), ask_again, typing(**mail), kept=mail),
        Step("/haslo", "Nowe hasło", titled(mailbox), begin=typing(**mail), kept=mail),
        Step("/haslo/poczta", mailbox, seeing("Wysłano"), ask_again, typing(**mail), kept=mail),
        Step(
            "/zaloguj",
            log_in,
            titled("Dzień dobry, Anna"),
            begin=typing(**caller),
            kept=caller,
            is_repeated=False,
        ),
        Step("/potwierdz-adres#abc", "Potwierdzenie adresu e‑mail", seeing("niepełny")),
        Step(link_of(visit), "Czy przyjdą Państwo na wizytę?", seeing("Dziękujemy"), button="Tak, przyjdę"),
    ):
        await goes_on(window, step)


async def test_setting_an_own_password_goes_on(opened: Opener) -> None:
    await cast.anna()
    window = await opened()
    await window.go("/haslo")
    await window.fill(email="anna@example.pl")
    await window.send()
    await window.follow("Mam hasło – zaloguj się")
    await expect(window.page.locator("[name=login]")).to_have_value("anna@example.pl")  # typed once is enough
    await window.fill(password=one_time_password(await window.letter("Nowe hasło")))
    await window.send()
    done, typed = titled("Wybierz poradnię"), {"fresh": "siedem krokow do zielonych drzwi"}
    await goes_on(
        window, Step("/haslo/wlasne", "Ustaw własne hasło", done, begin=typing(**typed), kept=typed, is_repeated=False)
    )


async def offer_to(account: Account) -> Offer:
    """Another slot of the same doctor, who is absent on the day of a visit."""
    clinic, [slot] = await clinic_with_slots(1, days=5, name="Poradnia okulistyczna")
    await cast.morning(clock.today() + 7 * DAY, 1, at=clinic, by=await slot.doctor)
    await report_absence(await visit_of(account, slot), by=await cast.rita())
    return await Offer.get()


async def test_visits_offers_and_the_waiting_list_go_on(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots()
    nothing_free = await cast.clinic("Poradnia neurologiczna")
    await cast.doctor(nothing_free)
    kept = await visit_of(anna, slots[0])
    offer = await offer_to(anna)
    window = await opened(by=anna)
    await window.go("/")
    visit, reason = f"/wizyty/{public(kept)}", {"reason": "wyjazd"}

    for step in (
        Step(visit, "Wizyta", seeing("Obecność potwierdzona"), button="Potwierdzam obecność"),
        Step(visit, "Wizyta", seeing("Wizyta została odwołana"), pressing("Odwołaj"), typing(**reason), kept=reason),
        Step(
            f"/rezerwacja/{public(nothing_free)}",
            "Poradnia neurologiczna",
            seeing("Zapisano na listę"),
            begin=typing(earliest="07:00"),
            button="Zapisz na listę",
            kept={"earliest": "07:00"},
        ),
        Step("/wizyty", "Wizyty", seeing("Skreślono z listy"), button="Już nie czekam"),
        Step(f"/oferty/{public(offer)}", "Propozycja terminu", seeing("bez zmian"), button="Nie odpowiada mi"),
    ):
        await goes_on(window, step, None if step.path.startswith("/rezerwacja") else anna)


async def test_every_part_of_the_account_goes_on(opened: Opener) -> None:
    anna = await cast.anna()
    for _ in range(25):
        await AuditEntry.record("hold_slot", account=anna)
    window = await opened(by=anna)
    await window.go("/")
    saved, password = seeing("Zapisano"), typing(password=cast.PASSWORD)
    phone = {"phone": "601 222 333"}

    async def choose_english(window: Window) -> None:
        await window.page.get_by_role("radio", name="angielski").check()
        await password(window)

    async def choose_a_password(window: Window) -> None:
        await window.fill(current=cast.PASSWORD, fresh=OWN)

    async def has_more(window: Window) -> None:
        await expect(window.page.get_by_role("button", name="Pokaż więcej")).to_have_count(0)

    for step in (
        Step("/konto/kontakt", "Dane kontaktowe", saved, begin=typing(**phone, password=cast.PASSWORD), kept=phone),
        Step("/konto/przypomnienia", "Przypomnienia", saved, begin=password),
        Step("/konto/jezyk", "Język wiadomości", saved, begin=choose_english),
        Step("/konto/dostep?kto=ja", "Kto widział moje dane", has_more, button="Pokaż więcej"),
        Step("/konto/dane", "Pobierz moje dane", seeing("Plik został pobrany"), button="Pobierz plik"),
        Step("/konto/haslo", "Hasło", seeing("Hasło zostało zapisane"), begin=choose_a_password, is_repeated=False),
    ):
        await goes_on(window, step, anna)
    closed = seeing("Konto zostało zamknięte")
    await goes_on(
        window,
        Step(
            "/konto/zamknij",
            "Zamknięcie konta",
            closed,
            pressing("Zamknij konto"),
            typing(password=OWN),
            is_repeated=False,
        ),
    )


async def test_every_screen_that_cannot_be_loaded_says_so_and_loads_by_itself(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, slots = await clinic_with_slots()
    visit, offer = await visit_of(anna, slots[0]), await offer_to(anna)
    await schedules.join_waiting_list(anna, clinic)
    window = await opened(by=anna)
    await window.go("/konto")
    for path, shown in (
        ("/", "Najbliższa wizyta"),
        ("/rezerwacja", clinic.name),
        (f"/rezerwacja/{public(clinic)}", "08:20"),
        (f"/termin/{public(slots[1])}", "Termin czeka na Państwa jeszcze"),
        (f"/potwierdzone/{public(visit)}", "Wizyta umówiona"),
        (f"/wizyty/{public(visit)}/przeloz", "Dotychczasowy termin pozostaje ważny"),
        ("/wizyty", "Lista oczekujących"),
        ("/wizyty/minione", "Nie ma tu jeszcze"),
        (f"/oferty/{public(offer)}", "Przyjmij ten termin"),
        ("/konto/dostep", "Wysłano wiadomość o nieobecności lekarza"),
    ):
        screen = Step(path, "", seeing(shown))
        await outage(window, partial(walk, path=path), screen)
        await hurry(window)
        await screen.done(window)
        forgive(window)
