"""Health: is the process alive, and can it serve."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse

from models import database

PATIENCE_SECONDS = 2


async def live(request: Request) -> JSONResponse:
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> JSONResponse:
    """503 until the database answers: a balancer then sends requests elsewhere."""
    try:
        await asyncio.wait_for(database.ping(), PATIENCE_SECONDS)
    except Exception:  # whatever keeps the database from answering
        return JSONResponse({"status": "not ready", "database": "does not answer"}, 503)
    return JSONResponse({"status": "ready"})
