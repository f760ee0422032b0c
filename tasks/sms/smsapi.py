"""SMSAPI.pl over HTTP: one request a text, and what each of its answers means for the next try."""

import ssl
from functools import cache
from typing import Any

import httpx

import settings
from tasks.outbox import Misconfigured, Refused, TryLater

ACCEPTED_BEFORE = 53  # our `idx` again within 24 hours
PASSING = {8, 200, 201, 666, 999}
FOR_AN_OPERATOR = {14, 101, 102, 103, 105, 110}  # the token, the sender's name, the points, the address allowed
FOR_GOOD = {
    11: "the text is too long",
    12: "too many parts",
    13: "not a number that can get texts",
    54: "a bad date",
    57: "the number is on the gateway's blacklist",
}


class Smsapi:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    async def send(self, to: str, text: str, idx: str) -> str | None:
        form = {
            "to": to.removeprefix("+"),
            "message": text,
            "format": "json",
            "encoding": "utf-8",
            "max_parts": "1",
            "details": "1",
            "idx": idx,
            "check_idx": "1",
            **({"from": settings.SMS_FROM} if settings.SMS_FROM else {}),
        }
        answer = await self._ask(form)
        if "error" in answer:
            _judge(answer["error"])
            return None
        return _gateway_id(answer)

    async def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(verify=_trust(), timeout=settings.SEND_TIMEOUT_SECONDS) as client:
                response = await client.post(self.url, data=form, headers=headers)
        except httpx.TimeoutException:
            raise TryLater("SMSAPI: no answer in time") from None
        except httpx.HTTPError:
            raise TryLater("SMSAPI: no connection") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise TryLater(f"SMSAPI: HTTP {response.status_code}")
        if response.status_code != 200:  # such as 401 of a wrong token; a redirect is never followed with it
            raise Misconfigured(f"SMSAPI: HTTP {response.status_code}")
        return _understood(response)


@cache
def _trust() -> ssl.SSLContext:
    """Built once: reading all the certificates takes longer than sending a text."""
    return httpx.create_ssl_context()


def _understood(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise TryLater("SMSAPI: an answer that is none")
    return answer


def _judge(error: object) -> None:
    """Returns only when the text was accepted before."""
    code = int(error) if isinstance(error, int) or (isinstance(error, str) and error.isdecimal()) else 0
    if code == ACCEPTED_BEFORE:
        return
    if code in FOR_GOOD:
        raise Refused(f"SMSAPI {code}: {FOR_GOOD[code]}")
    if code in FOR_AN_OPERATOR:
        raise Misconfigured(f"SMSAPI {code}: the account or its settings")
    raise TryLater(f"SMSAPI {code}: {'for the moment' if code in PASSING else 'an unknown answer'}")


def _gateway_id(answer: dict[str, Any]) -> str:
    match answer:
        case {"list": [{"id": str(id_)}, *_]} if id_:
            return id_[:100]
    raise TryLater("SMSAPI: an answer without an id")
