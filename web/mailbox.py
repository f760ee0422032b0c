"""The development mailbox as a page: mails and texts as the patient would see them."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

import settings
from tasks import mailbox

PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
ONLY_OURS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


def is_shown() -> bool:
    """Where something goes into it: letters, texts or both; never in production."""
    return not settings.IN_PRODUCTION and not (settings.SMTP_URL and settings.SMS_URL)


async def page(request: Request) -> HTMLResponse:
    html = PAGES.get_template("mailbox.html").render(entries=mailbox.entries())
    return HTMLResponse(html, headers={"content-security-policy": ONLY_OURS, "cache-control": "no-store"})


async def as_json(request: Request) -> JSONResponse:
    return JSONResponse(mailbox.entries(), headers={"cache-control": "no-store"})
