"""Senders: even if many run at once, and some are slow, faulty or killed, each letter is sent once."""

import asyncio
from datetime import timedelta

import pytest

import settings
from infra import clock, logs
from models.outbox import LEASE, Medium, Message, MessageState
from tasks import middleware, outbox_senders
from tasks.letters import send_letters
from tasks.mail import rendering
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import eventually, patience
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged


async def test_slow_recipients_hold_up_nobody(smtp_server: SmtpServer) -> None:
    smtp_server.hanging = {f"slow{n}@example.pl" for n in range(3)}
    slow = [await a_letter(address) for address in smtp_server.hanging]
    quick = [await a_letter(f"quick{n}@example.pl") for n in range(20)]
    sending = asyncio.create_task(send_letters())
    await eventually(lambda: len(smtp_server.mails) == len(quick))
    assert {(await now(letter)).state for letter in slow} == {MessageState.SENDING}
    smtp_server.released.set()
    await sending
    assert {(await now(letter)).state for letter in slow + quick} == {MessageState.SENT}


async def test_a_recipient_whose_server_does_not_answer_is_given_up_in_time(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.3)
    smtp_server.hanging = {"anna@example.pl"}
    letter = await a_letter()
    await send_letters()
    assert ((await now(letter)).state, (await now(letter)).reason) == (MessageState.DUE, "no answer in time")


async def test_a_server_that_never_greets_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.2)

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        letter = await a_letter()
        await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert "in time" in str((await now(letter)).reason)


async def test_many_drains_at_once_send_every_letter_once(smtp_server: SmtpServer) -> None:
    letters = [await a_letter(f"rywal{n}@example.pl") for n in range(30)]
    await asyncio.gather(*(send_letters() for _ in range(5)))
    assert sorted(smtp_server.recipients) == sorted(f"rywal{n}@example.pl" for n in range(30))
    assert {(await now(letter)).state for letter in letters} == {MessageState.SENT}


async def test_no_more_than_a_handful_are_sent_at_once(smtp_server: SmtpServer) -> None:
    smtp_server.hanging = {f"slow{n}@example.pl" for n in range(12)}
    for address in smtp_server.hanging:
        await a_letter(address)
    sending = [asyncio.create_task(send_letters()) for _ in range(3)]
    await eventually(lambda: len(smtp_server.encrypted) == outbox_senders.MAX_CONCURRENT_SENDS)
    await send_letters()  # a fourth drain finds no free place and returns
    assert await Message.filter(state=MessageState.SENDING).count() == outbox_senders.MAX_CONCURRENT_SENDS
    smtp_server.released.set()
    await asyncio.gather(*sending)
    assert await Message.filter(state=MessageState.SENT).count() == 12


async def test_a_long_drain_ends_before_its_task_is_cut_off(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outbox_senders.MAX_CLAIMING_SECONDS + settings.SEND_TIMEOUT_SECONDS < middleware.MAX_SECONDS
    monkeypatch.setattr(outbox_senders, "MAX_CLAIMING_SECONDS", 0.0)
    letters = [await a_letter(f"late{number}@example.pl") for number in range(3)]
    await send_letters()
    assert [((await now(letter)).state, (await now(letter)).tries) for letter in letters] == [
        (MessageState.SENT, 1),
        (MessageState.DUE, 0),
        (MessageState.DUE, 0),
    ]
    await send_letters()
    await send_letters()
    assert {(await now(letter)).state for letter in letters} == {MessageState.SENT}


async def test_drains_do_not_queue_up_before_a_server_that_hangs(smtp_server: SmtpServer) -> None:
    """A worker's limited task slots must stay free for texts, reminders and sign-ups."""
    smtp_server.hanging = {f"slow{number}@example.pl" for number in range(outbox_senders.MAX_CONCURRENT_SENDS)}
    for address in smtp_server.hanging:
        await a_letter(address)
    first = asyncio.create_task(send_letters())
    await eventually(lambda: len(smtp_server.encrypted) == outbox_senders.MAX_CONCURRENT_SENDS)
    late = [await a_letter(f"late{number}@example.pl") for number in range(3)]
    second = asyncio.create_task(send_letters())  # this drain waits for a free place before it claims a message
    await asyncio.sleep(0)
    async with asyncio.timeout(patience()):
        await asyncio.gather(*(send_letters() for _ in range(30)))
    smtp_server.released.set()
    await asyncio.gather(first, second)
    assert {(await now(letter)).state for letter in late} == {MessageState.SENT}


async def test_a_sender_killed_while_sending_is_followed_by_another(smtp_server: SmtpServer) -> None:
    letter = await a_letter()
    assert await Message.claim(Medium.EMAIL)  # the claim is all that a sender killed by -9 leaves
    await send_letters()
    assert not smtp_server.mails  # the claim is still valid
    clock.advance(LEASE + timedelta(seconds=1))
    await send_letters()
    assert smtp_server.recipients == ["anna@example.pl"]
    assert (await now(letter)).state == MessageState.SENT


async def test_a_sender_that_is_stopped_hands_back_what_it_has_claimed(smtp_server: SmtpServer) -> None:
    letter = await a_letter()
    smtp_server.hanging = {"anna@example.pl"}
    stopped = asyncio.create_task(send_letters())
    await eventually(lambda: smtp_server.encrypted)  # the sender has named the recipient
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    smtp_server.hanging.clear()
    await send_letters()
    assert (smtp_server.recipients, (await now(letter)).state) == (["anna@example.pl"], MessageState.SENT)


async def test_a_sender_that_lost_its_claim_says_nothing_about_the_letter() -> None:
    letter = await a_letter()
    slow = await Message.claim(Medium.EMAIL)
    clock.advance(LEASE + timedelta(seconds=1))
    quick = await Message.claim(Medium.EMAIL)
    assert slow
    assert quick
    await slow.fail("too late to say")
    assert (await now(letter)).state == MessageState.SENDING
    await quick.mark_sent()
    await slow.retry_later("much too late")
    assert (await now(letter)).state == MessageState.SENT


async def test_a_letter_that_cannot_be_written_stops_no_other_and_is_not_lost(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = await a_letter(), await a_letter("borys@example.pl")
    write = rendering.render_letter

    def sometimes(message: Message, **more: str) -> rendering.Letter:
        if message.id == broken.id:
            raise ValueError("anna@example.pl and a secret")
        return write(message, **more)

    monkeypatch.setattr(rendering, "render_letter", sometimes)
    await send_letters()
    assert (await now(broken)).state == MessageState.DUE
    assert (await now(broken)).reason == "unexpected ValueError"
    assert (await now(other)).state == MessageState.SENT
    [record, _] = caplog.records
    assert record.getMessage() == "message_not_sent"
    assert vars(record)["problem"].startswith("ValueError at test_senders.py:")
    assert "secret" not in logged(caplog)


async def test_the_log_of_a_letter_carries_the_id_of_the_request_that_caused_it() -> None:
    seen: dict[str, str] = {}

    async def observed(message: Message) -> None:
        await asyncio.sleep(0)
        seen[message.to] = logs.current_request_id()

    for name in ("anna", "borys"):
        logs.bind_request_id(f"request-of-{name}")
        await a_letter(f"{name}@example.pl")
    logs.bind_request_id("of the sweep")
    await outbox_senders.OutboxSender(Medium.EMAIL, observed).send_due()
    assert seen == {"anna@example.pl": "request-of-anna", "borys@example.pl": "request-of-borys"}
    assert logs.current_request_id() == "of the sweep"
