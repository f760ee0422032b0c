"""SMTP_URL: login only over trusted TLS; wrong settings are reported to the operator, and no letter is lost."""

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
from infra import clock, hosts
from models import outbox_backlog
from models.outbox import Medium, Message, MessageState
from tasks import outbox_senders
from tasks.letters import send_letters
from tasks.mail import smtp
from tests.support.smtp_server import SmtpServer
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged


@asynccontextmanager
async def guarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, trusted: bool = True
) -> AsyncIterator[SmtpServer]:
    """A TLS server that requires a login."""
    certificate = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    smtp_server = SmtpServer(context, login=("re:jestracja@diamed", "p@ss/ł:%"))
    async with smtp_server.open(implicit_tls=scheme == "smtps"):
        credentials = "re%3Ajestracja%40diamed:p%40ss%2F%C5%82%3A%25"
        monkeypatch.setattr(settings, "SMTP_URL", f"{scheme}://{credentials}@localhost:{smtp_server.port}")
        yield smtp_server


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_the_login_is_decoded_and_sent_only_over_tls(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path, monkeypatch, scheme) as smtp_server:
        letter = await a_letter()
        await send_letters()
        assert (await now(letter)).state == MessageState.SENT
        assert smtp_server.logins == [(b"re:jestracja@diamed", "p@ss/ł:%".encode())]
        assert smtp_server.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_with_an_untrusted_certificate_gets_neither_login_nor_letter(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with guarded(tmp_path, monkeypatch, scheme, trusted=False) as smtp_server:
        letter = await a_letter()
        await send_letters()
        assert (await now(letter)).reason == "SMTP: no trusted TLS connection"
        assert (await now(letter)).state == MessageState.DUE
        assert not smtp_server.logins


async def test_a_refused_login_is_reported_to_the_operator_and_the_letters_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with guarded(tmp_path, monkeypatch, "smtps") as smtp_server:
        smtp_server.login = ("somebody", "else")
        letter = await a_letter()
        await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert (await now(letter)).reason == "SMTP 535: login refused"
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "email_gateway_misconfigured"
    assert "p@ss" not in logged(caplog)


async def test_a_server_that_offers_no_safe_login_is_reported_to_the_operator(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", f"smtp://me:secret@127.0.0.1:{smtp_server.port}")
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).reason == "SMTP: the server offers no TLS; see SMTP_ALLOW_PLAIN"
    assert "email_gateway_misconfigured" in logged(caplog)
    assert not smtp_server.mails


async def test_a_misconfigured_server_is_not_hammered(
    smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(40):
        await a_letter(f"rywal{n}@example.pl")
        smtp_server.refusals[f"rywal{n}@example.pl"] = "530 authentication required"
    await send_letters()
    assert 1 <= len(caplog.records) <= 2 * outbox_senders.MAX_CONCURRENT_SENDS
    assert await Message.filter(tries=0).count() >= 40 - 2 * outbox_senders.MAX_CONCURRENT_SENDS


@pytest.mark.parametrize("url", ["http://127.0.0.1:25", "smtp://", "mail.example"])
async def test_a_url_that_is_not_smtp_is_reported_to_the_operator(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", url)
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert "email_gateway_misconfigured" in logged(caplog)


def test_the_usual_ports_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = {}
    for url in ("smtp://relay", "smtp://me:secret@relay", "smtps://me:secret@relay", "smtp://relay:2525"):
        monkeypatch.setattr(settings, "SMTP_URL", url)
        ports[url] = smtp.connection_options()["port"]
    assert list(ports.values()) == [25, 587, 465, 2525]


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


async def test_no_letter_leaves_this_host_without_tls_unless_the_operator_allows_it(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hosts, "ip_address", lambda _: ip_address("203.0.113.25"))  # as if the server were elsewhere
    letter = await a_letter()
    with caplog.at_level(logging.ERROR):
        await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert smtp_server.mails == []
    assert "offers no TLS" in logged(caplog)
    monkeypatch.setattr(settings, "SMTP_ALLOW_PLAIN", True)
    with clock.pinned(clock.now() + timedelta(hours=1)):
        await send_letters()
    assert (await now(letter)).state == MessageState.SENT


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_password_is_never_sent_without_tls(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    monkeypatch.setattr(settings, "SMTP_ALLOW_PLAIN", allowed)
    monkeypatch.setattr(settings, "SMTP_URL", f"smtp://user:password@127.0.0.1:{smtp_server.port}")
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    assert (smtp_server.logins, smtp_server.mails) == ([], [])


async def test_each_failed_try_is_a_warning_with_its_reason(
    smtp_server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    smtp_server.data_answers = ["451 greylisted, come again"]
    letter = await a_letter()
    with caplog.at_level(logging.WARNING):
        await send_letters()
    assert (await now(letter)).state == MessageState.DUE
    [warning] = [record for record in caplog.records if record.getMessage() == "message_delayed"]
    assert "451" in vars(warning)["reason"]
    assert vars(warning)["tries"] == 1


async def test_the_age_of_a_message_counts_from_its_creation(smtp_server: SmtpServer) -> None:
    smtp_server.data_answers = ["451 not now"]
    await a_letter()
    await send_letters()
    with clock.pinned(clock.now() + timedelta(seconds=20)):  # the next attempt is due after 30 s
        waiting = await outbox_backlog.measure()
    assert 20 <= waiting[Medium.EMAIL, MessageState.DUE].age < 60
