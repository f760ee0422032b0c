"""Health: whether the process is alive, and whether it can serve."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from infra import database
from tasks import broker
from web.shutdown import Shutdown

TIMEOUT_SECONDS = 2


class Health:
    """`needs_broker`: true for workers and schedulers; web processes can serve without a broker."""

    def __init__(self, shutdown: Shutdown, *, needs_broker: bool) -> None:
        self.shutdown = shutdown
        self.needs_broker = needs_broker
        self._asking: asyncio.Task[tuple[str, str]] | None = None

    async def live(self, request: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready(self, request: Request) -> JSONResponse:
        """503 until all dependencies respond, and after the first SIGTERM, so that load balancers send no requests."""
        if self.shutdown.has_begun:
            return JSONResponse({"status": "stopping"}, 503)
        of_database, of_broker = await self._ask()
        problems = {"database": of_database, "broker": of_broker}
        found = {name: problem for name, problem in problems.items() if problem}
        if of_database or (self.needs_broker and of_broker):
            return JSONResponse({"status": "not ready", **found}, 503)
        return JSONResponse({"status": "ready", **found})

    async def _ask(self) -> tuple[str, str]:
        """However many callers ask at the same time, only one connection queries the database."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._find_problems())
        return await asyncio.shield(self._asking)

    async def _find_problems(self) -> tuple[str, str]:
        of_database, of_broker = await asyncio.gather(_find_problem(_check_database), _find_problem(broker.ping))
        return of_database, of_broker


async def _find_problem(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await asyncio.wait_for(check(), TIMEOUT_SECONDS)
    except NotMigrated:
        return "is older than this program"
    except Exception:  # for whatever reason
        return "does not answer"
    return ""


class NotMigrated(Exception):
    """The database lacks a migration of this version."""


async def _check_database() -> None:
    if not await database.is_migrated():
        raise NotMigrated
