"""How every screen looks: axe finds no faults, nothing overflows, and all texts are our own."""

import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra import clock
from models.visits.visit import Visit
from tests import cast
from tests.portal.screens import screens, stage
from tests.portal.stage import clinic_with_slots, public
from tests.portal.window import DESKTOP, PHONE, Opener, Window
from tests.support.browser import expect

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "portal/node_modules/axe-core/axe.min.js").read_text()
RUN = """async ([options, but]) => {
    const exclude = but.map((part) => [part]);
    const { violations } = await axe.run({ exclude }, { resultTypes: ["violations"], ...options });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}"""
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= edge) return [];
    const all = [...document.querySelectorAll("#portal *")];
    const over = all.filter((it) => it.getBoundingClientRect().right > edge + 1);
    return over.slice(0, 5).map((it) => it.outerHTML.slice(0, 120));
}"""
DIVIDED = """() => {
    const text = document.createRange();
    const isDivided = (it) => {
        text.selectNodeContents(it);
        return text.getBoundingClientRect().height > 1.9 * parseFloat(getComputedStyle(it).fontSize);
    };
    const words = [...document.querySelectorAll("button.day, .month th, .week span, .bottom span")].filter(isDivided);
    return words.map((it) => `divided: ${it.outerHTML.slice(0, 120)}`);
}"""
DATA = (
    "Poradnia kardiologiczna",
    "Poradnia okulistyczna",
    "Poradnia neurologiczna",
    "ul. Długa 1, 00-238 Warszawa",
    "Wiśniewska",
    "Żółć",
    "ul. Długa 12, 00-238 Warszawa",
    "kardiolog",
    "Polski",
    "English",
)
NOT_OURS = re.compile(
    r"`|\bundefined\b|\bnull\b|\bNaN\b|\bfetch\b|\bJSON\b|\[object|\{|\}|\b(?!mObywatel)[a-z]+[A-Z]\w*"
)
POLISH = re.compile(r"[ąćęłńóśźż]|\b(?:wizyta|jest|lub|prosimy)\b", re.IGNORECASE)
ENGLISH = re.compile(r"\b(?:the|your|you|please|visit|and|with|log in)\b", re.IGNORECASE)


EVERYTHING: dict[str, Any] = {}
STRUCTURE = {"rules": {"color-contrast": {"enabled": False}}, "preload": False}
# The rules whose answer depends on where things are or on the colours. All others read the document, which is the same
# on a narrower page, in dark mode and with larger text.
LAYOUT = {"runOnly": ["color-contrast", "target-size", "scrollable-region-focusable"], "preload": False}
PLACES = {"runOnly": ["target-size", "scrollable-region-focusable"], "preload": False}
TALL = 10_000  # on such a page the bar at the bottom covers nothing that could be scrolled away from it
# Axe checks only what can differ: colours in each scheme, the menu on a wide page, and places on a narrow one and with
# larger text, for which it demands no better contrast.
FULLY: dict[str, Any] = {"width": 360, "rules": EVERYTHING}
NARROW: dict[str, Any] = {"width": 320, "height": TALL, "rules": LAYOUT, "scheme": "dark"}
ENLARGED: dict[str, Any] = {"width": 360, "height": TALL, "rules": PLACES, "text": 200}
LOOKS: tuple[dict[str, Any], ...] = (FULLY, {"width": 1280, "rules": STRUCTURE}, NARROW, ENLARGED)
BUT_THE_FRAME: dict[str, Any] = {"but": ("header", "footer", "nav.bottom")}
LOOKS_IN_A_KNOWN_FRAME: tuple[dict[str, Any], ...] = (
    FULLY,
    {"width": 1280},
    NARROW | BUT_THE_FRAME,
    ENLARGED | BUT_THE_FRAME,
)
SIZES: tuple[dict[str, Any], ...] = (
    {"width": 320, "height": TALL},
    {"width": 360},
    {"width": 1280},
    {"width": 360, "height": TALL, "text": 200},
)
IN_EVERY_WAY = tuple(size | {"rules": EVERYTHING, "scheme": scheme} for size in SIZES for scheme in ("light", "dark"))
IS_THOROUGH = os.environ.get("LOOKS") == "all"
if IS_THOROUGH:
    LOOKS = LOOKS_IN_A_KNOWN_FRAME = IN_EVERY_WAY


async def look(
    window: Window,
    *,
    width: int,
    height: int = 800,
    rules: dict[str, Any] | None = None,
    but: Sequence[str] = (),
    scheme: Any = "light",
    text: int = 100,
) -> list[str]:
    await window.page.set_viewport_size({"width": width, "height": height})
    await window.page.emulate_media(color_scheme=scheme)
    await window.page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
    found: list[str] = [] if rules is None else await window.page.evaluate(RUN, [rules, list(but)])
    return [*found, *await window.page.evaluate(TOO_WIDE), *await window.page.evaluate(DIVIDED)]


async def strange_words(window: Window, language: str) -> list[str]:
    """Words in the other language, technical words, and the page's title if it does not name the screen."""
    await expect(window.page.locator("html")).to_have_attribute("lang", language)
    await window.settle()
    text = await window.page.locator("body").inner_text()
    title = await window.page.title()
    for known in DATA:
        text = text.replace(known, "")
    found = [*NOT_OURS.findall(text), *(ENGLISH if language == "pl" else POLISH).findall(text)]
    return ([f"{found} in {text}"] if found else []) + ([] if "–" in title else [f"title: {title}"])


