"""SMS gateways: one interface; SMS_URL chooses the gateway."""

import asyncio
from typing import Protocol
from urllib.parse import unquote, urlsplit

import settings
from tasks.mail import mailbox
from tasks.outbox_senders import Misconfigured
from tasks.sms.smsapi import Smsapi


class Gateway(Protocol):
    async def send(self, to: str, text: str, idx: str) -> str | None:
        """Send a text and return the id that the gateway gave it, if any. A repeated `idx` is not delivered twice.

        Raises Refused, TryLater or Misconfigured (see tasks.outbox_senders).
        """

    async def check(self) -> None:
        """Raise the same exceptions as `send`, but send nothing."""


class MailboxGateway:
    """Stores texts in the development mailbox instead of sending them."""

    async def send(self, to: str, text: str, idx: str) -> str | None:
        return await asyncio.to_thread(mailbox.store, mailbox.sms_entry(to, text))

    async def check(self) -> None:
        """The mailbox accepts everything."""


def choose() -> Gateway:
    if not settings.SMS_URL:
        if settings.IN_PRODUCTION:
            raise Misconfigured("SMS_URL is not set")
        return MailboxGateway()
    url = urlsplit(settings.SMS_URL)
    protocol = {"smsapi": "https", "smsapi+http": "http"}.get(url.scheme)
    if not (protocol and url.username and url.hostname):
        raise Misconfigured("SMS_URL is not smsapi://token@host")
    host = url.netloc.rpartition("@")[2]
    return Smsapi(f"{protocol}://{host}/sms.do", unquote(url.username))
