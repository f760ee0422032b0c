"""Fixtures for the tests of tasks: an SMTP server, an SMS gateway, and no task left running."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import settings
from tasks.mail import smtp
from tests.support.background import all_done
from tests.support.sms_server import SmsServer
from tests.support.smtp_server import SmtpServer


@pytest.fixture(autouse=True)
async def settled(fresh: None) -> AsyncIterator[None]:
    """Waits after each test until its tasks have ended."""
    yield
    await all_done()


@pytest.fixture(autouse=True)
def own_mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


@pytest.fixture
async def smtp_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SmtpServer]:
    """A real SMTP server, to which letters are sent."""
    monkeypatch.setattr(smtp, "CLOSE_SECONDS", 0.05)
    smtp_server = SmtpServer()
    async with smtp_server.open():
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{smtp_server.port}")
        yield smtp_server


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmsServer]:
    """A local server that answers as SMSAPI does."""
    with SmsServer.open() as gateway:
        monkeypatch.setattr(settings, "SMS_URL", f"smsapi+http://t%2Fo-ken@127.0.0.1:{gateway.port}")
        yield gateway
