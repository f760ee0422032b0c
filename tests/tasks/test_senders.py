"""Senders: many at once, slow, killed or faulty, and still each letter goes once."""

import asyncio
from datetime import timedelta

import pytest

import settings
from models import clock, trace
from models.message import LEASE, Medium, Message, State
from tasks import following, outbox, stationery
from tasks.letters import send_letters
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged
from tests.tasks.post_office import PostOffice, until


async def test_slow_recipients_hold_up_nobody(office: PostOffice) -> None:
    office.hanging = {f"slow{n}@example.pl" for n in range(3)}
    slow = [await a_letter(address) for address in office.hanging]
    quick = [await a_letter(f"quick{n}@example.pl") for n in range(20)]
    sending = asyncio.create_task(send_letters())
    await until(lambda: len(office.mails) == len(quick))
    assert {(await now(letter)).state for letter in slow} == {State.SENDING}
    office.released.set()
    await sending
    assert {(await now(letter)).state for letter in slow + quick} == {State.SENT}


async def test_a_recipient_without_an_answer_is_left_in_time(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.3)
    office.hanging = {"anna@example.pl"}
    letter = await a_letter()
    await send_letters()
    assert ((await now(letter)).state, (await now(letter)).reason) == (State.DUE, "no answer in time")


async def test_a_server_that_never_greets_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.2)

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        letter = await a_letter()
        await send_letters()
    assert (await now(letter)).state == State.DUE
    assert "in time" in str((await now(letter)).reason)


async def test_many_drains_at_once_send_every_letter_once(office: PostOffice) -> None:
    letters = [await a_letter(f"rywal{n}@example.pl") for n in range(30)]
    await asyncio.gather(*(send_letters() for _ in range(5)))
    assert sorted(office.recipients) == sorted(f"rywal{n}@example.pl" for n in range(30))
    assert {(await now(letter)).state for letter in letters} == {State.SENT}


async def test_no_more_than_a_handful_are_sent_at_once(office: PostOffice) -> None:
    office.hanging = {f"slow{n}@example.pl" for n in range(12)}
    for address in office.hanging:
        await a_letter(address)
    sending = [asyncio.create_task(send_letters()) for _ in range(3)]
    await until(lambda: len(office.encrypted) == outbox.AT_ONCE)
    await asyncio.sleep(0.1)
    assert await Message.filter(state=State.SENDING).count() == outbox.AT_ONCE
    office.released.set()
    await asyncio.gather(*sending)
    assert await Message.filter(state=State.SENT).count() == 12


async def test_a_long_drain_ends_before_its_task_is_cut_off(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outbox.LONGEST_DRAIN + settings.SEND_TIMEOUT_SECONDS < following.LONGEST
    monkeypatch.setattr(outbox, "LONGEST_DRAIN", 0.0)
    letters = [await a_letter(f"late{number}@example.pl") for number in range(3)]
    await send_letters()
    assert [((await now(letter)).state, (await now(letter)).tries) for letter in letters] == [
        (State.SENT, 1), (State.DUE, 0), (State.DUE, 0),
    ]  # fmt: skip
    await send_letters()
    await send_letters()
    assert {(await now(letter)).state for letter in letters} == {State.SENT}


async def test_drains_do_not_queue_up_before_a_server_that_hangs(office: PostOffice) -> None:
    """A worker has only so many places: they are left to texts, reminders and sign-ups."""
    office.hanging = {f"slow{number}@example.pl" for number in range(outbox.AT_ONCE)}
    for address in office.hanging:
        await a_letter(address)
    first = asyncio.create_task(send_letters())
    await until(lambda: len(office.encrypted) == outbox.AT_ONCE)
    late = [await a_letter(f"late{number}@example.pl") for number in range(3)]
    second = asyncio.create_task(send_letters())  # claims, once there is a seat
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await asyncio.gather(*(send_letters() for _ in range(30)))
    office.released.set()
    await asyncio.gather(first, second)
    assert {(await now(letter)).state for letter in late} == {State.SENT}


async def test_a_sender_killed_while_sending_is_followed_by_another(office: PostOffice) -> None:
    letter = await a_letter()
    assert await Message.claim(Medium.EMAIL)  # all that is left of a sender killed by -9
    await send_letters()
    assert not office.mails  # the claim still holds
    clock.advance(LEASE + timedelta(seconds=1))
    await send_letters()
    assert office.recipients == ["anna@example.pl"]
    assert (await now(letter)).state == State.SENT


async def test_a_sender_told_to_stop_hands_back_what_it_has_claimed(office: PostOffice) -> None:
    letter = await a_letter()
    office.hanging = {"anna@example.pl"}
    stopped = asyncio.create_task(send_letters())
    await until(lambda: office.encrypted)  # it has said to whom
    stopped.cancel()
    await asyncio.gather(stopped, return_exceptions=True)
    office.hanging.clear()
    await send_letters()
    assert (office.recipients, (await now(letter)).state) == (["anna@example.pl"], State.SENT)


async def test_a_sender_that_lost_its_claim_says_nothing_about_the_letter() -> None:
    letter = await a_letter()
    slow = await Message.claim(Medium.EMAIL)
    clock.advance(LEASE + timedelta(seconds=1))
    quick = await Message.claim(Medium.EMAIL)
    assert slow
    assert quick
    await slow.failed("too late to say")
    assert (await now(letter)).state == State.SENDING
    await quick.sent()
    await slow.postponed("much too late")
    assert (await now(letter)).state == State.SENT


async def test_a_letter_that_cannot_be_written_stops_no_other_and_is_not_lost(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = await a_letter(), await a_letter("borys@example.pl")
    write = stationery.letter

    def sometimes(message: Message, **more: str) -> stationery.Letter:
        if message.id == broken.id:
            raise ValueError("anna@example.pl and a secret")
        return write(message, **more)

    monkeypatch.setattr(stationery, "letter", sometimes)
    await send_letters()
    assert (await now(broken)).state == State.DUE
    assert (await now(broken)).reason == "unexpected ValueError"
    assert (await now(other)).state == State.SENT
    [record] = caplog.records
    assert record.getMessage() == "message_not_sent"
    assert vars(record)["problem"].startswith("ValueError at test_senders.py:")
    assert "secret" not in logged(caplog)


async def test_the_log_of_a_letter_carries_the_id_of_the_request_that_caused_it() -> None:
    seen: dict[str, str] = {}

    async def observed(message: Message) -> None:
        await asyncio.sleep(0)
        seen[message.to] = trace.current()

    for name in ("anna", "borys"):
        trace.begin(f"request-of-{name}")
        await a_letter(f"{name}@example.pl")
    trace.begin("of the sweep")
    await outbox.drain(Medium.EMAIL, observed)
    assert seen == {"anna@example.pl": "request-of-anna", "borys@example.pl": "request-of-borys"}
    assert trace.current() == "of the sweep"
