"""Sends a mail to the SMTP server and decides by its answer whether to try again."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from emails.backend.response import SMTPResponse
from emails.backend.smtp.aio_backend import AsyncSMTPBackend
from emails.utils import DNS_NAME

import settings
from infra import hosts
from tasks.mail import mailbox
from tasks.mail.mime import Mail
from tasks.outbox_senders import Misconfigured, Refused, TryLater

CLOSE_SECONDS = 1.0
LETTERS_PER_CONNECTION = 50  # many servers accept no more than a hundred
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
LONG_NUMBER = re.compile(r"\d{7,}")
AUTHENTICATION_CODES = {530, 534, 535, 538}  # they concern our login, not the recipient, whatever the command


async def send(mail: Mail) -> None:
    """Return when the server has accepted the mail; otherwise raise Refused, TryLater or Misconfigured."""
    if not mail.to.partition("@")[0].isascii():
        raise Refused("the address contains characters that mail cannot be sent to")
    if not hasattr(DNS_NAME, "_fqdn"):  # otherwise the library looks it up in the event loop, which blocks
        await asyncio.to_thread(DNS_NAME.get_fqdn)
    try:
        async with _connect() as connection:
            response = await connection.sendmail(mail.sender[1], mail.to, mail)
            if response is None:
                raise LookupError("A mail without a recipient.")
            connection.is_reusable = response.success and connection.letters < LETTERS_PER_CONNECTION
    except (aiosmtplib.SMTPException, OSError) as problem:
        raise _classify_error(problem) from None
    if not response.success:
        raise _classify_response(response, mail.to)


class _Connection(AsyncSMTPBackend):
    """A reusable connection. If the server has dropped it, the library reconnects once."""

    is_reusable = False
    letters = 0


_kept: ContextVar[list[_Connection] | None] = ContextVar("kept", default=None)


@asynccontextmanager
async def keep_connections() -> AsyncIterator[None]:
    """Inside this context and the tasks started in it, letters reuse connections that have already accepted one."""
    kept: list[_Connection] = []
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
        await asyncio.gather(*map(_close, kept))


@asynccontextmanager
async def _connect() -> AsyncIterator[_Connection]:
    kept = _kept.get()
    connection = kept.pop() if kept else _Connection(**connection_options())
    connection.is_reusable = False
    connection.letters += 1
    try:
        yield connection
    finally:
        if kept is not None and connection.is_reusable:
            kept.append(connection)
        else:
            await _close(connection)


async def _close(connection: _Connection) -> None:
    """Close the connection without the library's long timeout, even if the server does not answer."""
    client = connection._client
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except TimeoutError:
        if client:
            client._smtp.close()


async def check() -> None:
    """Log in as for a letter, but send none; raises the same exceptions as `send`."""
    options = connection_options()
    server = aiosmtplib.SMTP(
        hostname=options["host"],
        port=options["port"],
        username=options.get("user"),
        password=options.get("password") or None,
        use_tls=options.get("ssl", False),
        start_tls=options["tls"],
        timeout=options["timeout"],
    )
    try:
        await server.connect()
        await server.quit()
    except (aiosmtplib.SMTPException, OSError) as problem:
        raise _classify_error(problem) from None
    finally:
        server.close()


def connection_options() -> dict[str, Any]:
    """Options for SMTP_URL, or for the development mailbox. `smtp://` requires STARTTLS, except on this host."""
    if not settings.SMTP_URL:
        host, port = mailbox.address()
        return {"host": host, "port": port, "tls": False, "timeout": settings.SEND_TIMEOUT_SECONDS}
    url = urlsplit(settings.SMTP_URL)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise Misconfigured("SMTP_URL is not smtp[s]://user:password@host:port")
    implicit, needs_tls = url.scheme == "smtps", bool(url.username) or not _may_be_plain(url.hostname)
    usual_port = 465 if implicit else 587 if url.username else 25
    return {
        "host": url.hostname,
        "port": url.port or usual_port,
        "user": unquote(url.username or "") or None,
        "password": unquote(url.password or ""),
        "ssl": implicit,
        "tls": (not implicit and needs_tls) or None,  # None: STARTTLS if offered
        "timeout": settings.SEND_TIMEOUT_SECONDS,  # for each command; tasks/outbox_senders.py limits the whole delivery
    }


def _may_be_plain(host: str) -> bool:
    """Letters hold one-time passwords: without TLS they leave this host only if the operator allows it."""
    return hosts.is_loopback(host) or settings.SMTP_ALLOW_PLAIN


def _classify_response(response: SMTPResponse, to: str) -> Exception:
    """A 5xx for the recipient or the content is final; anything else may succeed later."""
    code = response.status_code
    if code is None or response.last_command not in ("mail", "rcpt", "data"):
        return _classify_error(response.error)
    reason = f"SMTP {code}: {scrub((response.status_text or b'').decode(errors='replace'), to)}"
    if code in AUTHENTICATION_CODES:
        return Misconfigured(reason)
    final = 500 <= code < 600 and response.last_command in ("rcpt", "data")
    return Refused(reason) if final else TryLater(reason)


def _classify_error(problem: Exception | None) -> TryLater:
    match problem:
        case OSError() if (problem.strerror or "").startswith("[SSL"):
            return TryLater("SMTP: no trusted TLS connection")
        case aiosmtplib.SMTPAuthenticationError():
            return Misconfigured(f"SMTP {problem.code}: login refused")
        case aiosmtplib.SMTPException() if "STARTTLS extension" in problem.message:
            return Misconfigured("SMTP: the server offers no TLS; see SMTP_ALLOW_PLAIN")
        case aiosmtplib.SMTPException() if "AUTH extension is not supported" in problem.message:
            return Misconfigured("SMTP: the server offers no login")
        case aiosmtplib.SMTPResponseException():
            return TryLater(f"SMTP {problem.code}: not now")
        case TimeoutError():
            return TryLater("SMTP: no answer in time")
        case OSError():
            return TryLater("SMTP: no connection")
    return TryLater(f"SMTP: {type(problem).__name__}")


def scrub(answer: str, to: str = "") -> str:
    """The answer of a server on one short line, without the addresses and numbers that it quotes."""
    local_part = to.partition("@")[0]
    answer = ADDRESS.sub("[address]", " ".join(answer.split()))
    answer = LONG_NUMBER.sub("[number]", answer)
    if local_part:
        answer = re.sub(rf"\b{re.escape(local_part)}\b", "[address]", answer, flags=re.IGNORECASE)
    return answer[:200]
