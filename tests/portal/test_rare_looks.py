"""How the screens look that patients seldom see: as all others, see test_looks."""

from playwright.async_api import Route

from tests import cast
from tests.portal.rare_screens import rare_screens
from tests.portal.stage import clinic_with_slots, public
from tests.portal.test_looks import (
    AXE,
    BUT_THE_FRAME,
    FULLY,
    IN_EVERY_WAY,
    IS_THOROUGH,
    NARROW,
    look,
    strange_words,
)
from tests.portal.window import Opener
from tests.support.waiting import eventually

LOOKS = IN_EVERY_WAY if IS_THOROUGH else (FULLY, NARROW | BUT_THE_FRAME, {"width": 360, "text": 200})


async def test_every_rare_screen_is_accessible_fits_and_says_only_our_own_words(opened: Opener) -> None:
    flaws: list[str] = []
    async for name, window in rare_screens(opened):
        for language in ("en", "pl"):
            await window.page.locator(f"header .tool[lang={language}]").dispatch_event("click")
            flaws += [f"{name} {language}: {flaw}" for flaw in await strange_words(window, language)]
        await window.page.evaluate(AXE)
        for way in LOOKS:
            flaws += [f"{name} {way}: {flaw}" for flaw in await look(window, **way)]
        assert await window.page.locator("h1").count() == 1, name
    assert not flaws, "\n".join(flaws)


async def test_a_screen_that_is_still_loading_is_accessible(opened: Opener) -> None:
    clinic, [slot, *_] = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    await window.go("/konto")
    waiting: list[Route] = []

    async def keep_waiting(route: Route) -> None:
        waiting.append(route)

    await window.page.route("**/graphql", keep_waiting)
    for path in ("/rezerwacja", f"/rezerwacja/{public(clinic)}", f"/termin/{public(slot)}", "/wizyty", "/konto/dostep"):
        waiting.clear()
        await window.follow_to(path)
        await eventually(lambda: bool(waiting))
        await window.page.locator("main .loading").first.wait_for()
        await window.page.evaluate(AXE)
        assert await look(window, **FULLY) == [], path
        assert await look(window, **NARROW) == [], path
    await window.page.unroute("**/graphql")
