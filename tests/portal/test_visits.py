"""A patient's visits on the screen: exported to a calendar, and kept up to date while others change them."""

import asyncio
import re

from playwright.async_api import Route

from tests import cast
from tests.portal.stage import clinic_with_slots, public, visit_of
from tests.portal.window import Opener
from tests.support.browser import expect
from tests.support.visits import cancel, move


async def test_a_visit_goes_into_the_calendar_by_a_file(opened: Opener) -> None:
    anna = await cast.anna()
    clinic, [slot, *_] = await clinic_with_slots()
    visit = await visit_of(anna, slot)
    window = await opened(by=anna)
    for path in ("/wizyty/{}", "/potwierdzone/{}"):
        await window.go(path.format(public(visit)))
        async with window.page.expect_download() as download:
            await window.follow("Dodaj do kalendarza")
        text = (await (await download.value).path()).read_text()
        assert (await download.value).suggested_filename.endswith(".ics")
        assert f"DTSTART:{slot.starts_at:%Y%m%dT%H%M%SZ}" in text
        assert "METHOD:PUBLISH" in text
        assert "BEGIN:VALARM" in text
        assert clinic.name not in text.replace("\r\n ", "")


async def test_what_others_change_is_shown_at_once(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots()
    first, second = await visit_of(anna, slots[0]), await visit_of(anna, slots[3])
    window = await opened(by=anna)
    listed, one = window, await opened.tab_of(window)
    await listed.go("/wizyty")
    await listed.sees("08:00", "09:00")
    await one.go(f"/wizyty/{public(second)}")
    await cancel(anna, first)
    await expect(listed.page.locator("main")).not_to_contain_text("08:00")
    await move(anna, second, slots[5])
    await listed.sees("09:40")
    await one.sees("09:40")
    await cancel(anna, second)
    await one.sees(re.compile("odwołan"))


async def test_what_changed_before_the_stream_was_open_is_shown_too(opened: Opener) -> None:
    anna = await cast.anna()
    _, slots = await clinic_with_slots()
    visit = await visit_of(anna, slots[0])
    window = await opened(by=anna)
    is_cancelled = asyncio.Event()

    async def delay_streams(route: Route) -> None:
        if "event-stream" in route.request.headers.get("accept", ""):
            await is_cancelled.wait()
        await route.continue_()

    await window.page.route("**/graphql", delay_streams)
    await window.go("/wizyty")
    await window.sees("08:00")
    await cancel(anna, visit)
    is_cancelled.set()
    await window.sees("Nie mają Państwo zaplanowanych wizyt")
