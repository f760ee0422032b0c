"""A letter's personal link: opening it changes nothing; buttons confirm or cancel without logging in."""

import re

import pytest

from infra import clock
from models.visits.visit import Visit
from tests import cast
from tests.explorer.desk import Desk
from tests.portal.stage import clinic_with_slots, link_of, visit_of
from tests.portal.window import DESKTOP, Opener
from tests.support.browser import HAS_ASSETS, expect
from tests.support.visits import cancel


async def test_opening_the_link_changes_nothing_and_a_button_confirms(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened()
    path = link_of(visit)
    await window.go(path)
    await window.titled("Czy przyjdą Państwo na wizytę?")
    await window.sees("08:00", clinic.address)
    for secret in (clinic.name, "Wiśniewska", "Anna", "Żółć"):
        await expect(window.page.locator("main")).not_to_contain_text(secret)
    assert (await Visit.get(id=visit.id)).confirmed_at is None
    await window.press("Tak, przyjdę")
    await window.titled("Dziękujemy za potwierdzenie")
    assert (await Visit.get(id=visit.id)).confirmed_at is not None
    token = path.partition("#")[2]
    assert [request.url for request in window.requests if token in request.url.partition("#")[0]] == []


@pytest.mark.skipif(not HAS_ASSETS, reason="needs the desk: make explorer")
async def test_reception_sees_on_its_day_list_that_the_patient_has_confirmed(opened: Opener) -> None:
    anna, rita = await cast.anna(), await cast.rita()
    _, slots = await clinic_with_slots(2)
    visit, _ = await visit_of(anna, slots[0]), await visit_of(await cast.borys(), slots[1])
    desk_window, letter_window = await opened(by=rita, size=DESKTOP), await opened()
    desk = Desk(desk_window.page, opened.url)
    await desk.page.goto(f"{opened.url}/graphql")
    await desk.go_to(clock.local(slots[0].starts_at).date())
    cells, mark = desk.page.locator(".cell.BOOKED"), desk.page.get_by_title("potwierdzona przez pacjenta")
    await expect(cells).to_have_count(2)
    await expect(mark).to_have_count(0)
    await letter_window.go(link_of(visit))
    await letter_window.press("Tak, przyjdę")
    await letter_window.titled("Dziękujemy za potwierdzenie")
    await expect(mark).to_have_count(1)
    await expect(cells.filter(has=mark)).to_contain_text("Żółć Anna")
    await expect(desk.page.locator(".legend")).to_contain_text("potwierdzona przez pacjenta 1")
    await desk.click(desk.cell("Żółć Anna"))
    await expect(desk.side).to_contain_text("potwierdzona przez pacjenta")
    await desk.page.emulate_media(media="print")
    await expect(desk.page.locator("#print tr", has_text="Żółć Anna")).to_contain_text("☑")


async def test_the_link_cancels_after_asking_once_more_even_if_the_language_changes_then(opened: Opener) -> None:
    anna = await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened()
    await window.go(link_of(visit))
    await window.page.click("summary")
    await window.switch_language()
    await window.titled("Will you come to your visit?")
    await window.press("Cancel the visit")
    await window.titled("The visit has been cancelled")
    assert (await Visit.get()).status == "CANCELLED"


async def test_a_link_that_is_over_or_cut_short_says_so(opened: Opener) -> None:
    anna = await cast.anna()
    _, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened()
    path = link_of(visit)
    await cancel(anna, visit)
    for address in (path, path[:-5], "/potwierdz", "/potwierdz#"):
        await window.page.goto("about:blank")
        await window.go(address)
        await expect(window.page.locator("h1")).to_have_text(
            re.compile("Ten odnośnik nie działa|Wizyta została odwołana")
        )
