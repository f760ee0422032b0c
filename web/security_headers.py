"""Protection of browsers: headers on every answer, foreign pages only as configured, proxies only as configured."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import settings

TWO_YEARS = 2 * 365 * 24 * 3600
HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
HSTS = f"max-age={TWO_YEARS}; includeSubDomains"


class Protection:
    """Adds the headers that an answer does not set itself; a page may say what it needs in a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_missing(scope, message)]
            await send(message)

        await self.app(scope, receive, protected if scope["type"] == "http" else send)


def _missing(scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in message["headers"]}
    wanted = HEADERS | ({"strict-transport-security": HSTS} if scope["scheme"] == "https" else {})
    return [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in present]


def names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def middleware() -> list[Middleware]:
    """Outermost first."""
    found = [Middleware(Protection)]
    if settings.TRUSTED_PROXIES:  # whoever else sends X-Forwarded-For is not believed
        found.insert(0, Middleware(ProxyHeadersMiddleware, trusted_hosts=names(settings.TRUSTED_PROXIES)))
    if origins := names(settings.CORS_ORIGINS):
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
