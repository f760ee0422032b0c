"""Fixtures of the endpoint's tests: the assembled application, without a network, and a client."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import settings
from models.accounts.account import Account
from server import app
from tests import cast
from tests.support.background import all_done

GRAPHQL_JSON = "application/graphql-response+json"


class Client:
    """A caller with an HTTP client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def ask(self, query: str, *, by: Account | None = None, **more: Any) -> Any:
        """The parsed answer, whatever its status."""
        headers = {"authorization": f"Bearer {await cast.signed_in(by)}"} if by else {}
        headers |= more.pop("headers", {})
        response = await self.http.post("/graphql", json={"query": query, **more}, headers=headers)
        return response.json()

    async def codes(self, query: str, **more: Any) -> list[str]:
        answer = await self.ask(query, **more)
        return [error["extensions"]["code"] for error in answer.get("errors", [])]

    async def send(self, content: bytes, **headers: str) -> httpx.Response:
        """Send raw bytes as the body."""
        wanted = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.http.post("/graphql", content=content, headers=wanted)


@pytest.fixture
async def client(fresh: None) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield Client(http)


@pytest.fixture(autouse=True)
async def settled(fresh: None) -> AsyncIterator[None]:
    """Waits after each test until its tasks have ended."""
    yield
    await all_done()


@pytest.fixture(autouse=True)
def open_all_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVICE_OPENS", 0)
    monkeypatch.setattr(settings, "SERVICE_CLOSES", 24 * 60)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog
