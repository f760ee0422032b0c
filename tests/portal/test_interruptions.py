"""A step can be continued after a reload, Back, another language, a lost session, no connection and no server.

The steps of booking and moving have tests of their own: test_steps, test_connection, test_session; so do offers:
test_offers.
"""

from functools import partial

from playwright.async_api import expect

from infra import clock
from models.accounts.account import Account
from models.audit import AuditEntry
from models.visits.visit import Visit
from models.waiting.offer import Offer
from tests import cast
from tests.portal.interruptions import Step, goes_on, outage, pressing, seeing, titled, try_again, typing
from tests.portal.outage import forgive
from tests.portal.stage import DAY, clinic_with_slots, link_of, public, report_absence, visit_of
from tests.portal.window import Opener, Window, one_time_password
from tests.support import schedules

OWN = "siedem krokow do zielonych drzwi"


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
    await window.titled("Prosimy sprawdzić pocztę")  # the screen before it has the same link
    await window.follow("Mam hasło – zaloguj się")
    await expect(window.page.locator("[name=login]")).to_have_value("anna@example.pl")  # the address is filled in
    await window.fill(password=one_time_password(await window.letter("Nowe hasło")))
    await window.send()
    done, typed = titled("Wybierz poradnię"), {"fresh": "siedem krokow do zielonych drzwi"}
    await goes_on(
        window, Step("/haslo/wlasne", "Ustaw własne hasło", done, begin=typing(**typed), kept=typed, is_repeated=False)
    )


async def offer_to(account: Account) -> Offer:
    """Book a visit, report its doctor absent, and return the offer of another slot of that doctor."""
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


async def test_every_screen_that_cannot_be_loaded_says_so_and_can_be_tried_again(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, slots = await clinic_with_slots()
    visit, offer = await visit_of(anna, slots[0]), await offer_to(anna)
    absent = await Visit.get(id=offer.visit_id)
    await schedules.join_waiting_list(anna, clinic)
    window = await opened(by=anna)
    await window.go("/konto")
    for path, shown in (
        ("/", "Najbliższa wizyta"),
        ("/rezerwacja", clinic.name),
        (f"/rezerwacja/{public(clinic)}", "08:20"),
        (f"/termin/{public(slots[1])}", "Termin czeka na Państwa jeszcze"),
        (f"/potwierdzone/{public(visit)}", "Wizyta umówiona"),
        (f"/termin/{public(slots[2])}?zamiast={public(visit)}", "Termin czeka na Państwa jeszcze"),
        (f"/wizyty/{public(absent)}", "lekarza nie będzie"),
        (link_of(visit), "Tak, przyjdę"),
        (f"/wizyty/{public(visit)}/przeloz", "Pozostaje ważny, dopóki nowy nie zostanie potwierdzony"),
        ("/wizyty", "Lista oczekujących"),
        ("/wizyty/minione", "Nie ma tu jeszcze"),
        ("/wizyty/odwolane", "Nie ma tu jeszcze"),
        (f"/oferty/{public(offer)}", "Przyjmij ten termin"),
        ("/konto/dostep", "Wysłano wiadomość o nieobecności lekarza"),
        ("/konto/dostep?kto=ja", "Zatrzymano termin"),
    ):
        screen = Step(path, "", seeing(shown))
        await outage(window, partial(Window.follow_to, path=path), screen, is_load=True)
        await try_again(window)
        await screen.done(window)
        forgive(window)
