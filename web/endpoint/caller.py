"""The caller of a request: session or partner key, language, network address."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

import settings
from infra import logs
from models.accounts.account import Language
from models.accounts.session import Session
from models.events.partner import KEY_PREFIX, PartnerKey
from schema.context import Context

COOKIE, DEVICE_COOKIE = "__Host-session", "__Host-device"
DEVICE_KEPT_FOR = timedelta(days=365)
MAX_TOKEN_LENGTH, MAX_HOST_LENGTH = 200, 100


class Credentials(NamedTuple):
    """A session's token or a partner's key, if any; a cookie counts only on our own pages."""

    token: str | None
    by_cookie: bool = False


async def read_context(request: HTTPConnection, response: Response) -> Context:
    context = await build_context(read_credentials(request), request, lambda value: _set_cookie(response, value))
    context.device = request.cookies.get(DEVICE_COOKIE, "") if _is_own_page(request) else ""
    context.keep_device = lambda value: _set_device_cookie(response, value)
    return context


async def build_context(
    credentials: Credentials, request: HTTPConnection, keep_cookie: Callable[[str], None]
) -> Context:
    token, by_cookie = credentials
    is_key = token is not None and token.startswith(KEY_PREFIX)
    return Context(
        session=await Session.find_by_token(token) if token and not is_key else None,
        partner_key=await PartnerKey.find_by_key(token) if token and is_key and not by_cookie else None,
        language=negotiate_language(request.headers.get("accept-language", "")),
        address=normalise_address(request.client.host if request.client else ""),
        request_id=logs.current_request_id(),
        came_by_cookie=by_cookie,
        keep_cookie=keep_cookie,
    )


@lru_cache(maxsize=4096)
def normalise_address(host: str) -> str:
    """The address by which rates are counted; an IPv6 address counts as its whole /64 network."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:MAX_HOST_LENGTH]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))
    return str(address)


def parse_bearer(authorization: str) -> str | None:
    """The token of an `Authorization: Bearer TOKEN` header."""
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip()[:MAX_TOKEN_LENGTH] if scheme.casefold() == "bearer" else None


def read_credentials(request: HTTPConnection) -> Credentials:
    """Read the header, otherwise the cookie."""
    if (token := parse_bearer(request.headers.get("authorization", ""))) is not None:
        return Credentials(token)
    if (cookie := request.cookies.get(COOKIE)) and _is_own_page(request):
        return Credentials(cookie[:MAX_TOKEN_LENGTH], by_cookie=True)
    return Credentials(None)


def _is_own_page(request: HTTPConnection) -> bool:
    """Browsers name the page that sends a request; foreign pages must not use our cookie (OWASP, CSRF)."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    host = origin.partition("://")[2]
    return host in (request.headers.get("host"), urlsplit(settings.PUBLIC_URL).netloc)


def _set_cookie(response: Response, token: str) -> None:
    if token:
        hours = settings.SESSION_HOURS * 3600
        response.set_cookie(COOKIE, token, max_age=hours, secure=True, httponly=True, samesite="strict")
    else:
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")


def _set_device_cookie(response: Response, value: str) -> None:
    """This cookie outlives the session and log-out."""
    age = int(DEVICE_KEPT_FOR.total_seconds())
    response.set_cookie(DEVICE_COOKIE, value, max_age=age, secure=True, httponly=True, samesite="strict")


def negotiate_language(accepted: str) -> Language:
    """Choose between pl and en by preference (RFC 9110, 12.5.4); Polish if neither is listed."""
    weights: dict[str, float] = {}
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            weights.setdefault(tag.strip().casefold().partition("-")[0], float(weight.strip().removeprefix("q=") or 1))
        except ValueError:
            continue
    return Language.EN if weights.get("en", 0) > weights.get("pl", weights.get("*", 0) / 2) else Language.PL
