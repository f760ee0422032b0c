"""Delivery by SMTP: what each answer of a server means for the letter."""

import logging
from datetime import timedelta

import pytest

import settings
from models import clock
from models.message import Message, State
from tasks import smtp
from tasks.letters import send_letters
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged
from tests.tasks.post_office import PostOffice, body


async def test_a_letter_waits_while_the_server_is_down_and_arrives_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = PostOffice()
    async with office.open():
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{office.port}")
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == State.DUE
    assert (await now(letter)).reason == "SMTP: no connection"
    async with office.open():
        await send_letters()
        assert not office.mails  # not before the pause is over
        clock.advance(timedelta(seconds=30))
        await send_letters()
    assert len(office.mails) == 1
    assert (await now(letter)).state == State.SENT
    assert (await now(letter)).reason is None


async def test_pauses_grow_to_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", "smtp://127.0.0.1:1")
    letter = await a_letter()
    pauses = []
    for _ in range(8):
        await send_letters()
        pauses.append((await now(letter)).due_at - clock.now())
        clock.advance(pauses[-1])
    assert [pause.total_seconds() for pause in pauses] == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_after_the_last_try_it_has_failed_and_the_operator_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setattr(settings, "MESSAGE_TRIES", 2)
    letter = await a_letter()
    await send_letters()
    assert not caplog.records
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert (await now(letter)).state == State.FAILED
    assert (await now(letter)).reason == "SMTP: no connection"
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "message_failed")
    told = vars(record)
    assert (told["message_id"], told["kind"]) == (str(letter.id), "password_changed")
    assert told["reason"] == "SMTP: no connection"
    assert "anna@example.pl" not in logged(caplog)


async def test_a_retried_mail_keeps_its_message_id(office: PostOffice) -> None:
    letter = await a_letter()
    office.data_answers = ["451 4.3.0 try again", "250 OK, or is it? The line is cut"]
    for _ in range(3):
        await send_letters()
        clock.advance(timedelta(minutes=5))
        await Message.filter(state=State.SENT).update(state=State.DUE)  # as if the answer had been lost
    assert office.seen_ids == [f"<{letter.id}@diamed.example>"] * 3
    assert office.mails[0]["message-id"] == f"<{letter.id}@diamed.example>"


@pytest.mark.parametrize("answer", ["550 5.1.1 <anna@example.pl>: user anna unknown", "553 mailbox name not allowed"])
async def test_a_refused_recipient_has_failed_at_once_and_the_others_are_written_to(
    answer: str, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    office.refusals["anna@example.pl"] = answer
    refused, other = await a_letter(), await a_letter("borys@example.pl")
    await send_letters()
    assert (await now(refused)).state == State.FAILED
    assert (await now(refused)).reason in (
        "SMTP 550: 5.1.1 [address]: user [address] unknown",
        "SMTP 553: mailbox name not allowed",
    )
    assert (await now(other)).state == State.SENT
    assert office.recipients == ["borys@example.pl"]
    assert "message_failed" in logged(caplog)
    assert "anna@" not in logged(caplog)


async def test_a_mail_refused_for_its_content_has_failed_at_once(office: PostOffice) -> None:
    office.data_answers = ["554 5.6.0 message not wanted, call 48501234567"]
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == State.FAILED
    assert (await now(letter)).reason == "SMTP 554: 5.6.0 message not wanted, call [number]"


@pytest.mark.parametrize(
    ("at", "answer"),
    [("rcpt", "450 4.2.1 mailbox busy"), ("data", "452 4.3.1 no room"), ("rcpt", "530 5.7.0 authentication required")],
)
async def test_what_may_be_better_later_is_tried_later(at: str, answer: str, office: PostOffice) -> None:
    if at == "rcpt":
        office.refusals["anna@example.pl"] = answer
    else:
        office.data_answers = [answer]
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == State.DUE
    assert (await now(letter)).reason == f"SMTP {answer[:3]}: {answer[4:]}"
    office.refusals.clear()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert (await now(letter)).state == State.SENT


def test_the_words_of_a_server_are_kept_short_and_without_addresses() -> None:
    said = smtp.scrubbed("<jan.nowak@x.pl>\r\n JAN.NOWAK unknown " + "x" * 500, "jan.nowak@x.pl")
    assert said.startswith("[address] [address] unknown xxx")
    assert len(said) == 200


async def test_a_name_with_polish_letters_in_the_sender_arrives_whole(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAIL_FROM", "Przychodnia Źródło <poczta@zrodlo.example>")
    letter = await a_letter()
    await send_letters()
    assert office.mails[0]["from"] == "Przychodnia Źródło <poczta@zrodlo.example>"
    assert office.mails[0]["message-id"] == f"<{letter.id}@zrodlo.example>"
    assert "Dzień dobry" in body(office.mails[0], "plain")
