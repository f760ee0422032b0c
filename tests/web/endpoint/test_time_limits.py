"""Time limits: an operation that takes too long, or a body that trickles in, is given up with a code."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

import settings
from infra import database
from models.slots.clinic import Clinic
from server import app
from tests.web.endpoint.conftest import Client

CLINICS = "{ clinics { nodes { name } } }"


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait(*_: Any, **__: Any) -> list[Clinic]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(settings, "OPERATION_SECONDS", 0.05)
    monkeypatch.setattr(Clinic, "list_page", wait)


@pytest.mark.usefixtures("stuck")
async def test_an_operation_that_takes_too_long_is_given_up_with_a_reason(
    client: Client, lines: pytest.LogCaptureFixture
) -> None:
    answer = await client.ask(CLINICS)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["reason"] == "OPERATION_TIMED_OUT"
    assert error["extensions"]["requestId"]
    assert [line.levelno for line in lines.records if line.message == "operation_timed_out"] == [logging.WARNING]


async def test_the_database_is_free_again_after_an_operation_was_given_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(*_: Any) -> list[Clinic]:
        await database.fetch("SELECT pg_sleep(30)")
        return []

    monkeypatch.setattr(settings, "OPERATION_SECONDS", 0.05)
    monkeypatch.setattr(Clinic, "list_page", sleep)
    for _ in range(settings.DATABASE_POOL + 2):
        assert await client.codes(CLINICS) == ["INTERNAL_SERVER_ERROR"]
    monkeypatch.undo()
    assert await client.codes(CLINICS) == []


async def test_a_body_that_dribbles_in_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BODY_SECONDS", 0.05)

    async def dribble() -> AsyncIterator[bytes]:
        yield b'{"query": '
        await asyncio.Event().wait()

    response = await client.http.post("/graphql", content=dribble(), headers={"content-type": "application/json"})
    assert response.status_code == 408
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_no_error_behind(
    client: Client, lines: pytest.LogCaptureFixture
) -> None:
    pieces: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"query', "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("203.0.113.7", 1),
        "scheme": "http",
        "http_version": "1.1",
        "server": ("testserver", 80),
        "root_path": "",
    }

    async def receive() -> dict[str, Any]:
        return pieces.pop(0)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent == []
    assert not [line for line in lines.records if line.levelno >= logging.WARNING]


async def test_the_limit_of_a_body_is_reported_as_a_code(client: Client) -> None:
    whole = json.dumps({"query": CLINICS}).encode().ljust(settings.BODY_LIMIT_BYTES + 1)
    response = await client.send(whole)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (413, "BAD_USER_INPUT")