async def test_every_screen_is_accessible_fits_and_says_only_our_own_words_in_one_language(opened: Opener) -> None:
    flaws: list[str] = []
    frames: set[str] = set()
    async for name, window in screens(opened, "pl"):
        for language in ("en", "pl"):
            await window.page.locator(f"header .tool[lang={language}]").dispatch_event("click")  # even behind a dialog
            flaws += [f"{name} {language}: {flaw}" for flaw in await strange_words(window, language)]
        if not await window.page.evaluate("'axe' in window"):
            await window.page.evaluate(AXE)
        frame = await window.page.locator("header").inner_html()
        for way in LOOKS_IN_A_KNOWN_FRAME if frame in frames else LOOKS:
            flaws += [f"{name} {way}: {flaw}" for flaw in await look(window, **way)]
        frames.add(frame)
        assert await window.page.locator("h1").count() == 1, name
    assert not flaws, "\n".join(flaws)


async def test_live_regions_and_landmarks_are_there_for_screen_readers(opened: Opener) -> None:
    window = await opened()
    await window.go("/")
    tree = await window.page.locator("body").aria_snapshot()
    for part in ("banner", "main", "contentinfo", 'navigation "Menu główne"', "status"):
        assert part in tree, tree


async def test_what_happens_meanwhile_is_in_the_accessibility_tree(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots()
    window = await opened(by=await cast.anna())
    body = window.page.locator("body")
    await window.page.clock.install()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.press(re.compile("^08:00"))
    await expect(body).to_match_aria_snapshot("- timer: /Termin czeka na Państwa jeszcze \\d:\\d\\d/")
    await window.forward_to_the_last_minute()
    await expect(body).to_match_aria_snapshot("- paragraph: Termin czeka jeszcze jedną minutę.")
    await window.context.set_offline(True)
    await expect(body).to_match_aria_snapshot("- alert:\n  - paragraph: /Brak połączenia z internetem/")
    await window.context.set_offline(False)
    await window.page.clock.fast_forward("24:00")
    warning = '- dialog "Czy są Państwo jeszcze z nami?":\n  - timer: /za \\d:\\d\\d nastąpi wylogowanie/'
    await expect(body).to_match_aria_snapshot(warning)
    window.faults[:] = [fault for fault in window.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


async def test_less_motion_and_fewer_colours_are_respected(opened: Opener) -> None:
    window = await opened(forced_colors="active")
    await window.go("/")
    moving = "() => document.getAnimations().length"
    assert await window.page.evaluate(moving) == 0
    button = window.page.locator(".button").first
    assert await button.evaluate("it => getComputedStyle(it).borderTopStyle") == "solid"


async def test_a_visit_prints_as_a_slip(opened: Opener) -> None:
    anna = await cast.anna()
    ids = await stage(anna)
    window = await opened(by=anna)
    await window.go(f"/wizyty/{ids['visit']}")
    await window.page.emulate_media(media="print")
    text = await window.page.locator("body").inner_text()
    reference = (await Visit.get(status="BOOKED", patient_id=anna.patient_id)).reference
    for part in ("Potwierdzenie wizyty", "Anna Żółć", reference, "Poradnia kardiologiczna", "CM Diamed"):
        assert part in text
    for part in ("Odwołaj", "Wyloguj", "Rezerwacja\n"):
        assert part not in text


PICTURES = ROOT / "docs/pictures/portal"
SHOWN = ("home", "clinics", "calendar", "review", "booked", "visits", "account")


async def test_the_pictures_of_the_guide_are_there_and_light(opened: Opener) -> None:
    """`PICTURES=1` takes the pictures again."""
    if os.environ.get("PICTURES"):
        await _draw(opened)
    files = list(PICTURES.glob("*.*"))
    assert {file.stem for file in files} == {f"{name}-{size}" for name in SHOWN for size in ("phone", "desktop")}
    assert [file.name for file in files if file.stat().st_size > 60 * 1024] == []


async def _draw(opened: Opener) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    async for name, window in screens(opened, "pl"):
        is_patients = "__Host-session" in str(await window.context.cookies())
        if name not in SHOWN or (name == "home" and is_patients):
            continue
        for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
            await window.page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a plain dictionary will do
            await window.page.evaluate("scrollTo(0, 0)")
            path = PICTURES / f"{name}-{size}.jpg"
            await window.page.screenshot(path=path, type="jpeg", quality=72 if size == "phone" else 50)


async def test_a_slot_of_next_year_names_its_year(opened: Opener) -> None:
    clinic = await cast.clinic(days_ahead=366)
    doctor = await cast.doctor(clinic)
    near, far = (clock.today() + timedelta(days=days) for days in (1, 366))
    for day in (near, far):
        await cast.morning(day, 1, at=clinic, by=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}?dzien={far}")
    heading = window.page.locator(".day-head")
    await expect(heading).to_have_text(re.compile(rf"{far.year}.*za \d+ tygodni"))
    await window.go(f"/rezerwacja/{public(clinic)}?dzien={near}")
    await expect(heading).to_have_text(re.compile("jutro"))
    assert (str(near.year) in await heading.inner_text()) == (near.year != clock.today().year)
