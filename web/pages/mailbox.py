"""The page of the development mailbox: letters and texts as the patient would see them."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

import settings
from tasks.mail import mailbox

PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


def is_shown() -> bool:
    """The page exists if letters or texts go to the mailbox, never in production."""
    return not settings.IN_PRODUCTION and not (settings.SMTP_URL and settings.SMS_URL)


def _is_known_host(request: Request) -> bool:
    """A hostile page can point its own host name at our address (DNS rebinding), but it cannot use one of our names."""
    host = ""
    with suppress(ValueError):  # the header is malformed, or names a host instead of an address
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        ip_address(host)
        return True
    return host in ("localhost", settings.HOST, urlsplit(settings.PUBLIC_URL).hostname)


def _for_known_hosts(answer: Callable[[], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if not _is_known_host(request):
            return PlainTextResponse("The mailbox is not shown under this name: set HOST or PUBLIC_URL.", 421)
        return answer()

    return serve


@_for_known_hosts
def page() -> Response:
    html = PAGES.get_template("mailbox.html").render(entries=mailbox.entries())
    return HTMLResponse(html, headers={"content-security-policy": POLICY, "cache-control": "no-store"})


@_for_known_hosts
def as_json() -> Response:
    return JSONResponse(mailbox.entries(), headers={"cache-control": "no-store"})
