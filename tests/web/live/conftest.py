"""The fixture for the tests of sockets and streams: a running server."""

from collections.abc import AsyncIterator

import pytest

from tests.support.live_server import serving
from web.endpoint import connections


@pytest.fixture
async def address(database_url: str, fresh: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    assert connections.CHECK_SECONDS <= 5
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0.2)
    async with serving(database_url) as address:
        yield address
