"""A member of staff at the desk: what they see and do, in reception's words, with clicks and keystrokes counted."""

import base64
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

from models.accounts.account import Account
from tests import cast
from tests.support import browser
from tests.support.browser import expect
from tests.support.service import ROOT

AXE = ROOT / "explorer/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = ROOT / "docs" / "pictures"
LARGEST_PICTURE = 60_000
MOST_EFFORTS = 10  # clicks and keystrokes to book for a known caller, not counting the typed name


class Desk:
    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.efforts = page, url, 0
        self.errors: list[str] = []
        self.asked: list[str] = []
        browser.wait_patiently(page)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: self.asked.append(request.url))

    async def begin(self, login: str) -> None:
        """Open the desk as a colleague who has logged in before, with the session's cookie set."""
        await browser.sign_in(self.page.context, self.url, await Account.get(email=login))
        await self.page.goto(f"{self.url}/graphql")
        await expect(self.page.locator(".bar")).to_be_visible()

    async def sign_in(self, login: str, password: str = cast.PASSWORD, own: str | None = None) -> None:
        """Sign in by the form; `own` is the new password to set after signing in with a one-time password."""
        await self.page.goto(f"{self.url}/graphql")
        await self.page.fill("[name=login]", login)
        await self.page.fill("[name=password]", password)
        await self.page.click("text=Zaloguj")
        if own:
            await self.page.fill("[name=new]", own)
            await self.page.click("text=Zaloguj")
        await expect(self.page.locator(".bar")).to_be_visible()

    # ------------------------------------------------------------------ hands

    async def click(self, where: str | Locator, **more: Any) -> None:
        self.efforts += 1
        await (self.page.locator(where) if isinstance(where, str) else where).click(**more)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.efforts += 1
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Type without counting it as effort: names, numbers and reasons have to be typed at any desk."""
        await self.page.keyboard.type(text)

    # ------------------------------------------------------------------ places

    async def open(self, panel: str) -> None:
        await self.click(f".graphiql-sidebar button:has(.plugin-name:text-is('{panel}'))")

    async def go_to(self, day: date) -> None:
        await self.page.fill(".toolbar [type=date]", day.isoformat())
        self.efforts += 1

    async def open_form(self, title: str) -> Locator:
        await self.open("Formularz")
        await self.click(f".forms .ready button:text-is('{title}')")
        form = self.page.locator(".generated")
        await expect(form.locator("h1")).to_have_text(title)
        return form

    def cell(self, text: str) -> Locator:
        return self.page.locator(".cell", has_text=text)

    @property
    def free_cells(self) -> Locator:
        return self.page.locator(".cell.FREE:not(.past)")

    @property
    def side(self) -> Locator:
        return self.page.locator(".side")

    @property
    def notice(self) -> Locator:
        return self.page.locator(".notice p")

    async def choose(self, form: Locator, label: str, search: str) -> None:
        """Fill in an id by searching for its name; exactly one option must be found."""
        box = form.get_by_role("combobox", name=label)
        await box.click()
        await self.page.keyboard.type(search)
        await expect(form.locator("[role=option]")).to_have_count(1)
        await self.press("Enter")
        await expect(box).to_have_count(0)

    # ------------------------------------------------------------------ looks

    async def accessibility_faults(self, within: str = "html", but: tuple[str, ...] = ()) -> list[str]:
        """Faults that axe finds; `but` names slow rules to skip, because nothing of theirs is new on this page."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text())
        options = json.dumps({"runOnly": RULES, "rules": {rule: {"enabled": False} for rule in but}})
        found = await self.page.evaluate(
            f"async () => (await axe.run('{within}', {options})).violations"
            ".flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`))"
        )
        return [str(one) for one in found]

    async def picture(self, name: str) -> None:
        """Take a picture for docs/desk.md of the current screen, only if PICTURES is set."""
        target = PICTURES / f"desk-{name}.webp"
        if os.environ.get("PICTURES"):
            await take_picture(self.page, target)
        assert target.stat().st_size <= LARGEST_PICTURE

    def is_clean(self) -> bool:
        """Whether no page has requested anything from another host or reported an error."""
        return not self.errors and all(url.startswith((self.url, "data:", "blob:")) for url in self.asked)

    async def browser_keeps(self) -> int:
        kept = await self.page.evaluate("localStorage.length + sessionStorage.length")
        return int(kept)


async def take_picture(page: Page, target: Path) -> None:
    """Save a picture at the best size and quality that keep the file small enough for a repository."""
    session = await page.context.new_cdp_session(page)
    size = page.viewport_size
    assert size
    for scale, quality in ((0.8, 75), (0.8, 55), (0.7, 55), (0.7, 35), (0.6, 30)):
        clip = {"x": 0, "y": 0, **size, "scale": scale}
        options = {"format": "webp", "quality": quality, "clip": clip}
        picture = base64.b64decode((await session.send("Page.captureScreenshot", options))["data"])
        if len(picture) <= LARGEST_PICTURE:
            break
    await session.detach()
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(picture)
