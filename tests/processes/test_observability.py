"""What operators see of running processes: one id from the request to the letter, spans, metrics, a clean stop."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.processes.test_shutdown import booking_in_flight, until_nobody_listens
from tests.support.booking_load import BookingLoad
from tests.support.client import Client
from tests.support.cluster import Cluster, run_cluster
from tests.support.figures import Figures, figures
from tests.support.http import http_client
from tests.support.service import run_service
from tests.support.span_collector import Span, SpanCollector
from tests.support.waiting import eventually, patience

FORM = {"email": "osoba1@example.pl", "pesel": "44051401359", "firstName": "Żegota", "lastName": "Źrebiec"}
PRIVATE = [*FORM.values(), "501234567"]


@pytest.fixture(scope="module")
def collector() -> Any:
    with SpanCollector.open() as running:
        yield running


@pytest.fixture(scope="module")
async def cluster(collector: SpanCollector) -> AsyncIterator[Cluster]:
    """Two web processes behind one port, a worker and a scheduler."""
    async with run_cluster(
        "web",
        "worker",
        "scheduler",
        WORKERS="2",
        LOG_FORMAT="json",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="200",
        STOP_SECONDS="20",
    ) as ready:
        yield ready


@pytest.fixture(scope="module")
async def request_id(cluster: Cluster) -> str:
    """The request id of a sign-up whose letter has been sent."""
    body = {"query": SIGN_UP, "variables": {"input": {**FORM, "phone": "501234567"}}}
    async with http_client(cluster.webs[0]) as client:
        response = await client.post("/graphql", json=body)
    assert "errors" not in response.json()
    await eventually(lambda: cluster.smtp_server.mails)
    return response.headers["x-request-id"]


SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on Accepted { message } } }"


async def test_one_trace_leads_from_the_request_through_the_tasks_to_the_letter(
    cluster: Cluster, collector: SpanCollector, request_id: str
) -> None:
    def ours() -> dict[str, Span]:
        return {f"{span.service} {span.name}": span for span in collector.spans if span.trace_id == request_id}

    names = [
        "web mutation signUp",
        "web INSERT application",
        "worker task tasks.account_requests:process_account_requests",
        "worker send email",
    ]
    await eventually(lambda: {f"e-rejestracja-{name}" for name in names} <= ours().keys())  # processes send their spans
    operation, inserting, deciding, sending = [ours()[f"e-rejestracja-{name}"] for name in names]
    assert (operation.parent_id, deciding.parent_id) == ("", operation.id)
    assert inserting.parent_id == operation.id
    assert {span.attributes["request_id"] for span in (operation, deciding, sending)} == {request_id}
    assert operation.attributes["outcome"] == "answered"


async def test_spans_and_logs_reveal_nothing_of_people(
    cluster: Cluster, collector: SpanCollector, request_id: str
) -> None:
    await eventually(lambda: "send email" in {span.name for span in collector.spans})
    heard = collector.heard + "".join(member.log() for member in cluster.members.values()).encode()
    assert [word for word in PRIVATE if word.encode() in heard] == []
    assert {name for span in collector.spans for name in span.attributes} <= {
        "request_id",
        "outcome",
        "kind",
        "db.system",
        "error.type",
    }


async def test_the_logs_of_all_processes_carry_the_one_request_id(cluster: Cluster, request_id: str) -> None:
    def events(member: str) -> list[str]:
        lines = [json.loads(line) for line in cluster.members[member].log().splitlines() if line.startswith("{")]
        return [line["event"] for line in lines if line.get("request_id") == request_id]

    await eventually(lambda: "message" in events("worker1"))
    assert "operation" in events("web0")


SENDING = "task_seconds_count{outcome=done,task=tasks.letters:send_letters}"
SENT = "messages_total{medium=email,state=sent}"


async def figures_with(url: str, wanted: Figures) -> Figures:
    """All figures, once each of these has reached its wanted value."""

    async def high_enough() -> Figures | None:
        found = await figures(url)
        return found if all(found.get(name, 0) >= value for name, value in wanted.items()) else None

    return await eventually(high_enough)


async def test_the_figures_of_the_web_processes_are_added_up_and_move(cluster: Cluster, request_id: str) -> None:
    url = cluster.webs[0]
    before = await figures_with(url, {"pool_connections{state=limit}": 40})  # both processes are running
    for _ in range(10):  # opens a new connection each time, so that both processes get requests
        client = Client(url=url)
        await client.ask("ServiceHours")
        await client.send("mutation { exportMyData }")
        await client.send("{ nonsense }")
        await client.http.aclose()
    after = await figures(url)
    grown = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert grown["operations_total{operation=query serviceHours,outcome=answered}"] == 10
    assert grown["operations_total{operation=mutation exportMyData,outcome=UNAUTHENTICATED}"] == 10
    assert grown["operations_total{operation=invalid,outcome=GRAPHQL_VALIDATION_FAILED}"] == 10
    assert grown["operation_seconds_count{operation=query serviceHours}"] == 10
    assert grown["operation_seconds_sum{operation=query serviceHours}"] > 0
    assert after["pool_connections{state=limit}"] == 40
    assert after["pool_connections{state=idle}"] >= 1
    assert "subscribers{}" in after


async def test_the_figures_of_tasks_outbox_and_relay_move(cluster: Cluster, request_id: str) -> None:
    worker = cluster.members["worker1"].url
    done = await figures_with(worker, {SENDING: 1, SENT: 1})  # the letter may arrive before its task ends
    assert done["task_seconds_count{outcome=done,task=tasks.account_requests:process_account_requests}"] >= 1
    assert done[SENT] == 1
    assert done["pool_connections{state=limit}"] == 20
    assert done["outbox_oldest_seconds{medium=email}"] == 0
    async with cluster.database() as database:
        await database.execute("SELECT pg_advisory_lock(7222027)")  # the lock of a relay that hangs
        await database.execute(WAITING)
        waiting = await figures(worker)
        await database.execute("DELETE FROM message WHERE kind = 'visit_moved'")
    assert 100 <= waiting["outbox_oldest_seconds{medium=email}"] <= 1000
    assert waiting["outbox_messages{medium=email,state=sending}"] == 1
    assert waiting["outbox_messages{medium=sms,state=failed}"] == 1
    assert waiting["events_without_position{}"] >= 1
    assert 100 <= waiting["relay_lag_seconds{}"] <= 1000


WAITING = """
    INSERT INTO message
        (id, kind, medium, state, "to", language, details, request_id, created_at, due_at, leased_until, tries)
    SELECT gen_random_uuid(), 'visit_moved', medium, state, '', 'PL', '{}', '', now() - '120 s'::interval,
        now() - '120 s'::interval, now() + '1 hour'::interval, 1
    FROM (VALUES ('email', 'sending'), ('sms', 'failed')) AS wanted (medium, state);
    INSERT INTO event (id, occurred_at, clinic_id, happening, details)
    VALUES (gen_random_uuid(), now() - '120 s'::interval, gen_random_uuid(), 'VisitBooked', '{}');
"""


async def test_a_stop_lets_both_web_processes_finish_their_requests(cluster: Cluster) -> None:
    load, web = await BookingLoad.gathered(cluster, 1), cluster.members["web0"]
    patient = Client(load.tokens[0], url=web.url)
    async with cluster.database() as database, booking_in_flight(patient, load.slots[0], database) as booking:
        web.process.send_signal(signal.SIGTERM)
        await until_nobody_listens(web)
        await database.execute("ROLLBACK")
        assert (await booking)["__typename"] == "Visit"
    await patient.http.aclose()
    assert await asyncio.to_thread(web.process.wait, patience()) == 0


async def test_a_collector_that_is_not_there_neither_stops_nor_delays_the_service(tmp_path: Any) -> None:
    with run_service(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", DEMO="0") as service:
        client = Client(url=service.url)
        await client.ask("ServiceHours")
        await client.http.aclose()
        assert service.stop() == 0
        assert "Traceback" not in service.log()
