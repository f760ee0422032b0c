"""Pages besides GraphQL: health checks for monitoring, the mailbox for developers, the start-up screen for all."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.routing import Route

import server
import settings
from infra import clock, database
from models.admin import demo_data
from tasks import broker
from tasks.mail import mailbox
from tests import cast
from tests.cast import warsaw
from tests.support.client import Client, deliver, id_of
from web.welcome import welcome

HERE = {"host": "localhost"}


async def test_a_living_process_says_so(nobody: Client) -> None:
    response = await nobody.http.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_a_process_is_ready_when_it_reaches_the_database(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await nobody.http.get("/health/ready")).status_code == 200

    async def unreachable() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(database, "is_migrated", unreachable)
    assert (await nobody.http.get("/health/ready")).status_code == 503


async def test_a_database_that_does_not_answer_is_not_ready_either(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.health.TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(database, "is_migrated", asyncio.Event().wait)
    assert (await nobody.http.get("/health/ready")).status_code == 503


async def test_a_pool_that_is_used_up_is_no_reason_to_be_taken_out_of_the_balancer(nobody: Client) -> None:
    pool = database.connection()._pool
    taken = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        assert (await nobody.http.get("/health/ready")).status_code == 200
    finally:
        for connection in taken:
            await pool.release(connection)


async def test_a_web_process_is_ready_without_the_broker_and_says_so(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> None:
        raise ConnectionError

    monkeypatch.setattr(broker, "ping", silent)
    ready = await nobody.http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "broker": "does not answer"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.worker), base_url="http://worker") as http:
        assert (await http.get("/health/ready")).status_code == 503


async def test_the_mailbox_shows_letters_with_their_attachments_newest_first(anna: Client) -> None:
    slot = await cast.slot()
    visit = await anna.do("BookVisit", slotId=id_of(slot))
    await deliver()
    await anna.do("CancelVisit", visitId=visit["id"])
    await deliver()
    entries = (await anna.http.get("/mailbox.json", headers=HERE)).json()
    assert [entry["subject"].partition(":")[0] for entry in entries] == ["Wizyta odwołana", "Potwierdzenie wizyty"]
    assert set(entries[0]) == {"channel", "to", "subject", "text", "html", "messageId", "at", "attachments"}
    [attachment] = entries[0]["attachments"]
    assert set(attachment) == {"filename", "contentType", "text"}
    page = (await anna.http.get("/mailbox", headers=HERE)).text
    assert visit["reference"] in page


async def test_what_people_write_is_text_on_the_page_of_the_mailbox(nobody: Client) -> None:
    wicked = "<script>alert(1)</script>"
    mailbox.store(mailbox.sms_entry(wicked, wicked))
    response = await nobody.http.get("/mailbox", headers=HERE)
    assert "<script>" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("changes", "is_there"),
    [
        ({}, True),
        ({"SMTP_URL": "smtp://localhost"}, True),  # text messages still go to the mailbox
        ({"SMTP_URL": "smtp://localhost", "SMS_URL": "smsapi://t@localhost"}, False),
        ({"IN_PRODUCTION": True}, False),
    ],
)
def test_a_mailbox_is_there_only_where_something_goes_into_it(
    changes: dict[str, Any], is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        monkeypatch.setattr(settings, name, value)
    paths = {route.path for route in server.routes() if isinstance(route, Route)}
    assert paths >= {"/graphql", "/health/live", "/health/ready"}
    assert paths & {"/mailbox", "/mailbox.json"} == ({"/mailbox", "/mailbox.json"} if is_there else set())
    assert ("/mailbox" in welcome()) == is_there


def test_the_first_screen_says_where_everything_is() -> None:
    screen = welcome()
    url = f"http://{settings.HOST}:{settings.PORT}"
    for words in (
        f"{url}/graphql",
        f"{url}/mailbox",
        f"{url}/health/ready",
        *demo_data.LOGINS,
        *demo_data.STAFF_LOGINS,
        demo_data.PASSWORD,
    ):
        assert words in screen
    assert "open until 22:00 (Europe/Warsaw)" in screen


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7", 200),  # an IP address, which no foreign host name equals
        ("rejestracja.test", 200),  # PUBLIC_URL
        ("evil.example", 421),  # DNS rebinding: the name resolves to 127.0.0.1 once its page has loaded
        ("localhost.evil.example", 421),
        ("rejestracja.test.evil.example:8000", 421),
        ("", 421),
        ("[::1", 421),
        ("[evil.example]", 421),
    ],
)
@pytest.mark.parametrize("path", ["/mailbox", "/mailbox.json"])
async def test_the_mailbox_answers_under_its_own_names_only(
    path: str, host: str, status: int, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://rejestracja.test")
    assert (await nobody.http.get(path, headers={"host": host})).status_code == status


@pytest.mark.parametrize(
    ("host", "is_open"), [("127.0.0.1", False), ("localhost", False), ("::1", False), ("10.0.0.7", True), ("lab", True)]
)
def test_a_development_server_warns_when_others_can_reach_it(
    host: str, is_open: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOST", host)
    assert ("Warning: everybody" in welcome()) == is_open
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    assert "Warning" not in welcome()


def test_at_night_the_first_screen_says_when_booking_opens_and_how_to_start_anyway() -> None:
    with clock.pinned(warsaw(23, 22)):
        screen = welcome()
    assert "opens at 07:00 on 24.11.2026 (Europe/Warsaw)" in screen
    assert "SERVICE_OPENS=00:00 SERVICE_CLOSES=24:00" in screen


def test_in_production_the_first_screen_shows_neither_logins_nor_a_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    assert "mailbox" not in welcome().casefold()
    assert demo_data.PASSWORD not in welcome()
