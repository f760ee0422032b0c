"""The patient's portal: the built page at each of its addresses, and the files of the build."""

import html
import json
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

import settings
from web.pages.static_files import ASK_EACH_TIME, FOR_YEARS, StaticFile

DIST = Path(__file__).parents[2] / "portal/dist"
POLISH = (
    "zaloz-konto",
    "zaloguj",
    "haslo",
    "rezerwacja",
    "termin",
    "potwierdzone",
    "wizyty",
    "oferty",
    "konto",
    "potwierdz",
    "potwierdz-adres",
)
ENGLISH = ("sign-up", "log-in", "password", "booking", "visits", "account")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
MISSING = (
    "<!doctype html><html lang=pl><meta charset=utf-8><title>Brak portalu</title>"
    "<h1>Strona dla pacjentów nie została zbudowana</h1><p>Usługa działa, ale brakuje plików portalu."
    " Prosimy zainstalować Node.js (20 lub nowszy) i uruchomić <code>make portal</code>.</p>"
)


def is_built() -> bool:
    return (DIST / "index.html").exists()


@cache
def _page() -> StaticFile:
    """The page with the centre's name and telephone, for browsers without JavaScript and search engines."""
    text = (DIST / "index.html").read_text()
    for name, value in {"name": settings.CENTRE_NAME, "phone": settings.CENTRE_PHONE}.items():
        text = text.replace(f"{{{{ {name} }}}}", html.escape(value))
    return StaticFile.from_text(text, "text/html; charset=utf-8")


@cache
def _files() -> dict[str, StaticFile]:
    """The files by name; those with a hash in their names never change."""
    built = json.loads((DIST / "files.json").read_text()).values()
    hashed = {name for entry in built for name in (entry["file"], *entry.get("css", []))}
    kept = {name: StaticFile.read(DIST / name, FOR_YEARS) for name in hashed}
    return kept | {name: StaticFile.read(DIST / name, ASK_EACH_TIME) for name in ("robots.txt", "icon.svg")}


@cache
def _manifest() -> StaticFile:
    name = f"e-Rejestracja {settings.CENTRE_NAME}"
    icon = {"src": "/portal/icon.svg", "sizes": "any", "type": "image/svg+xml"}
    manifest = {"name": name, "short_name": "e-Rejestracja", "lang": "pl", "start_url": "/", "display": "standalone"}
    colours = {"background_color": "#f4f6f8", "theme_color": "#ffffff"}
    text = json.dumps({**manifest, **colours, "icons": [icon]}, ensure_ascii=False)
    return StaticFile.from_text(text, "application/manifest+json")


async def page(request: Request) -> Response:
    if not is_built():
        return HTMLResponse(MISSING, 503, headers=HEADERS)
    return _page().respond(request, HEADERS)


async def file(request: Request) -> Response:
    found = _files().get(request.path_params["name"]) if is_built() else None
    if found is None:
        raise HTTPException(404)
    return found.respond(request, HEADERS)


async def robots(request: Request) -> Response:
    request.path_params["name"] = "robots.txt"
    return await file(request)


async def manifest(request: Request) -> Response:
    return _manifest().respond(request, HEADERS)


async def logo(request: Request) -> Response:
    """The logo file named in the settings; its URL changes with its content (`Centre.logoUrl`)."""
    if not settings.CENTRE_LOGO:
        raise HTTPException(404)
    return StaticFile.read(settings.DATA_DIR / settings.CENTRE_LOGO, FOR_YEARS).respond(request, HEADERS)


def routes() -> list[BaseRoute]:
    pages = [Route("/", page)]
    for name in (*POLISH, *ENGLISH):
        pages += [Route(f"/{name}", page), Route(f"/{name}/{{rest:path}}", page)]
    return [
        *pages,
        Route("/portal/{name}", file),
        Route("/robots.txt", robots),
        Route("/manifest.webmanifest", manifest),
        Route("/centre/logo", logo),
    ]
