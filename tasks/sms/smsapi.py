"""SMSAPI.pl over HTTP: one request per text; the answer decides whether to try again."""

import ssl
from functools import cache
from typing import Any

import httpx

import settings
from tasks.outbox_senders import Misconfigured, Refused, TryLater

DUPLICATE_IDX = 53  # the gateway has accepted our `idx` within the last 24 hours
TEMPORARY_ERRORS = {8, 200, 201, 666, 999}
OPERATOR_ERRORS = {14, 101, 102, 103, 105, 110}  # about the token, sender name, credit or allowed address
PERMANENT_ERRORS = {
    11: "the text is too long",
    12: "too many parts",
    13: "not a number that can receive texts",
    54: "a bad date",
    57: "the number is blocked by the gateway",
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
        answer = await self._post(form)
        if "error" in answer:
            _raise_for_error(answer["error"])
            return None
        return _gateway_id(answer)

    async def check(self) -> None:
        """Query our own account, which needs the token and costs nothing; raises the same exceptions as `send`."""
        await self._request("GET", self.url.replace("/sms.do", "/profile"))

    async def _post(self, form: dict[str, str]) -> dict[str, Any]:
        return await self._request("POST", self.url, data=form)

    async def _request(self, method: str, url: str, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(verify=_ssl_context(), timeout=settings.SEND_TIMEOUT_SECONDS) as client:
                response = await client.request(method, url, headers=headers, **body)
        except httpx.TimeoutException:
            raise TryLater("SMSAPI: no answer in time") from None
        except httpx.HTTPError:
            raise TryLater("SMSAPI: no connection") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise TryLater(f"SMSAPI: HTTP {response.status_code}")
        if response.status_code != 200:  # such as 401 for a wrong token; a redirect would pass the token on
            raise Misconfigured(f"SMSAPI: HTTP {response.status_code}")
        return _parse_answer(response)


@cache
def _ssl_context() -> ssl.SSLContext:
    """Built once: loading the certificates takes longer than sending a text."""
    return httpx.create_ssl_context()


def _parse_answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise TryLater("SMSAPI: not a JSON object")
    return answer


def _raise_for_error(error: object) -> None:
    """Raise for every error except a duplicate `idx`: that text was accepted before."""
    code = int(error) if isinstance(error, int) or (isinstance(error, str) and error.isdecimal()) else 0
    if code == DUPLICATE_IDX:
        return
    if code in PERMANENT_ERRORS:
        raise Refused(f"SMSAPI {code}: {PERMANENT_ERRORS[code]}")
    if code in OPERATOR_ERRORS:
        raise Misconfigured(f"SMSAPI {code}: the account or its settings are wrong")
    raise TryLater(f"SMSAPI {code}: {'temporary' if code in TEMPORARY_ERRORS else 'unknown'}")


def _gateway_id(answer: dict[str, Any]) -> str:
    match answer:
        case {"list": [{"id": str(id_)}, *_]} if id_:
            return id_[:100]
    raise TryLater("SMSAPI: an answer without an id")
