"""A real SMTP server that can be slow, refuse mail or hang."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class SmtpServer:
    def __init__(self, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.seen_ids: list[str] = []  # Message-IDs, including those of refused messages
        self.refusals: dict[str, str] = {}  # the answer to RCPT, by address
        self.data_answers: list[str] = []  # the answers to the next DATA commands, before the normal ones
        self.hanging: set[str] = set()  # addresses that get no answer until they are released
        self.released = asyncio.Event()
        self.delays: dict[str, float] = {}  # seconds of delay, by address
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted: list[bool] = []
        self.lines: list[SMTP] = []  # all connections ever made, open or closed
        self.tls, self.login = tls, login
        self.port = 0

    @asynccontextmanager
    async def open(self, *, implicit_tls: bool = False) -> AsyncIterator["SmtpServer"]:
        loop = asyncio.get_running_loop()
        counter, tls = (self._safe_counter, self.tls) if implicit_tls else (self._counter, None)
        listening = await loop.create_server(counter, "127.0.0.1", self.port, ssl=tls)
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listening.close()
            await listening.wait_closed()

    def _counter(self) -> SMTP:
        """A connection that starts unencrypted, with STARTTLS if there is a certificate."""
        self.lines.append(SMTP(self, hostname="localhost", tls_context=self.tls, authenticator=self._check))
        return self.lines[-1]

    def _safe_counter(self) -> SMTP:
        """A connection that is already inside TLS, which aiosmtpd does not notice."""
        self.lines.append(SMTP(self, hostname="localhost", auth_require_tls=False, authenticator=self._check))
        return self.lines[-1]

    def hang_up(self) -> None:
        for line in self.lines:
            if line.transport:
                line.transport.close()

    def _check(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        known = self.login and (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=bool(known), handled=False)

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        assert server.transport
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        if address in self.hanging:
            await self.released.wait()
        await asyncio.sleep(self.delays.get(address, 0))
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.seen_ids.append(str(mail["message-id"]))
        if self.data_answers:
            return self.data_answers.pop(0)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def parts(mail: EmailMessage, content_type: str) -> list[EmailMessage]:
    return [part for part in mail.walk() if part.get_content_type() == content_type]
