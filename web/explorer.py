"""The explorer: GraphiQL for staff, wholly from our own host, behind a sign-in page; nobody else sees it."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

import settings
from schema.context import Context
from web.ready_operations import ready_operations

HOME = Path(__file__).parent.parent / "explorer"
PACKAGES = HOME / "node_modules"
FILES = {
    "react.js": PACKAGES / "react/umd/react.production.min.js",
    "react-dom.js": PACKAGES / "react-dom/umd/react-dom.production.min.js",
    "graphiql.js": PACKAGES / "graphiql/graphiql.min.js",
    "graphiql.css": PACKAGES / "graphiql/graphiql.min.css",
    "plugin-explorer.js": PACKAGES / "@graphiql/plugin-explorer/dist/index.umd.js",
    "plugin-explorer.css": PACKAGES / "@graphiql/plugin-explorer/dist/style.css",
    **{name: HOME / "static" / name for name in ("explorer.js", "explorer.css", "sign_in.js", "sign_in.graphql")},
}
PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
# GraphiQL's editor writes inline styles; its scripts are files of ours, without eval.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}
MISSING = (
    "<!doctype html><html lang=pl><meta charset=utf-8><title>Brak GraphiQL</title>"
    "<h1>Brak plików GraphiQL</h1><p>Usługa działa, ale strona dla recepcji nie została zbudowana."
    " Proszę zainstalować Node.js (20 lub nowszy) i uruchomić <code>make explorer</code>.</p>"
)


async def page(context: Context) -> HTMLResponse:
    if not context.is_staff_at_work:
        notice = "To konto nie jest kontem pracownika." if context.role and not context.is_staff else ""
        return _page("sign_in.html", notice=notice, minimum=settings.PASSWORD_MIN_LENGTH)
    if not all(path.exists() for path in FILES.values()):
        return HTMLResponse(MISSING, 503, headers=HEADERS)
    return _page("explorer.html", who=context.me.email, topics=ready_operations(context.me.role))


def _page(name: str, **values: object) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(name).render(**values), headers=HEADERS)


async def file(request: Request) -> FileResponse:
    path = FILES.get(request.path_params["name"])
    if path is None or not path.exists():
        raise HTTPException(404)
    kept = "max-age=3600" if PACKAGES in path.parents else "no-cache"  # ours change with the page that they belong to
    return FileResponse(path, headers={"cache-control": kept, "x-content-type-options": "nosniff"})
