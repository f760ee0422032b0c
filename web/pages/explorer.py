"""The explorer: GraphiQL with the desk's panels for staff, served from our own host behind a sign-in page."""

import json
import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

import settings
from schema.context import STAFF, Context
from web.pages.ready_operations import ready_operations

HOME = Path(__file__).parents[2] / "explorer"
BUILT = HOME / "dist"
ENTRY = "src/desk.tsx"
FILES = {
    "manifest.json": BUILT / "manifest.json",
    **{name: HOME / "static" / name for name in ("sign_in.js", "sign_in.graphql")},
}
PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' {styles}; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
MISSING = (
    "<!doctype html><html lang=pl><meta charset=utf-8><title>Brak strony</title>"
    "<h1>Strona rejestracji nie została zbudowana</h1><p>Usługa działa, ale brakuje jej plików."
    " Prosimy zainstalować Node.js (20 lub nowszy) i uruchomić <code>make explorer</code>.</p>"
)


async def page(context: Context) -> HTMLResponse:
    if not context.is_staff:
        return _sign_in(context)
    if not FILES["manifest.json"].exists():
        return HTMLResponse(MISSING, 503, headers=_headers(""))
    return _desk(context)


def _sign_in(context: Context) -> HTMLResponse:
    """The log-in page, or its second step after a log-in with a one-time password."""
    account = context.account if context.is_half_open else None
    values = {
        "notice": "To konto nie jest kontem pracownika." if context.role else "",
        "minimum": settings.PASSWORD_MIN_LENGTH,
        "begun": account.email if account and account.role in STAFF else "",
    }
    return _page("sign_in.html", "'unsafe-inline'", **values)


def _desk(context: Context) -> HTMLResponse:
    entry = json.loads(FILES["manifest.json"].read_text())[ENTRY]
    nonce = secrets.token_urlsafe(16)  # allows the one style element that GraphiQL's dialogs insert
    about = {
        "who": context.me.email,
        "role": context.me.role,
        "centre": settings.CENTRE_NAME,
        "timeZone": settings.TIME_ZONE.key,
        "idleMinutes": settings.SESSION_IDLE_MINUTES,
        "topics": ready_operations(context.me.role),
    }
    values = {"script": entry["file"], "styles": entry["css"], "page": about, "nonce": nonce}
    return _page("explorer.html", f"'nonce-{nonce}'", **values)


def _page(name: str, allowed_styles: str, **values: object) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(name).render(**values), headers=_headers(allowed_styles))


def _headers(allowed_styles: str) -> dict[str, str]:
    policy = POLICY.format(styles=allowed_styles)
    return {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "no-referrer"}


async def file(request: Request) -> FileResponse:
    name = request.path_params["name"]
    path = FILES.get(name, BUILT / name)
    if path.parent not in (BUILT, HOME / "static") or name == "manifest.json" or not path.is_file():
        raise HTTPException(404)
    kept = "no-cache" if name in FILES else "public, max-age=31536000, immutable"  # the others have a hash in the name
    return FileResponse(path, headers={"cache-control": kept, "x-content-type-options": "nosniff"})
