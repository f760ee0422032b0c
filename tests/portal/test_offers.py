"""Offered slots: to a patient whose doctor is absent, and to one on the waiting list."""

import re
from datetime import timedelta

from playwright.async_api import Route

from infra import clock
from models.accounts.account import Account, Role
from models.slots.slot import Slot
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from models.waiting import freed_slots
from models.waiting.offer import Offer
from tests import cast
from tests.portal.interruptions import Step, goes_on, hurry, titled
from tests.portal.outage import forgive
from tests.portal.stage import DAY, public, report_absence, visit_of
from tests.portal.window import Opener, letter
from tests.support import schedules
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


async def offer_from_the_waiting_list(opened: Opener, anna: Account) -> tuple[str, Slot]:
    """Make an offer from the waiting list to Anna; return the link in her letter, and the offered slot."""
    borys, clinic = await cast.borys(), await cast.clinic("Poradnia okulistyczna")
    [slot] = await cast.morning(clock.today() + 4 * DAY, 1, at=clinic, by=await cast.doctor(clinic))
    visit = await visit_of(borys, slot)
    await schedules.join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    found = re.search(r"/oferty/[\w-]+", await letter(opened.url, "Zwolnił się termin"))
    assert found
    return found.group(), slot


async def test_accepting_goes_on_whatever_interrupts_it_and_happens_once(opened: Opener) -> None:
    anna, moved, [_, other] = await absence()
    link, free = await offer_from_the_waiting_list(opened, anna)
    window = await opened(by=anna)
    await window.go("/")
    accept = "Przyjmij ten termin"
    await goes_on(window, Step(link, "Propozycja terminu", titled("Wizyta umówiona"), button=accept), anna)
    await goes_on(window, Step("/wizyty", "Wizyty", titled("Wizyta przełożona"), button=accept), anna)
    assert {visit.slot_id for visit in await Visit.filter(status="BOOKED")} == {free.id, other.id}
    assert [change.kind for change in await VisitChange.filter(visit_id=moved.id)].count("MOVED") == 1
    await window.go(link)
    await window.sees("Ta propozycja została już przyjęta")
    await window.follow("Szczegóły")
    await window.titled("Wizyty")


async def test_a_stranger_accepts_by_a_letters_link_and_two_clicks_or_a_lost_answer_accept_once(opened: Opener) -> None:
    anna = await cast.anna()
    link, slot = await offer_from_the_waiting_list(opened, anna)
    window = await opened()
    await window.go(f"{link}?lang=pl")
    await window.titled("Logowanie")
    await window.page.reload()
    await window.sign_in(anna)
    await window.titled("Propozycja terminu")
    sent: list[Route] = []

    async def lose_the_first_answer(route: Route) -> None:
        if '"offerId"' in (route.request.post_data or ""):
            sent.append(route)
        if sent == [route]:
            await route.fetch()
            await route.abort()
        else:
            await route.fallback()

    await window.page.route("**/graphql", lose_the_first_answer)
    await window.page.get_by_role("button", name="Przyjmij ten termin").dblclick()
    await window.sees("nic nie zostanie zrobione dwa razy")
    await hurry(window)
    await window.titled("Wizyta umówiona")
    assert len(sent) == 2
    assert [visit.slot_id for visit in await Visit.filter(patient_id=anna.patient_id)] == [slot.id]
    forgive(window)


async def test_an_offer_whose_slot_is_gone_says_so_and_what_can_be_done(opened: Opener) -> None:
    anna, visit, [_, other] = await absence()
    offer = await Offer.get()
    window = await opened(by=anna)
    await window.hold_streams()
    await window.go(f"/oferty/{public(offer)}")
    await window.titled("Propozycja terminu")
    await report_absence(other, by=await Account.get(role=Role.RECEPTIONIST))
    await window.press("Przyjmij ten termin")
    await expect(window.page.locator(".summary")).to_contain_text("Ta propozycja nie jest już aktualna")
    await expect(window.page.locator(".summary")).to_be_focused()
    await window.page.reload()
    await window.sees("Ta propozycja nie jest już aktualna", "Można też zadzwonić")
    await window.follow("Przełóż")
    await window.titled("Wybierz nowy termin")
    await window.at(f"/wizyty/{public(visit)}/przeloz")
    await window.go(f"/oferty/{public(visit)}")
    await window.sees("Ta propozycja nie jest już aktualna", "Można też zadzwonić")
