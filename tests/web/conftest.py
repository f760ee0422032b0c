"""Fixtures of these tests: the cast as clients, and no background tasks."""

from collections.abc import AsyncIterator

import pytest

import settings
from infra import bounded_client, database
from tests.support.client import anna, borys, celina, mail_server, nobody, nudges
from tests.support.silent_proxy import SilentProxy

__all__ = ["anna", "borys", "celina", "mail_server", "nobody", "nudges"]


@pytest.fixture
async def proxy(database_url: str, fresh: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SilentProxy]:
    """A proxy between service and database; operations that begin while it is silent are given up after a second."""
    patient = settings.OPERATION_SECONDS, bounded_client.GIVE_BACK_SECONDS

    def limit_time(is_silent: bool) -> None:
        operation, give_back = (1.0, 0.2) if is_silent else patient
        monkeypatch.setattr(settings, "OPERATION_SECONDS", operation)
        monkeypatch.setattr(bounded_client, "GIVE_BACK_SECONDS", give_back)

    async with SilentProxy.before(database_url) as proxy:
        proxy.on_change = limit_time
        await database.disconnect()
        await database.connect(f"postgres://postgres@127.0.0.1:{proxy.port}/postgres")
        yield proxy
        await database.disconnect()
        await database.connect(database_url)
