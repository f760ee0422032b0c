"""The development mailbox: everything sent can be read, even after a restart."""

import logging
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

import settings
from infra import clock
from models.outbox import Message, MessageKind, MessageState
from tasks.letters import send_letters
from tasks.mail import mailbox
from tests import cast
from tests.support.visits import booked
from tests.tasks.letters import a_letter, post


async def test_a_letter_is_shown_as_it_was_received() -> None:
    anna = await cast.anna()
    visit = await booked(anna, cast.warsaw(24, 10))
    async with mailbox.run_mailbox():
        await send_letters()
    [entry] = mailbox.entries()
    message = await Message.get()
    assert list(entry) == ["channel", "to", "subject", "text", "html", "messageId", "attachments", "at"]
    assert (entry["channel"], entry["to"]) == ("email", "anna@example.pl")
    assert entry["subject"] == "Potwierdzenie wizyty: wtorek, 24 listopada 2026, 10:00"
    assert entry["text"].startswith("Dzień dobry,\n\npotwierdzamy rezerwację wizyty.\n\n- Termin: wtorek")
    assert entry["html"].startswith("<!doctype html>")
    assert entry["messageId"] == f"<{message.id}@diamed.example>"
    assert entry["at"] == clock.now().isoformat()
    [file] = entry["attachments"]
    assert (file["filename"], file["contentType"]) == ("wizyta.ics", "text/calendar")
    assert f"UID:{visit.id}@e-rejestracja" in file["text"]


async def test_the_newest_come_first_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MAX_ENTRIES", 3)
    for n in range(5):
        mailbox.store(mailbox.sms_entry("+48501234567", f"nr {n}"))
        clock.advance(timedelta(seconds=1))
    assert [entry["text"] for entry in mailbox.entries()] == ["nr 4", "nr 3", "nr 2"]
    assert mailbox.entries()[0] == {
        "channel": "sms",
        "to": "+48501234567",
        "subject": None,
        "text": "nr 4",
        "html": None,
        "messageId": None,
        "attachments": [],
        "at": "2026-11-23T08:00:04+00:00",
    }


async def test_an_empty_mailbox_is_an_empty_list() -> None:
    assert mailbox.entries() == []


async def test_a_mailbox_emptied_by_hand_is_filled_again() -> None:
    async with mailbox.run_mailbox():
        await a_letter()
        await send_letters()
        shutil.rmtree(settings.DATA_DIR / "mailbox")
        await a_letter("borys@example.pl")
        await send_letters()
    assert [entry["to"] for entry in mailbox.entries()] == ["borys@example.pl"]


async def test_without_a_running_mailbox_a_letter_waits() -> None:
    letter = await a_letter()
    await send_letters()
    assert (await Message.get(id=letter.id)).state == MessageState.DUE
    assert (await Message.get(id=letter.id)).reason == "the development mailbox is not running"


async def test_the_mailbox_stays_closed_if_a_real_server_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", "smtp://mail.example")
    async with mailbox.run_mailbox() as address:
        assert address is None


async def test_production_never_uses_the_mailbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    async with mailbox.run_mailbox() as address:
        assert address is None
        letter = await a_letter()
        await send_letters()
    assert (await Message.get(id=letter.id)).reason == "SMTP_URL is not set"
    assert not list(tmp_path.rglob("*.json"))
    assert [record.getMessage() for record in caplog.records] == ["email_gateway_misconfigured", "message_delayed"]


async def test_no_address_is_logged_on_the_way(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    anna = await cast.anna()
    async with mailbox.run_mailbox():
        await post(MessageKind.NEW_PASSWORD, anna)
        await send_letters()
    assert len(mailbox.entries()) == 1
    assert not [record for record in caplog.records if "example.pl" in record.getMessage()]
