"""Security: headers on every response; CORS and trusted proxies only as configured."""

import logging

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import settings

log = logging.getLogger(__name__)
TWO_YEARS = 2 * 365 * 24 * 3600
HEADERS = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
}
ADVICE = "TRUSTED_PROXIES is not set: all clients behind this proxy count as one address, for rates and log-ins"
HSTS = {b"strict-transport-security": f"max-age={TWO_YEARS}; includeSubDomains".encode()}


class SecurityHeaders:
    """Adds the headers that a response does not set itself; a page may set its own policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_missing(scope, message)]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _missing(scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in message["headers"]}
    wanted = HEADERS | HSTS if scope["scheme"] == "https" else HEADERS
    return [header for header in wanted.items() if header[0] not in present]


class UnusedForwardedFor:
    """Warns once that a proxy which is not trusted sends X-Forwarded-For."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.has_spoken = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.has_spoken and any(name == b"x-forwarded-for" for name, _ in scope.get("headers", ())):
            self.has_spoken = True
            log.warning("forwarded_for_ignored", extra={"reason": ADVICE})
        await self.app(scope, receive, send)


def split_list(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def middleware() -> list[Middleware]:
    """The middleware, outermost first."""
    proxies = split_list(settings.TRUSTED_PROXIES)  # X-Forwarded-For from anybody else is ignored
    clients = Middleware(ProxyHeadersMiddleware, trusted_hosts=proxies) if proxies else Middleware(UnusedForwardedFor)
    found = [clients, Middleware(SecurityHeaders)]
    if origins := split_list(settings.CORS_ORIGINS):
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["POST"],
                allow_headers=["authorization", "content-type", "accept-language", "x-request-id"],
                expose_headers=["x-request-id", "retry-after"],
                max_age=600,
            )
        )
    return found
