"""SMSAPI.pl: what we request from it, and what each kind of answer means."""

import json
import logging
from datetime import timedelta

import pytest

import settings
from infra import clock
from models.outbox import LEASE, Medium, Message, MessageState
from tasks.sms.gateways import MailboxGateway, choose
from tasks.texts import send_texts
from tests import cast
from tests.support.sms_server import Answer, SmsServer, error
from tests.tasks.logs import logged
from tests.tasks.reminders import a_reminder


async def sent_with(answer: Answer, gateway: SmsServer) -> Message:
    gateway.answers = [answer]
    text = await a_reminder()
    await send_texts()
    return await Message.get(id=text.id)


async def test_the_request_for_a_text_has_every_parameter_that_makes_it_safe(
    gateway: SmsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SMS_FROM", "CMDiamed")
    text = await a_reminder()
    await send_texts()
    [form] = gateway.asked
    assert form.pop("message").startswith("CM Diamed: przypominamy o wizycie w dniu 24.11.2026 o godz. 14:30.")
    assert form == {
        "to": "48501234567",
        "from": "CMDiamed",
        "format": "json",
        "encoding": "utf-8",
        "max_parts": "1",
        "details": "1",
        "idx": text.id.hex,
        "check_idx": "1",
    }
    assert gateway.tokens == ["Bearer t/o-ken"]
    sent = await Message.get(id=text.id)
    assert (sent.state, sent.gateway_id, sent.sent_at) == (MessageState.SENT, "ID1", clock.now())


async def test_no_sender_name_is_sent_unless_configured(gateway: SmsServer) -> None:
    await a_reminder()
    await send_texts()
    assert "from" not in gateway.asked[0]


async def test_a_text_accepted_before_is_sent(gateway: SmsServer) -> None:
    text = await a_reminder()
    claimed = await Message.claim(Medium.SMS)  # claimed by a sender that handed it over and then died
    assert claimed
    gateway.accepted[text.id.hex] = {}
    clock.advance(LEASE + timedelta(seconds=1))
    await send_texts()
    assert (await Message.get(id=text.id)).state == MessageState.SENT
    assert len(gateway.asked) == 1


PASSING = [error(code) for code in (8, 200, 201, 666, 999, "201")]
UNKNOWN = [error(4242), error("what?"), error(None)]
HTTP = [(429, b""), (500, b"{}"), (502, b"<html>"), (503, b"")]
GARBAGE = [
    (200, body)
    for body in (b"", b"OK", b"[]", b"null", b"\xff\xfe", b'{"count": 1}', b'{"list": []}', b'{"list": [{"id": ""}]}')
]


@pytest.mark.parametrize("answer", PASSING + UNKNOWN + HTTP + GARBAGE)
async def test_a_temporary_failure_is_retried(
    answer: Answer, gateway: SmsServer, caplog: pytest.LogCaptureFixture
) -> None:
    text = await sent_with(answer, gateway)
    assert text.state == MessageState.DUE
    assert str(text.reason).startswith("SMSAPI")
    assert [record.getMessage() for record in caplog.records] == ["message_delayed"]
    clock.advance(timedelta(minutes=1))
    await send_texts()
    assert (await Message.get(id=text.id)).state == MessageState.SENT


@pytest.mark.parametrize("code", [11, 12, 13, 54, 57])
async def test_a_final_refusal_is_a_failure_at_once(
    code: int, gateway: SmsServer, caplog: pytest.LogCaptureFixture
) -> None:
    text = await sent_with(error(code), gateway)
    assert text.state == MessageState.FAILED
    assert str(text.reason).startswith(f"SMSAPI {code}: ")
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "message_failed")
    assert "48501234567" not in logged(caplog)


OURS = [*(error(code) for code in (14, 101, 102, 103, 105, 110)), (401, b""), (403, b""), (404, b""), (302, b"")]


@pytest.mark.parametrize("answer", OURS)
async def test_a_mistake_of_ours_is_reported_to_the_operator_and_the_text_waits(
    answer: Answer, gateway: SmsServer, caplog: pytest.LogCaptureFixture
) -> None:
    text = await sent_with(answer, gateway)
    assert text.state == MessageState.DUE
    [record, _] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "sms_gateway_misconfigured")
    assert "ken" not in str(vars(record)["reason"])


async def test_a_silent_gateway_is_given_up_in_time(gateway: SmsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.2)
    gateway.silent.set()
    text = await a_reminder()
    await send_texts()
    assert (await Message.get(id=text.id)).state == MessageState.DUE
    assert "no answer in time" in str((await Message.get(id=text.id)).reason)


async def test_a_gateway_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMS_URL", "smsapi+http://token@127.0.0.1:1")
    text = await a_reminder()
    await send_texts()
    assert (await Message.get(id=text.id)).reason == "SMSAPI: no connection"


async def test_a_text_is_not_retried_once_the_gateway_no_longer_recognises_it(
    gateway: SmsServer, caplog: pytest.LogCaptureFixture
) -> None:
    text = await a_reminder(cast.warsaw(24, 18), written=cast.warsaw(23, 12))
    gateway.answers = [(503, b"")] * 200
    while clock.now() < cast.warsaw(24, 12):
        await send_texts()
        clock.advance(timedelta(minutes=15))
    assert (await Message.get(id=text.id)).state == MessageState.FAILED
    assert len(gateway.asked) > 20
    assert {record.getMessage() for record in caplog.records} == {"message_delayed", "message_failed"}
    asked = len(gateway.asked)
    clock.advance(timedelta(hours=1))
    await send_texts()
    assert len(gateway.asked) == asked


@pytest.mark.parametrize("url", ["smsapi://api.smsapi.pl", "https://token@api.smsapi.pl", "token@host", "smsapi://t@"])
async def test_an_unknown_url_is_reported_to_the_operator(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMS_URL", url)
    await a_reminder()
    await send_texts()
    assert [record.getMessage() for record in caplog.records] == ["sms_gateway_misconfigured", "message_delayed"]
    assert (await Message.get(medium=Medium.SMS)).state == MessageState.DUE


def test_https_is_used_unless_configured_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SMS_URL", "smsapi://token@api.smsapi.pl")
    assert vars(choose()) == {"url": "https://api.smsapi.pl/sms.do", "token": "token"}


def test_without_a_gateway_texts_go_to_the_mailbox_except_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(choose(), MailboxGateway)
    monkeypatch.setattr(settings, "IN_PRODUCTION", True)
    with pytest.raises(Exception, match="SMS_URL is not set"):
        choose()


def test_the_answers_of_the_gateway_in_these_tests_are_those_of_the_real_one() -> None:
    status, content = error(13)
    assert (status, set(json.loads(content))) == (200, {"error", "message", "invalid_numbers"})
