"""Health: is the process alive, and can it serve."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from models import database
from tasks import broker
from web import stopping

PATIENCE_SECONDS = 2


async def live(request: Request) -> JSONResponse:
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> JSONResponse:
    """503 until everything needed answers, and from the moment this process is told to stop: balancers go elsewhere."""
    if stopping.has_begun():
        return JSONResponse({"status": "stopping"}, 503)
    asked = {"database": database.ping, "migrations": _migrated, "broker": broker.ping}
    found = await asyncio.gather(*(_answer(question) for question in asked.values()))
    flaws = {name: answer for name, answer in zip(asked, found, strict=True) if answer}
    if flaws:
        return JSONResponse({"status": "not ready", **flaws}, 503)
    return JSONResponse({"status": "ready"})


async def _answer(question: Callable[[], Awaitable[None]]) -> str:
    try:
        await asyncio.wait_for(question(), PATIENCE_SECONDS)
    except NotMigrated:
        return "is older than this program"
    except Exception:  # whatever keeps it from answering
        return "does not answer"
    return ""


class NotMigrated(Exception):
    """The database lacks a migration that this program brings."""


async def _migrated() -> None:
    if not await database.is_migrated():
        raise NotMigrated
