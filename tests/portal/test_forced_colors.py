"""In the reader's own colours there are no backgrounds and shadows: lines tell what is chosen and has the focus."""

from playwright.async_api import Page

from infra import clock
from tests import cast
from tests.portal.stage import DAY, clinic_with_slots, public, visit_of
from tests.portal.window import DESKTOP, PHONE, Opener

# The outline may be drawn around what contains the focused element.
WITHOUT_RING = """() => {
    const around = (it) => it.closest(".choice, .card.linked") ?? it;
    const hasRing = (it) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(it);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const isRinged = (it) => hasRing(it) || hasRing(around(it));
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
    const reached = all.filter((it) => it.tabIndex >= 0 && it.checkVisibility());
    const flawed = reached.filter((it) => {
        document.activeElement.blur();
        const isRingedBefore = isRinged(it);
        it.focus();
        return document.activeElement === it && (isRingedBefore || !isRinged(it));
    });
    return [...flawed.map((it) => it.outerHTML.slice(0, 120)), ...(reached.length > 5 ? [] : ["no page"])];
}"""
LINES = """(it) => {
    const { borderStyle, borderWidth, textDecorationLine, textDecorationThickness } = getComputedStyle(it);
    return [borderStyle, borderWidth, textDecorationLine, textDecorationThickness].join(" ");
}"""


async def lines(page: Page, selector: str) -> str:
    return str(await page.locator(selector).locator("visible=true").first.evaluate(LINES))


async def test_focus_choice_and_place_are_told_by_lines(opened: Opener) -> None:
    anna = await cast.anna()
    first = (clock.today().replace(day=1) + 45 * DAY).replace(day=10)
    clinic, slots = await clinic_with_slots(days=(first - clock.today()).days)
    await cast.morning(first + DAY, 1, at=clinic, by=await slots[0].doctor)  # another free day of that month
    visit = await visit_of(anna, slots[0])
    window = await opened(by=anna)
    page = window.page
    await page.emulate_media(forced_colors="active")
    told_apart = {
        f"/rezerwacja/{public(clinic)}?dni=1234567&pora=rano&dzien={first}": (
            ("[aria-selected=true] .day", "[aria-selected=false] .day.free"),
            (".choice:has(:checked)", ".choice:not(:has(:checked))"),
        ),
        "/konto/jezyk": ((".choice:has(:checked)", ".choice:not(:has(:checked))"),),
        "/konto/dostep": ((".tabs [aria-current]", ".tabs :not([aria-current])"),),
        "/wizyty": (("nav [aria-current]", "nav :not([aria-current]):is(a)"),),
        f"/wizyty/{public(visit)}": (),
        f"/termin/{public(slots[1])}": (),
        "/konto": (),
    }
    for path, pairs in told_apart.items():
        await window.go(path)
        for size in (PHONE, DESKTOP):
            await page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dictionary will do
            for chosen, other in pairs:
                assert await lines(page, chosen) != await lines(page, other), (path, chosen)
            await page.keyboard.press("Tab")  # from now on, the browser draws what a script focuses as for the keyboard
            assert await page.evaluate(WITHOUT_RING) == [], path
    await window.go("/wizyty")
    await window.press("Odwołaj")
    await page.keyboard.press("Tab")
    ringed = "() => getComputedStyle(document.activeElement).outlineStyle"
    assert await page.evaluate(ringed) != "none"
