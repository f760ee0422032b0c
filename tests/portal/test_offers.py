"""Offered slots: to a patient whose doctor is absent, and to one on the waiting list."""

import re
from datetime import timedelta

from infra import clock
from models.accounts.account import Account
from models.slots.slot import Slot
from models.visits.visit import Visit
from models.waiting.offer import Offer
from tests import cast
from tests.portal.stage import DAY, public, report_absence, visit_of
from tests.portal.window import Opener
from tests.support.browser import expect
from tests.support.visits import cancel


async def absence() -> tuple[Account, Visit, list[Slot]]:
    """Anna's visit cannot take place; the same doctor has a slot two days later."""
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor, day = await cast.doctor(clinic), clock.today() + 3 * DAY
    slots = [
        *await cast.morning(day, 1, at=clinic, by=doctor),
        *await cast.morning(day + 2 * DAY, 1, at=clinic, by=doctor),
    ]
    visit = await visit_of(anna, slots[0])
    await report_absence(visit, by=await cast.rita())
    return anna, visit, slots


async def test_the_offered_slot_is_taken_instead_of_the_visit(opened: Opener) -> None:
    anna, visit, [_, other] = await absence()
    window = await opened(by=anna)
    await window.go("/")
    await window.sees("Mamy dla Państwa propozycję terminu")
    await window.follow("Zobacz propozycję")
    await window.sees(
        "Lekarza nie będzie. Proponujemy inny termin zamiast", "lekarza nie będzie", "Czeka tylko na Państwa do"
    )
    await window.press("Przyjmij ten termin")
    await window.titled("Wizyta przełożona")
    assert [found.slot_id for found in await Visit.filter(id=visit.id)] == [other.id]
    assert f"{clock.local(other.starts_at):%H:%M}" in await window.letter("Zmiana terminu")


async def test_a_letters_link_opens_the_offer_and_a_late_one_says_that_it_is_over(opened: Opener) -> None:
    anna, _visit, [booked, _] = await absence()
    offer = await Offer.get()
    window = await opened()
    await window.go(f"/oferty/{public(offer)}")
    await window.titled("Logowanie")
    await window.sign_in(anna)
    await window.titled("Propozycja terminu")
    await window.press("Nie odpowiada mi")
    await window.sees("Wizyta pozostaje bez zmian", "Ta propozycja nie jest już aktualna")
    assert (await Visit.get()).slot_id == booked.id
    await window.go("/wizyty")
    await window.sees("lekarza nie będzie")
    await window.follow("Szczegóły")
    await window.sees("Prosimy przyjąć proponowany termin")
    await expect(window.page.locator("main")).not_to_contain_text("Co zabrać")


async def test_an_offer_that_lapses_while_it_is_looked_at_goes(opened: Opener) -> None:
    anna, *_ = await absence()
    await Offer.all().update(expires_at=clock.now() + timedelta(minutes=9))
    window = await opened(by=anna)
    await window.page.clock.install()
    await window.go("/wizyty")
    await window.sees(re.compile(r"pozostało [5-8]:\d\d"))
    await Offer.all().update(expires_at=clock.now())
    await window.page.clock.fast_forward("09:00")
    await expect(window.page.locator(".offer")).to_have_count(0)


async def test_one_who_waits_is_offered_what_comes_free_and_books_it(opened: Opener) -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    [slot] = await cast.morning(clock.today() + 3 * DAY, 1, at=clinic, by=await cast.doctor(clinic))
    visit = await visit_of(borys, slot)
    window = await opened(by=anna)
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press("Zapisz na listę")
    await window.sees("Zapisano na listę")
    await cancel(borys, visit)
    await window.letter("Zwolnił się termin")
    await window.go("/wizyty")
    await window.press("Przyjmij ten termin")
    await window.titled("Wizyta umówiona")
    assert (await Visit.get(patient_id=anna.patient_id)).slot_id == slot.id
    await window.go("/wizyty")
    await expect(window.page.locator("main")).not_to_contain_text("Lista oczekujących")
