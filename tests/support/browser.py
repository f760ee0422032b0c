"""A real browser and the service as a process, for tests of web pages."""

import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast, overload

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    async_playwright,
)
from playwright.async_api import TimeoutError as TooLate
from playwright.async_api import expect as playwright_expect
from playwright.async_api._generated import LocatorAssertions, PageAssertions

from models.accounts.account import Account
from tests import cast as people
from tests.support.http import http_client
from tests.support.service import ROOT, Service, run_shared_service
from tests.support.waiting import eventually, patience

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
QUIET += ["--renderer-process-limit=1", "--disable-site-isolation-trials"]  # halves the number of processes per window
QUIET += ["--lang=pl"]

HAS_ASSETS = (ROOT / "explorer/dist/manifest.json").exists()
HAS_PORTAL = (ROOT / "portal/dist/index.html").exists()
# Prefer the build without a graphical interface: it uses a third of the CPU time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def wait_patiently(page: Page) -> None:
    """Extend the page's timeouts, because on a busy machine a page may be slow without being broken."""
    milliseconds = 1000 * patience()
    playwright_expect.set_options(timeout=milliseconds)
    page.set_default_timeout(milliseconds)
    page.set_default_navigation_timeout(milliseconds)


@overload
def expect(actual: Locator) -> LocatorAssertions: ...
@overload
def expect(actual: Page) -> PageAssertions: ...
def expect(actual: Locator | Page) -> LocatorAssertions | PageAssertions:
    """Playwright's `expect`, after a cheaper wait: each failed check would describe the whole page, which is slow."""
    return playwright_expect(actual) if isinstance(actual, Page) else cast(LocatorAssertions, _Waiting(actual))


class _Waiting:
    def __init__(self, locator: Locator) -> None:
        self._locator = locator

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        assertion = getattr(playwright_expect(self._locator), name)

        async def waiting(*arguments: Any, **more: Any) -> None:
            if wanted := self._wanted(name, *arguments):
                with contextlib.suppress(TooLate):  # the assertion then reports what the page shows instead
                    await wanted.first.wait_for(state="visible" if name == "to_be_visible" else "attached")
            await assertion(*arguments, **more)

        return waiting

    def _wanted(self, name: str, expected: Any = None, *_: object) -> Locator | None:
        """An element that appears when the assertion becomes true, or just before; None if there is none."""
        if isinstance(expected, list) or name in ("to_have_count", "to_be_hidden"):
            return None
        if name in ("to_contain_text", "to_have_text"):
            return self._locator.filter(has_text=expected)
        if name == "not_to_contain_text":
            return self._locator.filter(has_not_text=expected)
        return None if name.startswith("not_") else self._locator


@pytest.fixture(scope="module")
def _serving(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on the tests' database that accepts only registered documents, as in production."""
    register = tmp_path_factory.mktemp("trusted") / "register.json"
    register.write_text("{}")
    with run_shared_service(DATABASE_URL=database_url, DEMO="0", TRUSTED_DOCUMENTS=str(register)) as service:
        yield service


@pytest.fixture
def server(_serving: Service) -> str:
    """The address of the service of these tests, with an empty mailbox."""
    for entry in (_serving.home / "mailbox").glob("*.json"):
        entry.unlink()
    return _serving.url


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests of a worker; each test opens windows of its own, isolated from the others."""
    assert CHROMIUM, "These tests need chromium: apt-get install chromium"
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


class Contexts:
    """Isolated browser contexts, each used by one test after another.

    Files that a browser has loaded and compiled are kept, which saves half of the work; data stored by pages are not.
    An empty page keeps alive the process in which the next page is rendered.
    """

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._spare: dict[str, list[BrowserContext]] = {}
        self._kinds: dict[BrowserContext, str] = {}

    async def take(self, *, is_new: bool = False, **options: Any) -> BrowserContext:
        kind = repr(sorted(options.items()))
        if (spare := self._spare.get(kind)) and not is_new:
            return spare.pop()
        context = await self._chromium.new_context(**options)
        self._kinds[context] = kind
        empty, set_offline = await context.new_page(), context.set_offline

        async def set_offline_for_good(offline: bool) -> None:
            """Stop sharing this context: being offline affects the whole process that renders its pages."""
            if self._kinds.pop(context, None):
                await empty.close()
            await set_offline(offline)

        context.set_offline = set_offline_for_good  # type: ignore[method-assign]  # Playwright offers no hook
        return context

    async def give_back(self, context: BrowserContext) -> None:
        """Clean the context for the next test, or close it if that fails."""
        kind = self._kinds.get(context)
        if kind and await _is_cleaned(context):
            self._spare.setdefault(kind, []).append(context)
        else:
            self._kinds.pop(context, None)
            await context.close()


async def _is_cleaned(context: BrowserContext) -> bool:
    """Delete all that pages store; tests check that they store nothing elsewhere."""
    try:
        await context.unroute_all(behavior="ignoreErrors")
        for page in context.pages[1:]:
            if await page.evaluate("localStorage.clear(), sessionStorage.clear(), '__pwClock' in globalThis"):
                return False  # a faked clock cannot be removed
            await page.close()
        await context.clear_cookies()
    except Error:
        return False
    return True


@pytest.fixture(scope="session")
def contexts(chromium: Browser) -> Contexts:
    return Contexts(chromium)


@pytest.fixture
async def page(contexts: Contexts) -> AsyncIterator[Page]:
    context = await contexts.take(viewport={"width": 1300, "height": 800}, locale="pl-PL")
    page = await context.new_page()
    wait_patiently(page)
    yield page
    await contexts.give_back(context)


async def sign_in(context: BrowserContext, url: str, account: Account) -> None:
    """Set the session's cookie, as if the person had signed in before."""
    token = await people.signed_in(account)
    await context.add_cookies(
        [
            {
                "name": "__Host-session",
                "value": token,
                "url": url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Strict",
            }
        ]
    )


async def one_time_password(url: str, email: str, letters: int = 1) -> str:
    """The one-time password from the newest letter, once this many letters have arrived."""

    async def found() -> str | None:
        mails = [mail["text"] for mail in (await client.get("/mailbox.json")).json() if mail["to"] == email]
        secrets = [secret[1] for text in mails if (secret := re.search(r"Hasło jednorazowe: (\S+)", text))]
        return secrets[0] if len(secrets) == letters else None

    async with http_client(url) as client:
        return await eventually(found, otherwise=lambda: f"No letter came to {email}.")
