"""Delivery by SMTP: how each kind of server response affects the letter."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

import settings
from infra import clock
from models.outbox import Message, MessageKind, MessageState
from tasks.letters import send_letters
from tasks.mail import smtp
from tasks.mail.mime import Mail
from tasks.outbox_senders import MAX_CONCURRENT_SENDS
from tests import cast
from tests.support.smtp_server import SmtpServer, body
from tests.support.visits import book, cancel
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged
from tests.tasks.mail.test_invitations import event_of

MAIL = Mail("anna@example.pl", ("", "centre@example.pl"), "Dzień dobry", "...", "<p>...</p>", "<1@example.pl>", "")


async def test_a_letter_waits_while_the_server_is_down_and_arrives_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    smtp_server = SmtpServer()
    async with smtp_server.open():
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{smtp_server.port}")
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert (await now(letter)).reason == "SMTP: no connection"
    async with smtp_server.open():
        await send_letters()
        assert not smtp_server.mails  # nothing is sent before the pause is over
        clock.advance(timedelta(seconds=30))
        await send_letters()
    assert len(smtp_server.mails) == 1
    assert (await now(letter)).state == MessageState.SENT
    assert (await now(letter)).reason is None


async def test_letters_of_a_batch_share_connections(smtp_server: SmtpServer) -> None:
    for n in range(3 * MAX_CONCURRENT_SENDS):
        await a_letter(f"anna{n}@example.pl")
    await send_letters()
    assert len(smtp_server.mails) == 3 * MAX_CONCURRENT_SENDS
    assert len(smtp_server.lines) <= MAX_CONCURRENT_SENDS


async def test_both_letters_arrive_if_the_server_hangs_up_between_them(smtp_server: SmtpServer) -> None:
    async with smtp.keep_connections():
        await smtp.send(MAIL)
        smtp_server.hang_up()
        await smtp.send(replace(MAIL, to="borys@example.pl"))
    assert smtp_server.recipients == ["anna@example.pl", "borys@example.pl"]
    assert len(smtp_server.lines) == 2


async def test_a_connection_is_closed_before_the_server_would_close_it(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LETTERS_PER_CONNECTION", 2)
    async with smtp.keep_connections():
        for _ in range(5):
            await smtp.send(MAIL)
    assert len(smtp_server.lines) == 3


async def test_pauses_grow_to_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", "smtp://127.0.0.1:1")
    letter = await a_letter()
    pauses = []
    for _ in range(8):
        await send_letters()
        pauses.append((await now(letter)).due_at - clock.now())
        clock.advance(pauses[-1])
    assert [pause.total_seconds() for pause in pauses] == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_after_the_last_try_it_has_failed_and_the_operator_is_notified(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setattr(settings, "MESSAGE_TRIES", 2)
    letter = await a_letter()
    await send_letters()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    caplog.clear()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert (await now(letter)).state == MessageState.FAILED
    assert (await now(letter)).reason == "SMTP: no connection"
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "message_failed")
    told = vars(record)
    assert (told["message_id"], told["kind"]) == (str(letter.id), "password_changed")
    assert told["reason"] == "SMTP: no connection"
    assert "anna@example.pl" not in logged(caplog)


async def test_a_retried_mail_keeps_its_message_id(smtp_server: SmtpServer) -> None:
    letter = await a_letter()
    smtp_server.data_answers = ["451 4.3.0 try again", "250 OK, or is it? The line is cut"]
    for _ in range(3):
        await send_letters()
        clock.advance(timedelta(minutes=5))
        await Message.filter(state=MessageState.SENT).update(state=MessageState.DUE)  # as if no answer had come
    assert smtp_server.seen_ids == [f"<{letter.id}@diamed.example>"] * 3
    assert smtp_server.mails[0]["message-id"] == f"<{letter.id}@diamed.example>"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("550 5.1.1 <anna@example.pl>: user anna unknown", "SMTP 550: 5.1.1 [address]: user [address] unknown"),
        ("553 mailbox name not allowed", "SMTP 553: mailbox name not allowed"),
    ],
)
async def test_a_refused_recipient_has_failed_at_once_and_the_others_are_written_to(
    answer: str, reason: str, smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    smtp_server.refusals["anna@example.pl"] = answer
    refused, other = await a_letter(), await a_letter("borys@example.pl")
    await send_letters()
    assert (await now(refused)).state == MessageState.FAILED
    assert (await now(refused)).reason == reason
    assert (await now(other)).state == MessageState.SENT
    assert smtp_server.recipients == ["borys@example.pl"]
    assert "message_failed" in logged(caplog)
    assert "anna@" not in logged(caplog)


async def test_a_mail_refused_for_its_content_has_failed_at_once(smtp_server: SmtpServer) -> None:
    smtp_server.data_answers = ["554 5.6.0 message not wanted, call 48501234567"]
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == MessageState.FAILED
    assert (await now(letter)).reason == "SMTP 554: 5.6.0 message not wanted, call [number]"


@pytest.mark.parametrize(
    ("at", "answer"),
    [("rcpt", "450 4.2.1 mailbox busy"), ("data", "452 4.3.1 no room"), ("rcpt", "530 5.7.0 authentication required")],
)
async def test_temporary_failures_are_retried_later(at: str, answer: str, smtp_server: SmtpServer) -> None:
    if at == "rcpt":
        smtp_server.refusals["anna@example.pl"] = answer
    else:
        smtp_server.data_answers = [answer]
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert (await now(letter)).reason == f"SMTP {answer[:3]}: {answer[4:]}"
    smtp_server.refusals.clear()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert (await now(letter)).state == MessageState.SENT


def test_the_servers_replies_are_shortened_and_stored_without_addresses() -> None:
    said = smtp.scrub("<jan.nowak@x.pl>\r\n JAN.NOWAK unknown " + "x" * 500, "jan.nowak@x.pl")
    assert said.startswith("[address] [address] unknown xxx")
    assert len(said) == 200


async def test_a_name_with_polish_letters_in_the_sender_arrives_whole(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAIL_FROM", "Przychodnia Źródło <poczta@zrodlo.example>")
    letter = await a_letter()
    await send_letters()
    assert smtp_server.mails[0]["from"] == "Przychodnia Źródło <poczta@zrodlo.example>"
    assert smtp_server.mails[0]["message-id"] == f"<{letter.id}@zrodlo.example>"
    assert "Dzień dobry" in body(smtp_server.mails[0], "plain")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("CM Diamed, Rejestracja <poczta@diamed.example>", "CM Diamed, Rejestracja"),
        ('"CM Diamed, Rejestracja" <poczta@diamed.example>', "CM Diamed, Rejestracja"),
        ("Źródło, s.c. (Łódź) <poczta@diamed.example>", "Źródło, s.c. (Łódź)"),
        ('Przychodnia "Zdrowie" <poczta@diamed.example>', 'Przychodnia "Zdrowie"'),
        ("poczta@diamed.example", ""),
    ],
)
async def test_every_name_of_the_sender_arrives_as_one_name(
    setting: str, name: str, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAIL_FROM", setting)
    await a_letter()
    await send_letters()
    [address] = smtp_server.mails[0]["from"].addresses
    assert (address.display_name, address.addr_spec) == (name, "poczta@diamed.example")


async def test_letters_go_to_the_domain_of_idna_2008_and_come_from_one(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 2003 standard would turn it into "strasse.example", another person's mailbox."""
    monkeypatch.setattr(settings, "MAIL_FROM", "Źródło <poczta@źródło.example>")
    await a_letter("anna@straße.example")
    await send_letters()
    assert smtp_server.recipients == ["anna@xn--strae-oqa.example"]
    [mail] = smtp_server.mails
    assert mail["from"].addresses[0].addr_spec == "poczta@xn--rdo-gna01bwk.example"
    assert mail["message-id"].endswith("@xn--rdo-gna01bwk.example>")


async def test_a_letter_that_waited_while_its_visit_was_cancelled_does_not_arrive(smtp_server: SmtpServer) -> None:
    anna = await cast.anna()
    smtp_server.refusals["anna@example.pl"] = "451 4.3.0 later"
    visit = await book(anna, await cast.slot())
    await send_letters()
    confirmation = await Message.get(kind=MessageKind.VISIT_BOOKED)
    assert confirmation.state == MessageState.DUE
    await cancel(anna, visit)
    smtp_server.refusals.clear()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert [event_of(mail)["status"] for mail in smtp_server.mails] == ["CANCELLED"]
    assert (await now(confirmation)).state == MessageState.DROPPED
