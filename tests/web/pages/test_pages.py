"""Pages beside GraphQL: health for those who watch, the mailbox for those who develop, the first screen for all."""

import asyncio
from typing import Any

import pytest
from starlette.routing import Route

import server
import settings
from models import clock, database, demo
from tasks import mailbox
from tests import cast
from tests.cast import warsaw
from tests.client import Client, deliver, id_of
from web.welcome import welcome


async def test_a_living_process_says_so(nobody: Client) -> None:
    response = await nobody.http.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_ready_is_who_reaches_the_database(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await nobody.http.get("/health/ready")).status_code == 200

    async def unreachable() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(database, "ping", unreachable)
    assert (await nobody.http.get("/health/ready")).status_code == 503


async def test_a_database_that_does_not_answer_is_not_ready_either(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.health.PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(database, "ping", asyncio.Event().wait)
    assert (await nobody.http.get("/health/ready")).status_code == 503


async def test_the_mailbox_shows_letters_with_their_attachments_newest_first(anna: Client) -> None:
    slot = await cast.slot()
    visit = await anna.do("BookVisit", slotId=id_of(slot))
    await deliver()
    await anna.do("CancelVisit", visitId=visit["id"])
    await deliver()
    entries = (await anna.http.get("/mailbox.json")).json()
    assert [entry["subject"].partition(":")[0] for entry in entries] == ["Wizyta odwołana", "Potwierdzenie wizyty"]
    assert set(entries[0]) == {"channel", "to", "subject", "text", "html", "messageId", "at", "attachments"}
    [attachment] = entries[0]["attachments"]
    assert set(attachment) == {"filename", "contentType", "text"}
    page = (await anna.http.get("/mailbox")).text
    assert visit["reference"] in page


async def test_what_people_write_is_text_on_the_page_of_the_mailbox(nobody: Client) -> None:
    wicked = "<script>alert(1)</script>"
    mailbox.keep(mailbox.text_kept(wicked, wicked))
    response = await nobody.http.get("/mailbox")
    assert "<script>" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("changes", "is_there"),
    [
        ({}, True),
        ({"SMTP_URL": "smtp://localhost"}, True),  # texts still go there
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
        *demo.LOGINS,
        *demo.STAFF_LOGINS,
        demo.PASSWORD,
    ):
        assert words in screen
    assert "open until 22:00 (Europe/Warsaw)" in screen


def test_at_night_the_first_screen_says_when_booking_opens_and_how_to_start_anyway() -> None:
    with clock.pinned(warsaw(23, 22)):
        screen = welcome()
    assert "opens at 07:00 on 24.11.2026 (Europe/Warsaw)" in screen
    assert "SERVICE_OPENS=00:00 SERVICE_CLOSES=24:00" in screen


def test_in_production_the_first_screen_shows_neither_logins_nor_a_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    assert "mailbox" not in welcome().casefold()
    assert demo.PASSWORD not in welcome()
