"""Without a connection or a server, the page says so, keeps what was typed, and tries again."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import time

import pytest
from playwright.async_api import Route

from infra import clock
from models.visits.visit import Visit
from tests import cast
from tests.portal.interruptions import try_again
from tests.portal.outage import Broken, forgive
from tests.portal.stage import DAY, clinic_with_slots, public, slots_on, visit_of
from tests.portal.window import Opener, Window
from tests.support.browser import expect

SAID = re.compile("Nie udało się połączyć|[Pp]róbujemy ponownie|Brak połączenia")


@pytest.mark.parametrize("manner", ["502", "abort"])
async def test_a_page_that_cannot_begin_says_so_and_begins_by_itself(opened: Opener, manner: str) -> None:
    window = await opened()
    async with Broken(window, manner):
        await window.page.goto(window.url + "/rezerwacja")
        await window.sees("Nie udało się połączyć", "22 000 00 00")
    if manner == "abort":  # the event that the browser sends when it is online again
        await window.page.evaluate("dispatchEvent(new Event('online'))")
    await window.titled("Wybierz poradnię")
    forgive(window)


async def test_a_list_that_cannot_be_loaded_can_be_asked_for_again(opened: Opener) -> None:
    anna = await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    await visit_of(anna, slot)
    window = await opened(by=anna)
    await window.go("/")
    async with Broken(window, "502"):
        await window.page.get_by_role("navigation").get_by_role("link", name="Wizyty").last.click()
        await window.sees("Serwis chwilowo nie odpowiada")
    await window.press("Spróbuj ponownie")
    await window.sees("Poradnia kardiologiczna")


@pytest.mark.parametrize("manner", ["502", "offline"])
async def test_at_each_step_it_is_said_and_the_step_is_taken_when_the_way_is_mended(
    opened: Opener, manner: str
) -> None:
    anna = await cast.anna()
    clinic, _ = await clinic_with_slots()
    window = await opened(by=anna)
    main = window.page.locator("main")
    await window.go("/")
    steps: tuple[tuple[Callable[[], Awaitable[None]], str, str], ...] = (
        (lambda: window.follow("Umów wizytę"), "Wybierz poradnię", clinic.name),
        (lambda: window.follow(clinic.name), clinic.name, "08:20"),
        (lambda: window.press(re.compile("^08:20")), "Sprawdź i potwierdź", "08:20"),
        (window.send, "Wizyta umówiona", "08:20"),
        (lambda: window.follow("Przełóż"), "Wybierz nowy termin", "09:00"),
        (lambda: window.press(re.compile("^09:00")), "Sprawdź i przełóż wizytę", "09:00"),
        (window.send, "Wizyta przełożona", "09:00"),
        (lambda: window.follow("Wszystkie wizyty"), "Wizyty", "09:00"),
        (lambda: _cancel(window), "Wizyty", "Nie mają Państwo zaplanowanych wizyt"),
    )
    for step, title, shown in steps:
        async with Broken(window, manner):
            await step()
            await window.sees(SAID)
        await window.page.evaluate("dispatchEvent(new Event('online'))")  # so that it tries again at once
        await window.titled(title)
        await expect(main).to_contain_text(shown)
    assert [visit.status for visit in await Visit.all()] == ["CANCELLED"]
    forgive(window)


async def _cancel(window: Window) -> None:
    await window.press("Odwołaj", exact=True)
    await window.page.locator("dialog").get_by_role("button", name="Odwołaj wizytę").click()


async def test_a_form_of_the_account_is_sent_when_the_way_is_mended(opened: Opener) -> None:
    stranger, patient = await opened(), await opened(by=await cast.anna())
    await stranger.go("/zaloz-konto")
    await stranger.fill(firstName="Ola", lastName="Lis", pesel=cast.BORYS_PESEL, email="ola@example.pl")
    await patient.go("/konto/kontakt")
    await patient.fill(phone="601 234 567", password=cast.PASSWORD)
    for window, manner in ((stranger, "502"), (patient, "offline")):
        async with Broken(window, manner):
            await window.send()
            await window.sees(SAID)
        await window.page.evaluate("dispatchEvent(new Event('online'))")  # so that it tries again at once
    await stranger.titled("Prosimy sprawdzić pocztę")
    await patient.sees("Zapisano")
    for window in (stranger, patient):
        forgive(window)


async def test_later_slots_of_a_day_that_cannot_be_loaded_are_missed_and_loaded_again(opened: Opener) -> None:
    clinic, day = await cast.clinic(), clock.today() + 3 * DAY
    await slots_on(day, time(8), 101, clinic=clinic, doctor=await cast.doctor(clinic))
    window = await opened()
    is_broken = True

    async def break_later_pages(route: Route) -> None:
        if is_broken and '"after":"' in (route.request.post_data or ""):
            await route.fulfill(status=502, body="Bad Gateway")
        else:
            await route.fallback()

    await window.page.route("**/graphql", break_later_pages)
    await window.go(f"/rezerwacja/{public(clinic)}?dzien={day}")
    box = window.page.locator("main .box")
    await expect(box).to_contain_text("Serwis chwilowo nie odpowiada")
    await expect(box.locator("a[href^='tel:']")).to_be_visible()
    await expect(window.page.locator(".time")).to_have_count(100)
    is_broken = False
    await try_again(window)
    await expect(window.page.locator(".time")).to_have_count(101)
    await expect(box).to_have_count(0)
    forgive(window)


async def test_offline_is_said_and_what_was_typed_is_sent_when_the_connection_is_back(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, _ = await clinic_with_slots()
    window = await opened(by=anna)
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:00"))
    await window.titled("Sprawdź i potwierdź")
    await window.page.fill("textarea", "kontrola")
    await window.context.set_offline(True)
    await window.sees("Brak połączenia z internetem")
    await window.send()
    await window.sees("Czekamy na połączenie")
    assert await Visit.all().count() == 0
    await window.context.set_offline(False)
    await window.titled("Wizyta umówiona")
    assert (await Visit.get()).reason == "kontrola"
    forgive(window)


async def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, _ = await clinic_with_slots()
    window = await opened(by=anna)
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:00"))
    await window.titled("Sprawdź i potwierdź")
    lost = asyncio.Event()

    async def lose_the_answer(route: Route) -> None:
        if "idempotencyKey" in (route.request.post_data or "") and not lost.is_set():
            await route.fetch()
            lost.set()
            await route.abort()
        else:
            await route.fallback()

    await window.page.route("**/graphql", lose_the_answer)
    await window.send()
    await window.titled("Wizyta umówiona")
    assert lost.is_set()
    assert await Visit.all().count() == 1
    forgive(window)


async def test_what_must_not_be_repeated_keeps_what_was_typed_and_leaves_it_to_the_person(opened: Opener) -> None:
    anna = await cast.anna()
    window = await opened()
    await window.go("/zaloguj")
    async with Broken(window, "502") as way:
        await window.sign_in(anna)
        await window.sees("Nie udało się wysłać")
        assert way.hits == 1
    await expect(window.page.locator("[name=login]")).to_have_value("anna@example.pl")
    await window.send()
    await window.titled("Dzień dobry, Anna")


async def test_a_page_of_yesterdays_release_says_that_it_must_be_loaded_anew(opened: Opener) -> None:
    window = await opened()
    await window.go("/")
    unknown = '{"errors": [{"message": "", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}'

    async def forgotten(route: Route) -> None:
        await route.fulfill(status=200, content_type="application/json", body=unknown)

    await window.page.route("**/graphql", forgotten)
    await window.follow("Umów wizytę")
    await window.sees("Strona została w międzyczasie zaktualizowana")
    await window.page.get_by_role("link", name="Zaloguj się").click()
    await window.fill(login="anna@example.pl", password="nie to")
    await window.send()
    await expect(window.page.locator(".summary")).to_contain_text("Strona została w międzyczasie zaktualizowana")
    await window.page.go_back()
    await window.sees("Odśwież stronę")
    await window.page.unroute("**/graphql")
    await window.press("Odśwież stronę")
    await window.settle()
    await expect(window.page.locator("main")).not_to_contain_text("zaktualizowana")
