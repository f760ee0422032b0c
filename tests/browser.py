"""A real browser and the service as a process, for the tests of pages."""

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

ROOT = Path(__file__).parent.parent
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
HAS_ASSETS = (ROOT / "explorer/node_modules/graphiql/graphiql.min.js").exists()
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The service as a process, on the tests' database; strict as in production: only registered documents."""
    (tmp_path / "register.json").write_text("{}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "DEMO": "0",
        "SERVICE_OPENS": "00:00",  # its clock is the real one, and tests are run at night too
        "SERVICE_CLOSES": "24:00",
        "TRUSTED_DOCUMENTS": str(tmp_path / "register.json"),
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
