"""The ways to send an SMS: one small interface, chosen by SMS_URL."""

import asyncio
from typing import Protocol
from urllib.parse import unquote, urlsplit

import settings
from tasks import mailbox
from tasks.outbox import Misconfigured
from tasks.smsapi import Smsapi


class Gateway(Protocol):
    async def send(self, to: str, text: str, idx: str) -> str | None:
        """Hand a text over and give the gateway's id, if it tells one. `idx` is ours: sent again, it is not sent twice.

        Raises Refused, TryLater or Misconfigured (see tasks.outbox).
        """


class Mailbox:
    """No telephone rings: the text is shown on the page of the development mailbox."""

    async def send(self, to: str, text: str, idx: str) -> str | None:
        return await asyncio.to_thread(mailbox.keep, mailbox.text_kept(to, text))


def chosen() -> Gateway:
    if not settings.SMS_URL:
        if settings.IN_PRODUCTION:
            raise Misconfigured("SMS_URL is not set")
        return Mailbox()
    url = urlsplit(settings.SMS_URL)
    protocol = {"smsapi": "https", "smsapi+http": "http"}.get(url.scheme)
    if not (protocol and url.username and url.hostname):
        raise Misconfigured("SMS_URL is not smsapi://token@host")
    host = url.netloc.rpartition("@")[2]
    return Smsapi(f"{protocol}://{host}/sms.do", unquote(url.username))
