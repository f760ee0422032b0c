"""SMTP_URL: logging in, only over trusted TLS; what an operator has set wrongly is told, and nothing is lost."""

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
from models.message import Message, State
from tasks import outbox, smtp
from tasks.letters import send_letters
from tests.tasks.letters import a_letter, now
from tests.tasks.logs import logged
from tests.tasks.post_office import PostOffice


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


async def test_a_server_that_offers_no_login_is_told_to_the_operator(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "SMTP_URL", f"smtp://me:secret@127.0.0.1:{office.port}")
    letter = await a_letter()
    await send_letters()
    assert (await now(letter)).reason == "SMTP: the server offers no login"
    assert "email_gateway_misconfigured" in logged(caplog)
    assert not office.mails


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
