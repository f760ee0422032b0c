"""Metrics for Prometheus, shown only to authorised readers; readiness checks report the actual state."""

import httpx
import pytest

import server
import settings
from infra import database, metrics
from tests.support.client import Client


@pytest.fixture
def http() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://test")


async def test_an_operation_is_counted_by_its_field_and_outcome(nobody: Client, http: httpx.AsyncClient) -> None:
    await nobody.send("query NamedByTheClient { serviceHours { isOpen } }")
    async with http:
        page = (await http.get("/metrics")).text
    assert 'operation="query serviceHours",outcome="answered"' in page
    assert "NamedByTheClient" not in page


@pytest.mark.parametrize(
    ("document", "counted"),
    [
        ("mutation { exportMyData }", 'operation="mutation exportMyData",outcome="UNAUTHENTICATED"'),
        ("{ nonsenseOfAClient }", 'operation="invalid",outcome="GRAPHQL_VALIDATION_FAILED"'),
        ("{ nonsense", 'operation="invalid",outcome="GRAPHQL_PARSE_FAILED"'),
    ],
)
async def test_a_fault_is_counted_by_its_code_and_by_the_field_where_there_is_one(
    nobody: Client, http: httpx.AsyncClient, document: str, counted: str
) -> None:
    await nobody.send(document)
    async with http:
        page = (await http.get("/metrics")).text
    assert counted in page
    assert "nonsense" not in page


async def test_an_operation_refused_for_its_rate_is_counted_too(
    nobody: Client, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "RATE_PER_ADDRESS", "1/minute")
    counted = metrics.OPERATIONS.labels("invalid", "RATE_LIMITED")
    before = counted._value.get()
    for _ in range(3):
        await nobody.send("{ serviceHours { isOpen } }")
    assert counted._value.get() == before + 2
    async with http:
        assert 'operation="invalid",outcome="RATE_LIMITED"}' in (await http.get("/metrics")).text


async def test_with_a_token_configured_only_its_bearer_reads_them(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "for the watcher")
    async with http:
        refused = await http.get("/metrics")
        shown = await http.get("/metrics", headers={"authorization": "Bearer for the watcher"})
    assert refused.status_code == 403
    assert shown.is_success


async def test_a_database_that_does_not_answer_turns_readiness_red(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise OSError

    async with http:
        assert (await http.get("/health/ready")).is_success
        monkeypatch.setattr(database, "is_migrated", fail)
        assert (await http.get("/health/ready")).status_code == 503
        assert (await http.get("/health/live")).is_success
