"""Assembles the service: settings, database, tasks, routes. `python server.py` starts it."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

import settings
from models import database, demo, postgres, rotation, spans, trace
from resolvers import schema
from schema import trusted
from tasks import broker, mailbox
from web import commands, explorer, health, portal, protection, sms_reports, stopping
from web import mailbox as mailbox_page
from web.graphql import Endpoint
from web.metrics import SHARED, metrics
from web.patience import Impatient
from web.welcome import welcome

WATCHED = [Route("/health/live", health.live), Route("/health/ready", health.ready), Route("/metrics", metrics)]


def routes() -> list[BaseRoute]:
    graphql = Endpoint(schema, graphql_ide=None, allow_queries_via_get=False)
    found: list[BaseRoute] = [
        Route("/graphql", graphql),
        Route("/", portal.page),
        Route("/portal/{name}", portal.file),
        Route("/explorer/{name}", explorer.file),
        Route(sms_reports.PATH, sms_reports.receive, methods=["GET", "POST"]),
        *WATCHED,
    ]
    if mailbox_page.is_shown():
        found += [Route("/mailbox", mailbox_page.page), Route("/mailbox.json", mailbox_page.as_json)]
    return found


def living(role: str, working: Callable[[], AbstractAsyncContextManager[None]]) -> Any:
    """The life of a process: what it opens at its start, and closes at its end in the opposite order."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            trace.configure()
            spans.start(role)
            stack.callback(spans.stop)
            url = settings.DATABASE_URL or stack.enter_context(postgres.running(settings.DATA_DIR / "postgres"))
            await database.open_(url)
            stack.push_async_callback(database.close)
            if not settings.IN_PRODUCTION and not settings.SMTP_URL:
                await stack.enter_async_context(mailbox.running())
            await stack.enter_async_context(working())
            stopping.expect()
            yield

    return lifespan


app = Starlette(routes=routes(), lifespan=living("web", broker.running), middleware=protection.middleware())
worker = Starlette(routes=WATCHED, lifespan=living("worker", broker.worker_running))
scheduler = Starlette(routes=WATCHED, lifespan=living("scheduler", broker.scheduler_running))


def serve(name: str, port: int, workers: int = 1) -> None:
    uvicorn.run(
        f"server:{name}",
        host=settings.HOST,
        port=port,
        workers=workers,
        http=Impatient,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # web.protection trusts proxies, and only those that are configured
        timeout_graceful_shutdown=int(settings.STOP_SECONDS),
    )


def web() -> None:
    sys.stdout.write(welcome())
    sys.stdout.flush()
    if settings.WORKERS > 1:
        os.environ[SHARED] = tempfile.mkdtemp(prefix="e-rejestracja-metrics-")
    serve("app", settings.PORT, settings.WORKERS)


COMMANDS: dict[str, Callable[[], None]] = {
    "web": web,
    "worker": lambda: serve("worker", settings.WATCH_PORT),
    "scheduler": lambda: serve("scheduler", settings.WATCH_PORT),
    "migrate": lambda: None,  # as every command does before
    "rotate-secret": rotation.command,
}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "web"
    settings.check(command)
    trusted.load()
    trace.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again after its own tidy end
    with contextlib.suppress(KeyboardInterrupt), postgres.at_hand() as url:
        asyncio.run(demo.prepare(url))
        if command in COMMANDS:
            COMMANDS[command]()
        else:
            sys.exit(asyncio.run(commands.run(url, sys.argv[1:])))


if __name__ == "__main__":
    main()
