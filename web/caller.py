"""The caller of a request: session by bearer token or cookie, language, network address."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

import settings
from models import trace
from models.account import Language
from models.partner import KEY_PREFIX, PartnerKey
from models.session import Session
from schema.context import Context

COOKIE = "__Host-session"
LONGEST_TOKEN, LONGEST_HOST = 200, 100


class Credentials(NamedTuple):
    """A session's token or a partner's key, if any; a cookie counts only for pages of our own."""

    token: str | None
    by_cookie: bool = False


async def context_of(request: HTTPConnection, response: Response) -> Context:
    return await context_with(token_of(request), request, lambda value: _keep(response, value))


async def context_with(
    credentials: Credentials, request: HTTPConnection, keep_cookie: Callable[[str], None]
) -> Context:
    token, by_cookie = credentials
    is_key = token is not None and token.startswith(KEY_PREFIX)
    return Context(
        session=await Session.of_token(token) if token and not is_key else None,
        partner_key=await PartnerKey.of_key(token) if token and is_key and not by_cookie else None,
        language=language_of(request.headers.get("accept-language", "")),
        address=network(request.client.host if request.client else ""),
        request_id=trace.current(),
        came_by_cookie=by_cookie,
        keep_cookie=keep_cookie,
    )


def network(host: str) -> str:
    """Where a request comes from, for rates: whoever has one address of IPv6 has a whole /64 of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:LONGEST_HOST]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))
    return str(address)


def bearer(authorization: str) -> str | None:
    """The token of an `Authorization: Bearer TOKEN`."""
    scheme, _, credentials = authorization.partition(" ")
    return credentials.strip()[:LONGEST_TOKEN] if scheme.casefold() == "bearer" else None


def token_of(request: HTTPConnection) -> Credentials:
    """A header wins over a cookie."""
    if (token := bearer(request.headers.get("authorization", ""))) is not None:
        return Credentials(token)
    if (cookie := request.cookies.get(COOKIE)) and _is_own_page(request):
        return Credentials(cookie[:LONGEST_TOKEN], by_cookie=True)
    return Credentials(None)


def _is_own_page(request: HTTPConnection) -> bool:
    """Browsers name the page that asks: a foreign one must not use the visitor's cookie (OWASP, CSRF)."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    host = origin.partition("://")[2]
    return host in (request.headers.get("host"), urlsplit(settings.PUBLIC_URL).netloc)


def _keep(response: Response, token: str) -> None:
    if token:
        hours = settings.SESSION_HOURS * 3600
        response.set_cookie(COOKIE, token, max_age=hours, secure=True, httponly=True, samesite="strict")
    else:
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")


def language_of(accepted: str) -> Language:
    """The better liked of pl and en (RFC 9110, 12.5.4); Polish when neither is named."""
    liked: dict[str, float] = {}
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            liked.setdefault(tag.strip().casefold().partition("-")[0], float(weight.strip().removeprefix("q=") or 1))
        except ValueError:
            continue
    return Language.EN if liked.get("en", 0) > liked.get("pl", liked.get("*", 0) / 2) else Language.PL
