"""The development mailbox: an SMTP server on loopback that keeps every sent message in a folder."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uuid6 import uuid7

import settings
from infra import clock
from tasks.outbox_senders import Misconfigured, TryLater

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope

MAX_ENTRIES = 500
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd logs every command, with addresses

_address: tuple[str, int] | None = None


def is_open() -> bool:
    """The mailbox replaces a missing SMTP server, never in production."""
    return not settings.IN_PRODUCTION and not settings.SMTP_URL


def address() -> tuple[str, int]:
    """The address on which the SMTP server of this process listens."""
    if settings.IN_PRODUCTION:
        raise Misconfigured("SMTP_URL is not set")
    if _address is None:
        raise TryLater("the development mailbox is not running")
    return _address


@asynccontextmanager
async def run_mailbox() -> AsyncIterator[tuple[str, int] | None]:
    """Listen on a free port of loopback unless a real server is configured."""
    global _address
    if not is_open():
        yield None
        return
    from aiosmtpd.smtp import SMTP  # in requirements/development.txt, but not in the production image

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_MailboxHandler(), loop=loop, hostname="localhost"), "127.0.0.1", 0)
    before, _address = _address, server.sockets[0].getsockname()
    try:
        yield _address
    finally:
        _address = before
        server.close()
        await server.wait_closed()


class _MailboxHandler:
    async def handle_DATA(self, _server: Any, _session: Any, envelope: "Envelope") -> str:
        content = envelope.content or b""
        mail = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=policy.default)
        await asyncio.to_thread(store, _email_entry(mail, envelope.rcpt_tos))
        return "250 OK"


def _email_entry(mail: EmailMessage, recipients: list[str]) -> dict[str, Any]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return {
        "channel": "email",
        "to": ", ".join(recipients),
        "subject": str(mail["subject"] or ""),
        "text": text.get_content() if text else "",
        "html": html.get_content() if html else None,
        "messageId": str(mail["message-id"]) if mail["message-id"] else None,
        "attachments": _attachments(mail, [text, html]),
    }


def _attachments(mail: EmailMessage, bodies: list[Any]) -> list[dict[str, Any]]:
    """All parts but the bodies; a part that occurs twice (a calendar file and its alternative) is listed once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for part in mail.walk():
        if part.is_multipart() or any(part is body for body in bodies):
            continue
        content = part.get_content()
        text = content if isinstance(content, str) else bytes(content).decode(errors="replace")
        name, kind = part.get_filename(), part.get_content_type()
        found[kind, text] = {"filename": name, "contentType": kind, "text": text}
    return list(found.values())


def sms_entry(to: str, text: str) -> dict[str, Any]:
    """The mailbox entry of an SMS."""
    entry = {"channel": "sms", "to": to, "subject": None, "text": text, "html": None, "messageId": None}
    return {**entry, "attachments": []}


def store(entry: dict[str, Any]) -> str:
    """Write an entry atomically and delete the oldest ones beyond MAX_ENTRIES."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = str(uuid7())
    unfinished = folder / f"{name}.part"
    unfinished.write_text(json.dumps({**entry, "at": clock.now().isoformat()}, ensure_ascii=False))
    unfinished.rename(folder / f"{name}.json")
    for old in sorted(folder.glob("*.json"))[:-MAX_ENTRIES]:
        old.unlink(missing_ok=True)
    return name


def entries() -> list[dict[str, Any]]:
    """Newest first."""
    files = sorted(_folder().glob("*.json"), reverse=True)
    return [json.loads(text) for file in files if (text := _read(file))]


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:  # another process has just deleted it
        return ""


def _folder() -> Path:
    return settings.DATA_DIR / "mailbox"
