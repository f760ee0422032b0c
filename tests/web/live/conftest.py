"""What tests of sockets and streams stand on: a running server."""

from collections.abc import AsyncIterator

import pytest

from tests.live.service import serving
from web import streams


@pytest.fixture
async def address(database_url: str, fresh: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    assert streams.LOOK_EVERY_SECONDS <= 5
    monkeypatch.setattr(streams, "LOOK_EVERY_SECONDS", 0.2)
    async with serving(database_url) as address:
        yield address
