"""Delivery by SMTP: nothing is lost, nothing is sent twice, and nobody waits for somebody else's mailbox."""

import asyncio
import datetime as dt
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import settings
from models import clock
from models.message import LEASE, Kind, Medium, Message, State
from tasks import outbox, smtp, stationery
from tasks.letters import send_letters
from tests import cast
from tests.tasks.post_office import PostOffice, body
from tests.tasks.test_letters import logged


async def a_letter(to: str = "anna@example.pl") -> Message:
    account = await cast.patient_account(to, None, "Anna", "Żółć")
    message = await Message.post(Kind.PASSWORD_CHANGED, account)
    assert message
    return message


async def now(message: Message) -> Message:
    return await Message.get(id=message.id)


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
    office.data_answers = ["250 OK, lost by accident", "451 4.3.0 try again"]
    answered: list[str] = []
    original = office.handle_DATA

    async def remembering(server: object, session: object, envelope: object) -> str:
        answered.append(str(getattr(envelope, "content", b"")))
        return await original(server, session, envelope)  # type: ignore[arg-type]

    office.handle_DATA = remembering  # type: ignore[method-assign]
    office.data_answers = ["451 4.3.0 try again"]
    await send_letters()
    clock.advance(timedelta(minutes=1))
    await send_letters()
    assert len(answered) == 2
    assert office.mails[0]["message-id"] == f"<{letter.id}@diamed.example>"
    assert all(f"<{letter.id}@diamed.example>" in content for content in answered)


@pytest.mark.parametrize("answer", ["550 5.1.1 <anna@example.pl>: user anna unknown", "553 mailbox name not allowed"])
async def test_a_refused_recipient_has_failed_at_once_and_the_others_are_written_to(
    answer: str, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    office.refusals["anna@example.pl"] = answer
    refused, other = await a_letter(), await a_letter("borys@example.pl")
    await send_letters()
    assert (await now(refused)).state == State.FAILED
    assert (await now(refused)).reason in (
        "SMTP 550: 5.1.1 [address] user [address] unknown",
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


async def test_slow_recipients_hold_up_nobody(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.6)
    slow = [await a_letter(f"slow{n}@example.pl") for n in range(3)]
    office.hanging = {"slow0@example.pl", "slow1@example.pl", "slow2@example.pl"}
    quick = [await a_letter(f"quick{n}@example.pl") for n in range(20)]
    sending = asyncio.create_task(send_letters())
    while len(office.mails) < len(quick):
        await asyncio.sleep(0.01)
    assert {(await now(letter)).state for letter in slow} == {State.SENDING}
    await sending
    assert {(await now(letter)).state for letter in quick} == {State.SENT}
    assert {((await now(letter)).state, (await now(letter)).reason) for letter in slow} == {
        (State.DUE, "SMTP: no answer in time")
    }


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


async def test_no_more_than_a_handful_are_sent_at_once(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SEND_TIMEOUT_SECONDS", 0.4)
    office.hanging = {f"slow{n}@example.pl" for n in range(12)}
    for address in office.hanging:
        await a_letter(address)
    sending = [asyncio.create_task(send_letters()) for _ in range(3)]
    await asyncio.sleep(0.15)
    assert await Message.filter(state=State.SENDING).count() == outbox.AT_ONCE
    await asyncio.gather(*sending)
    assert await Message.filter(state=State.DUE).count() == 12


async def test_a_sender_killed_while_sending_is_followed_by_another(office: PostOffice) -> None:
    letter = await a_letter()
    office.hanging = {"anna@example.pl"}
    killed = asyncio.create_task(send_letters())
    while not office.encrypted:  # until it has said to whom
        await asyncio.sleep(0.01)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    office.hanging.clear()
    await send_letters()
    assert not office.mails  # the claim still holds
    clock.advance(LEASE + timedelta(seconds=1))
    await send_letters()
    assert office.recipients == ["anna@example.pl"]
    assert (await now(letter)).state == State.SENT


async def test_a_sender_that_lost_its_claim_says_nothing_about_the_letter(office: PostOffice) -> None:
    letter = await a_letter()
    slow = await Message.claim(Medium.EMAIL)
    clock.advance(LEASE + timedelta(seconds=1))
    await send_letters()
    assert slow
    await slow.failed("too late to say")
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
    assert vars(record)["problem"].startswith("ValueError at test_delivery.py:")
    assert "secret" not in logged(caplog)


async def test_the_log_of_a_letter_carries_the_id_of_the_request_that_caused_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from models import trace

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


@asynccontextmanager
async def guarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, trusted: bool = True
) -> AsyncIterator[PostOffice]:
    """A server with TLS that asks for a login."""
    certificate = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office = PostOffice(context, login=("re:jestracja@diamed", "p@ss/ł:%"))
    async with office.open(implicit_tls=scheme == "smtps"):
        credentials = "re%3Ajestracja%40diamed:p%40ss%2F%C5%82%3A%25"
        monkeypatch.setattr(settings, "SMTP_URL", f"{scheme}://{credentials}@localhost:{office.port}")
        yield office


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_the_login_is_decoded_and_sent_only_over_tls(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path, monkeypatch, scheme) as office:
        letter = await a_letter()
        await send_letters()
        assert (await now(letter)).state == State.SENT
        assert office.logins == [(b"re:jestracja@diamed", "p@ss/ł:%".encode())]
        assert office.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_with_an_untrusted_certificate_gets_neither_login_nor_letter(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path, monkeypatch, scheme, trusted=False) as office:
        letter = await a_letter()
        await send_letters()
        assert (await now(letter)).reason == "SMTP: no trusted TLS connection"
        assert (await now(letter)).state == State.DUE
        assert not office.logins


async def test_a_refused_login_is_told_to_the_operator_and_the_letters_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with guarded(tmp_path, monkeypatch, "smtps") as office:
        office.login = ("somebody", "else")
        letter = await a_letter()
        await send_letters()
    assert (await now(letter)).state == State.DUE
    assert (await now(letter)).reason == "SMTP 535: login refused"
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "email_gateway_misconfigured"
    assert "p@ss" not in logged(caplog)


async def test_a_misconfigured_server_is_not_hammered(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    for n in range(40):
        await a_letter(f"rywal{n}@example.pl")
        office.refusals[f"rywal{n}@example.pl"] = "530 authentication required"
    await send_letters()
    assert 1 <= len(caplog.records) <= 2 * outbox.AT_ONCE
    assert await Message.filter(tries=0).count() >= 40 - 2 * outbox.AT_ONCE


@pytest.mark.parametrize("url", ["http://127.0.0.1:25", "smtp://", "mail.example"])
async def test_a_url_that_is_not_smtp_is_told_to_the_operator(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", url)
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == State.DUE
    assert "email_gateway_misconfigured" in logged(caplog)


def test_the_usual_ports_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = {}
    for url in ("smtp://relay", "smtp://me:secret@relay", "smtps://me:secret@relay", "smtp://relay:2525"):
        monkeypatch.setattr(settings, "SMTP_URL", url)
        ports[url] = smtp.server()["port"]
    assert list(ports.values()) == [25, 587, 465, 2525]


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


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return file
