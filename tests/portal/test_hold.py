"""A slot is held while its patient decides, until they leave and no longer than announced."""

import asyncio
import re
from datetime import UTC, datetime

from playwright.async_api import Route

from infra import clock
from models.slots.slot import Slot
from tests import cast
from tests.portal.stage import clinic_with_slots, public
from tests.portal.window import Opener
from tests.support.browser import expect
from tests.support.waiting import eventually

LEFT = re.compile(r"[1-4]:\d\d")


async def test_going_back_gives_the_slot_back(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=anna)
    for leave in (window.page.go_back, lambda: window.follow("Wybierz inny termin")):
        await window.go(f"/rezerwacja/{public(clinic)}")
        await window.press(re.compile("^08:00"))
        await window.titled("Sprawdź i potwierdź")
        assert (await Slot.get(id=slot.id)).held_by_id == anna.patient_id
        await leave()
        await window.titled(clinic.name)
        await expect(window.page.get_by_role("button", name=re.compile("^08:00"))).to_be_visible()
        await _released(slot)


LEAVE_AT_ONCE = """title => new MutationObserver((_, observer) => {
    if (document.querySelector("h1")?.textContent.replace(/\\s/g, " ") !== title) return;
    observer.disconnect();
    window.hasLeft = true;
    history.back();
}).observe(document.body, { childList: true, subtree: true, characterData: true })"""


async def test_one_who_leaves_before_the_review_is_painted_gives_the_slot_back(opened: Opener) -> None:
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.page.evaluate(LEAVE_AT_ONCE, "Sprawdź i potwierdź")
    await window.press(re.compile("^08:00"))

    async def has_left() -> bool:
        return bool(await window.page.evaluate("() => window.hasLeft"))

    await eventually(has_left)
    await window.titled(clinic.name)
    await _released(slot)


async def test_a_hold_that_is_granted_after_the_patient_has_left_is_given_back(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=anna)
    is_granted, has_left = asyncio.Event(), asyncio.Event()

    async def delay_holds(route: Route) -> None:
        if '"visitId"' in (route.request.post_data or ""):
            answer = await route.fetch()
            is_granted.set()
            await has_left.wait()
            await route.fulfill(response=answer)
        else:
            await route.fallback()

    async def leave_and_stay_at(title: str) -> None:
        await eventually(is_granted.is_set)
        assert (await Slot.get(id=slot.id)).held_by_id == anna.patient_id
        await window.page.go_back()
        await window.titled(title)
        has_left.set()
        await _released(slot)
        await window.titled(title)

    await window.go("/rezerwacja")
    await window.follow(clinic.name)
    await window.page.route("**/graphql", delay_holds)
    await window.press(re.compile("^08:00"))
    await leave_and_stay_at("Wybierz poradnię")
    await window.page.go_forward()
    await window.press(re.compile("^08:00"))
    await window.titled("Sprawdź i potwierdź")
    await window.page.go_back()
    await window.titled(clinic.name)
    await _released(slot)
    is_granted.clear()
    has_left.clear()
    await window.page.go_forward()
    await leave_and_stay_at(clinic.name)


async def _released(slot: Slot) -> None:
    async def is_released() -> bool:
        return (await Slot.get(id=slot.id)).held_until is None

    await eventually(is_released, otherwise=lambda: "The slot is still held.")


async def test_a_reload_keeps_the_same_hold(opened: Opener) -> None:
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:00"))
    await window.titled("Sprawdź i potwierdź")
    until = (await Slot.get(id=slot.id)).held_until
    await window.page.reload()
    await expect(window.page.get_by_role("timer")).to_contain_text(LEFT)
    assert (await Slot.get(id=slot.id)).held_until == until


async def test_the_last_minute_is_announced_and_a_lapsed_hold_can_be_taken_again(opened: Opener) -> None:
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.page.clock.install()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:00"))
    await window.titled("Sprawdź i potwierdź")
    await window.forward_to_the_last_minute()
    await expect(window.page.locator("[aria-live=polite]").first).to_have_text("Termin czeka jeszcze jedną minutę.")
    await Slot.filter(id=slot.id).update(held_until=clock.now())
    await window.page.clock.fast_forward("01:00")
    await window.sees("Czas na potwierdzenie minął")
    await window.page.clock.set_system_time(datetime.now(UTC))
    await window.press("Zatrzymaj ponownie")
    await expect(window.page.get_by_role("timer")).to_contain_text(LEFT)
