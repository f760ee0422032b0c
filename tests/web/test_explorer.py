"""The explorer in a real browser: staff sign in and work in GraphiQL; nothing comes from another host."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright

from models import clock
from models.account import Account, Role
from tests import cast

ROOT = Path(__file__).parent.parent.parent
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The service as a process, on the tests' database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "DEMO": "0",
    }
    process = subprocess.Popen([sys.executable, "server.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{url}/health/ready", timeout=1).raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield url
    process.send_signal(signal.SIGINT)
    process.wait(15)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    assert CHROMIUM, "These tests need chromium: apt-get install chromium"
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield await browser.new_page(viewport={"width": 1300, "height": 800})
        await browser.close()


async def receptionist() -> Account:
    email = "recepcja@diamed.example"
    hash_ = await cast.hash_of(cast.PASSWORD)
    return await Account.create(
        email=email, email_key=email, role=Role.RECEPTIONIST, password_hash=hash_, created_at=clock.now()
    )


async def sign_in(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/graphql")
    await page.fill("[name=login]", email)
    await page.fill("[name=password]", cast.PASSWORD)
    await page.click("button")


async def test_staff_sign_in_and_run_a_ready_operation(server: str, page: Page) -> None:
    await receptionist()
    await cast.clinic("Ambulatorium nocne")
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    await sign_in(page, server, "recepcja@diamed.example")
    await page.click(".graphiql-execute-button")
    await page.wait_for_selector(".result-window >> text=Ambulatorium nocne")
    assert errors == []
    assert [url for url in asked if not url.startswith((server, "data:"))] == []
    assert await page.evaluate("localStorage.length") == 0


async def test_a_patient_gets_no_graphiql(server: str, page: Page) -> None:
    await cast.anna()
    await sign_in(page, server, "anna@example.pl")
    await page.wait_for_selector("text=To konto nie jest kontem pracownika.")
    assert await page.locator("#graphiql").count() == 0


async def test_logging_out_leads_back_to_the_sign_in_page(server: str, page: Page) -> None:
    await receptionist()
    await sign_in(page, server, "recepcja@diamed.example")
    await page.click("text=Wyloguj")
    await page.wait_for_selector("[name=login]")
