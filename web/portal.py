"""The patient's web page: static files, a client of the GraphQL API like any other."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse

HOME = Path(__file__).parent.parent / "portal"
FILES = {path.name: path for path in HOME.iterdir() if path.suffix in (".js", ".css", ".graphql")}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


async def page(request: Request) -> FileResponse:
    return FileResponse(HOME / "index.html", headers=HEADERS)


async def file(request: Request) -> FileResponse:
    path = FILES.get(request.path_params["name"])
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, headers=HEADERS)
