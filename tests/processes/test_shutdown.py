"""Shutdown: readiness is withdrawn first, begun work is finished or handed back, and the process ends in time."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from infra import postgres
from infra.database import LIMITS
from models.admin import demo_data
from tests.processes.test_lifecycle import slot_of_tomorrow
from tests.support.client import Client
from tests.support.cluster import run_cluster
from tests.support.http import http_client
from tests.support.service import Service, run_service
from tests.support.waiting import eventually, patience, short_limit

CLINICS = {"query": "{ clinics { nodes { name } } }"}
LOCK_SECONDS = float(LIMITS["lock_timeout"].removesuffix("s"))
# Asks whether any process waits, not how many: the new service's housekeeping may be waiting for the same rows, too.
WAITING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@asynccontextmanager
async def connected(service: Service) -> AsyncIterator[asyncpg.Connection]:
    with postgres.run_server(service.home / "postgres") as url:
        connection = await asyncpg.connect(url)
        try:
            yield connection
        finally:
            await connection.close()


async def until(database: asyncpg.Connection, question: str, answer: object) -> None:
    async def is_so() -> bool:
        await database.execute("SELECT pg_stat_clear_snapshot()")  # otherwise new connections stay hidden
        return bool(await database.fetchval(question) == answer)

    await eventually(is_so, otherwise=lambda: f"{question}: never {answer}")


@asynccontextmanager
async def demo_booking_in_flight(service: Service, database: asyncpg.Connection) -> AsyncIterator[asyncio.Task[Any]]:
    jan = await Client(url=service.url).log_in(demo_data.LOGINS[0], demo_data.PASSWORD)
    clinic = (await jan.ask("Clinics"))["nodes"][0]["id"]
    async with booking_in_flight(jan, await slot_of_tomorrow(jan, clinic), database) as booking:
        yield booking
    await jan.http.aclose()


@asynccontextmanager
async def booking_in_flight(
    patient: Client, slot: str, database: asyncpg.Connection
) -> AsyncIterator[asyncio.Task[Any]]:
    """A request in progress, which waits until the test releases its lock on the patients' rows."""
    await database.execute("BEGIN; SELECT 1 FROM patient FOR UPDATE")
    booking = asyncio.create_task(patient.do("BookVisit", slotId=slot))
    await until(database, WAITING, True)
    yield booking


async def until_nobody_listens(service: Service) -> None:
    """Wait until no request is answered; with WORKERS their parent keeps the port open but accepts no connection."""
    async with http_client(seconds=1) as client:
        while True:
            try:
                await client.get(f"{service.url}/health/live")
            except httpx.TransportError:
                return
            await asyncio.sleep(0.05)


async def test_a_request_in_flight_is_finished_and_readiness_turns_red_first(tmp_path: Path) -> None:
    delay = min(8 * short_limit(), LOCK_SECONDS / 2)  # no lock is waited for longer than LOCK_SECONDS
    with run_service(tmp_path, STOP_DELAY_SECONDS=str(delay), STOP_SECONDS="20") as service:
        async with connected(service) as database, demo_booking_in_flight(service, database) as booking:
            service.process.send_signal(signal.SIGTERM)
            async with http_client(service.url) as balancer:
                red = await balancer.get("/health/ready")
                late = await balancer.post("/graphql", json=CLINICS)  # a balancer still sends requests until it reacts
            assert (red.status_code, red.json()) == (503, {"status": "stopping"})
            assert late.json()["data"]["clinics"]["nodes"]
            await until_nobody_listens(service)
            assert service.process.poll() is None
            await database.execute("ROLLBACK")
            assert (await booking)["__typename"] == "Visit"
        assert await asyncio.to_thread(service.process.wait, patience()) == 0
        assert "Traceback" not in service.log()


async def test_a_request_that_would_never_end_is_cut_off_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with run_service(tmp_path, STOP_SECONDS="1") as service:
        async with connected(service) as database, demo_booking_in_flight(service, database) as booking:
            service.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(service.process.wait, patience()) == 0
            with pytest.raises(AssertionError, match="INTERNAL_SERVER_ERROR"):  # the client is told to try again
                await booking
            assert "Traceback" not in service.log()
            await until(database, WAITING, False)  # nobody waits any more, long before the lock is released
            await database.execute("ROLLBACK")
            assert await database.fetchval("SELECT count(*) FROM visit") == 0
            assert await database.fetchval("SELECT count(*) FROM slot WHERE visit_id IS NOT NULL") == 0


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_wait_for_balancers(tmp_path: Path, again: signal.Signals) -> None:
    with run_service(tmp_path, STOP_DELAY_SECONDS="600", DEMO="0") as service:
        service.process.send_signal(signal.SIGTERM)
        async with http_client(service.url) as balancer:
            while (await balancer.get("/health/ready")).is_success:
                await asyncio.sleep(0.05)
        service.process.send_signal(again)
        assert await asyncio.to_thread(service.process.wait, patience()) == 0


async def test_a_worker_hands_back_a_letter_that_it_cannot_finish_and_another_sends_it_at_once() -> None:
    async with run_cluster("web", "worker", STOP_SECONDS="3") as cluster:
        cluster.smtp_server.hanging.add("osoba1@example.pl")
        form = {"email": "osoba1@example.pl", "pesel": "44051401359", "firstName": "Osoba", "lastName": "Kolejna"}
        client = Client(url=cluster.webs[0])
        assert (await client.do("SignUp", **form))["__typename"] == "Accepted"
        await client.http.aclose()
        async with cluster.database() as database:
            state = "SELECT state FROM message"
            await until(database, state, "sending")
            assert await asyncio.to_thread(cluster.members["worker1"].stop, signal.SIGTERM) == 0
            assert await database.fetchval(state) == "due"
            cluster.smtp_server.hanging.clear()
            await asyncio.to_thread(cluster.members["worker1"].start_again)  # its task was put back into the queue
            await until(database, state, "sent")
        assert cluster.smtp_server.recipients == ["osoba1@example.pl"]
