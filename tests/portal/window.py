"""A person's browser window on the portal: phone or desktop, Polish or English, signed in or not."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Page, Request, Response, Route

from models.accounts.account import Account
from tests import cast
from tests.support import browser
from tests.support.browser import expect
from tests.support.http import http_client
from tests.support.waiting import eventually

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
WAITING = ".loading, [aria-busy=true]"
FOLLOW = """async (path) => {
    const link = document.body.appendChild(Object.assign(document.createElement("a"), { href: path }));
    link.click();
    link.remove();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame); // the next screen is drawn
}"""
SECRET = re.compile(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b")


@dataclass
class Window:
    """One page in its own browser context, which records every fault, request and answer."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        browser.wait_patiently(self.page)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("response", lambda response: self.answers.append(response))

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    async def go(self, path: str) -> "Window":
        await self.page.goto(self.url + path)
        return await self.settle()

    async def walk(self, path: str) -> "Window":
        """Go there by a link of the page, without loading the page again: a third of the work."""
        await self.follow_to(path)
        return await self.settle()

    async def follow_to(self, path: str) -> None:
        await self.page.evaluate(FOLLOW, path)

    async def settle(self) -> "Window":
        """Wait until the requested data have arrived."""
        await self.page.locator("h1").first.wait_for()
        await expect(self.page.locator(WAITING)).to_have_count(0)
        return self

    async def at(self, path: str) -> None:
        """Wait until the address matches this pattern; only the path and what follows it are compared."""
        await self.page.wait_for_url(lambda address: re.fullmatch(path, address.removeprefix(self.url)) is not None)

    async def sees(self, *texts: str | re.Pattern[str]) -> None:
        for text in texts:
            await expect(self.page.locator("#portal")).to_contain_text(text)

    async def titled(self, title: str) -> None:
        await expect(self.page.locator("h1")).to_have_text(title)

    async def fill(self, **values: str) -> None:
        for name, value in values.items():
            await self.page.fill(f"[name={name}]", value)

    async def press(self, name: str | re.Pattern[str], **more: Any) -> None:
        await self.page.get_by_role("button", name=name, **more).first.click()

    async def follow(self, name: str | re.Pattern[str]) -> None:
        await self.page.locator("main").get_by_role("link", name=name).first.click()

    async def send(self) -> None:
        """Press the form's submit button."""
        await self.page.locator("form button[type=submit]").last.click()

    async def sign_in(self, account: Account, password: str = cast.PASSWORD) -> "Window":
        """Sign in by the form on the current screen."""
        await self.fill(login=account.email or "", password=password)
        await self.send()
        return self

    async def switch_language(self) -> None:
        await self.page.locator("header .tool[lang]").click()

    async def hold_streams(self) -> None:
        """Block event streams, so that the page learns of changes or a lost session only by its own requests."""

        async def hold(route: Route) -> None:
            if "event-stream" not in route.request.headers.get("accept", ""):
                await route.fallback()

        await self.page.route("**/graphql", hold)

    async def forward_to_the_last_minute(self) -> None:
        """Set the device's clock (already faked) ahead, so that the countdown has fifty seconds left."""
        left = re.search(r"(\d):(\d\d)", await self.page.get_by_role("timer").inner_text())
        assert left
        await self.page.clock.fast_forward(1000 * (60 * int(left[1]) + int(left[2]) - 50))

    async def letter(self, subject: str, to: str = "") -> str:
        return await letter(self.url, subject, to)


async def letter(url: str, subject: str, to: str = "") -> str:
    """The newest letter with this subject, once it has arrived; `to` selects the recipient if there are several."""
    async with http_client() as client:

        async def found() -> str | None:
            entries = (await client.get(f"{url}/mailbox.json")).json()
            letters = (entry for entry in entries if entry["subject"])  # text messages have no subject
            wanted = (str(entry["text"]) for entry in letters if subject in entry["subject"] and to in entry["to"])
            return next(wanted, None)

        return await eventually(found, otherwise=lambda: f"No letter came about {subject}.")


def one_time_password(text: str) -> str:
    found = SECRET.search(text)
    assert found, text
    return found.group()


class Opener:
    """Opens windows and closes them at the end."""

    def __init__(self, contexts: browser.Contexts, url: str) -> None:
        self.contexts, self.url = contexts, url
        self.windows: list[Window] = []

    async def __call__(
        self, *, by: Account | None = None, size: dict[str, int] | None = None, language: str = "pl", **more: Any
    ) -> Window:
        """Open a window; with `is_new`, in a browser that has never visited the portal."""
        locale = {"pl": "pl-PL", "en": "en-GB"}[language]
        context = await self.contexts.take(viewport=size or PHONE, locale=locale, reduced_motion="reduce", **more)
        if by:
            await browser.sign_in(context, self.url, by)
        window = Window(await context.new_page(), self.url)
        self.windows.append(window)
        return window

    async def tab_of(self, window: Window) -> Window:
        """Open another tab in the same person's browser."""
        tab = Window(await window.context.new_page(), self.url)
        self.windows.append(tab)
        return tab

    async def close(self) -> None:
        faults = [fault for window in self.windows for fault in window.faults]
        for context in {window.context for window in self.windows}:
            await self.contexts.give_back(context)
        assert faults == []
