"""What tests of tasks stand on besides: a post office, a gateway for texts, and no task left running."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from taskiq import InMemoryBroker

import settings
from tasks import smtp
from tasks.broker import broker
from tests.tasks.post_office import PostOffice
from tests.tasks.text_gateway import TextGateway


@pytest.fixture(autouse=True)
async def settled(fresh: None) -> AsyncIterator[None]:
    """No task of one test runs on in the next."""
    yield
    await all_done()


@pytest.fixture(autouse=True)
def own_mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


@pytest.fixture
async def office(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostOffice]:
    """A real SMTP server that letters are sent to."""
    monkeypatch.setattr(smtp, "GOODBYE_SECONDS", 0.05)
    office = PostOffice()
    async with office.open():
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextGateway]:
    """A local server that answers as SMSAPI does."""
    with TextGateway.open() as gateway:
        monkeypatch.setattr(settings, "SMS_URL", f"smsapi+http://t%2Fo-ken@127.0.0.1:{gateway.port}")
        yield gateway


async def all_done() -> None:
    assert isinstance(broker, InMemoryBroker)
    while broker._running_tasks:
        await broker.wait_all()
