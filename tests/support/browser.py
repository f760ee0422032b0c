"""A real browser and the service as a process, for the tests of pages."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.http import http_client
from tests.support.service import ROOT, Service, run_shared_service
from tests.support.waiting import eventually, patience

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
QUIET += ["--renderer-process-limit=1", "--disable-site-isolation-trials"]  # half as many processes per window
QUIET += ["--lang=pl"]

HAS_ASSETS = (ROOT / "explorer/dist/manifest.json").exists()
HAS_PORTAL = (ROOT / "portal/dist/index.html").exists()
# The same browser without its own windows first: it needs a third of the CPU.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def wait_patiently(page: Page) -> None:
    """On a busy machine a page is slow, not broken."""
    milliseconds = 1000 * patience()
    expect.set_options(timeout=milliseconds)
    page.set_default_timeout(milliseconds)
    page.set_default_navigation_timeout(milliseconds)


@pytest.fixture(scope="module")
def _serving(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """On the tests' database; strict as in production: only registered documents."""
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
    """One for all tests of a worker: each opens windows of its own, which know nothing of each other."""
    assert CHROMIUM, "These tests need chromium: apt-get install chromium"
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1300, "height": 800}, locale="pl-PL")
    page = await context.new_page()
    wait_patiently(page)
    yield page
    await context.close()


async def one_time_password(url: str, email: str, letters: int = 1) -> str:
    """As it is read in the newest of so many letters, which come when they come."""

    async def found() -> str | None:
        mails = [mail["text"] for mail in (await client.get("/mailbox.json")).json() if mail["to"] == email]
        secrets = [secret[1] for text in mails if (secret := re.search(r"Hasło jednorazowe: (\S+)", text))]
        return secrets[0] if len(secrets) == letters else None

    async with http_client(url) as client:
        return await eventually(found, otherwise=lambda: f"No letter came to {email}.")
