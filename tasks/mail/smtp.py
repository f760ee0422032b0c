"""Handing a mail to the SMTP server, and what its answers mean for the next try."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from emails.backend.response import SMTPResponse
from emails.backend.smtp.aio_backend import AsyncSMTPBackend
from emails.message import Message as Mail
from emails.utils import DNS_NAME

import settings
from tasks import mailbox
from tasks.outbox import Misconfigured, Refused, TryLater

GOODBYE_SECONDS = 1.0
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
LONG_NUMBER = re.compile(r"\d{7,}")
ABOUT_US = {530, 534, 535, 538}  # "authentication required": no fault of the recipient, whenever it is said


async def hand_over(mail: Mail, to: str) -> None:
    """Returns when the server has taken the mail; otherwise raises what to do about it."""
    if not to.partition("@")[0].isascii():
        raise Refused("the address has letters that cannot be mailed to")
    await asyncio.to_thread(DNS_NAME.get_fqdn)  # cached; the library asks for it, and a slow DNS would stop the loop
    try:
        async with _line() as line:
            response = await mail.send_async(to=("", to), smtp=line)
    except (aiosmtplib.SMTPException, OSError) as problem:
        raise _because(problem) from None
    if not response.success:
        raise _verdict(response, to)


@asynccontextmanager
async def _line() -> AsyncIterator[AsyncSMTPBackend]:
    """A connection that is left soon, also when the server has fallen silent: the library would wait as long again."""
    line = AsyncSMTPBackend(**server())
    try:
        yield line
    finally:
        client = line._client
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await line.close()
        except TimeoutError:
            if client:
                client._smtp.close()


def server() -> dict[str, Any]:
    """Where mails go: SMTP_URL, or the development mailbox. `smtp://` takes STARTTLS whenever it is offered."""
    if not settings.SMTP_URL:
        host, port = mailbox.address()
        return {"host": host, "port": port, "tls": False, "timeout": settings.SEND_TIMEOUT_SECONDS}
    url = urlsplit(settings.SMTP_URL)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise Misconfigured("SMTP_URL is not smtp[s]://user:password@host:port")
    implicit = url.scheme == "smtps"
    usual_port = 465 if implicit else 587 if url.username else 25
    return {
        "host": url.hostname,
        "port": url.port or usual_port,
        "user": unquote(url.username or "") or None,
        "password": unquote(url.password or ""),
        "ssl": implicit,
        "tls": None,  # neither asked for nor forbidden
        "timeout": settings.SEND_TIMEOUT_SECONDS,  # for one command; all of them: see the outbox
    }


def _verdict(response: SMTPResponse, to: str) -> Exception:
    """5xx to the recipient or the mail is final; everything else may be better next time."""
    code = response.status_code
    if code is None or response.last_command not in ("mail", "rcpt", "data"):
        return _because(response.error)
    reason = f"SMTP {code}: {scrubbed((response.status_text or b'').decode(errors='replace'), to)}"
    if code in ABOUT_US:
        return Misconfigured(reason)
    final = 500 <= code < 600 and response.last_command in ("rcpt", "data")
    return Refused(reason) if final else TryLater(reason)


def _because(problem: Exception | None) -> TryLater:
    match problem:
        case OSError() if (problem.strerror or "").startswith("[SSL"):
            return TryLater("SMTP: no trusted TLS connection")
        case aiosmtplib.SMTPAuthenticationError():
            return Misconfigured(f"SMTP {problem.code}: login refused")
        case aiosmtplib.SMTPException() if "AUTH extension is not supported" in problem.message:
            return Misconfigured("SMTP: the server offers no login")
        case aiosmtplib.SMTPResponseException():
            return TryLater(f"SMTP {problem.code}: not now")
        case TimeoutError():
            return TryLater("SMTP: no answer in time")
        case OSError():
            return TryLater("SMTP: no connection")
    return TryLater(f"SMTP: {type(problem).__name__}")


def scrubbed(answer: str, to: str = "") -> str:
    """A server's words on one short line, without the addresses and numbers that servers like to quote."""
    local_part = to.partition("@")[0]
    answer = ADDRESS.sub("[address]", " ".join(answer.split()))
    answer = LONG_NUMBER.sub("[number]", answer)
    if local_part:
        answer = re.sub(rf"\b{re.escape(local_part)}\b", "[address]", answer, flags=re.IGNORECASE)
    return answer[:200]
