"""A fault of a running service: the client gets a request id, the log has it with the cause, and nobody's secrets."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from models import demo, postgres
from tests.client import DOCUMENTS
from tests.processes import Service, started

REASON = "bardzo prywatny powód\nw kilku wierszach\n\n02211307589"


@pytest.fixture(params=["text", "json"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    with started(tmp_path, LOG_FORMAT=request.param) as running:
        yield running


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, timeout=20) as client:
        answer = await post(client, "LogIn", input={"login": demo.LOGINS[0], "password": demo.PASSWORD})
        client.headers["authorization"] = f"Bearer {answer.json()['data']['logIn']['token']}"
        yield client


async def post(client: httpx.AsyncClient, document: str, **variables: object) -> httpx.Response:
    return await client.post("/graphql", json={"query": DOCUMENTS[document], "variables": variables})


async def a_free_slot(client: httpx.AsyncClient) -> str:
    clinic = (await post(client, "Clinics")).json()["data"]["clinics"]["nodes"][0]["id"]
    page = await post(client, "FreeSlots", filter={"clinicId": clinic}, first=1)
    return str(page.json()["data"]["freeSlots"]["nodes"][0]["id"])


async def test_a_row_that_the_database_quotes_in_its_refusal_reaches_neither_client_nor_log(
    service: Service, http: httpx.AsyncClient
) -> None:
    with postgres.running(service.home / "postgres") as url:
        database = await asyncpg.connect(url)
        await database.execute("ALTER TABLE visit ADD CONSTRAINT provoked CHECK (reason IS NULL)")
        await database.close()
        wish = {"slotId": await a_free_slot(http), "reason": REASON}
        response = await post(http, "BookVisit", input=wish)
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    request_id = error["extensions"]["requestId"]
    assert request_id == response.headers["x-request-id"]
    lines = [line for line in service.log().splitlines() if request_id in line]
    assert any("operation_failed" in line for line in lines)
    assert "provoked" in service.log()  # the cause is told
    told = service.log() + response.text
    assert [word for word in REASON.split() if len(word) > 3 and word in told] == []


async def test_every_line_of_a_json_log_is_json(service: Service, http: httpx.AsyncClient) -> None:
    assert (await post(http, "Me")).json()["data"]["me"]["login"] == demo.LOGINS[0]
    lines = [line for line in service.log().splitlines() if "operation" in line and "answered" in line]
    assert len(lines) >= 2
    if service.environment["LOG_FORMAT"] == "json":
        assert {json.loads(line)["role"] for line in lines} == {"NOBODY", "PATIENT"}
    else:
        assert all("request_id=" in line for line in lines)
