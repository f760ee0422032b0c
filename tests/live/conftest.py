"""What tests of sockets and streams stand on: a running server, and clients from npm where there is npm."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.live.service import serving
from web import streams

collect_ignore = [] if shutil.which("npm") else ["test_node_clients.py"]  # Node is no part of the service


@pytest.fixture
async def address(database_url: str, fresh: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    assert streams.LOOK_EVERY_SECONDS <= 5
    monkeypatch.setattr(streams, "LOOK_EVERY_SECONDS", 0.2)
    async with serving(database_url) as address:
        yield address
