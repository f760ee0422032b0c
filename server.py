"""Assembles the service: settings, database, tasks, routes. `python server.py` starts it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

import settings
from models import database, demo, postgres, trace
from resolvers import schema
from schema import trusted
from tasks import broker, mailbox
from web import commands, explorer, health, portal, protection, sms_reports
from web import mailbox as mailbox_page
from web.graphql import Endpoint
from web.welcome import welcome


def routes() -> list[BaseRoute]:
    graphql = Endpoint(schema, graphql_ide=None, allow_queries_via_get=False)
    found: list[BaseRoute] = [
        Route("/graphql", graphql),
        Route("/", portal.page),
        Route("/portal/{name}", portal.file),
        Route("/explorer/{name}", explorer.file),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route(sms_reports.PATH, sms_reports.receive, methods=["GET", "POST"]),
    ]
    if mailbox_page.is_shown():
        found += [Route("/mailbox", mailbox_page.page), Route("/mailbox.json", mailbox_page.as_json)]
    return found


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        url = settings.DATABASE_URL or stack.enter_context(postgres.running(settings.DATA_DIR / "postgres"))
        await database.open_(url)
        stack.push_async_callback(database.close)
        if not settings.IN_PRODUCTION and not settings.SMTP_URL:
            await stack.enter_async_context(mailbox.running())
        await stack.enter_async_context(broker.running())
        yield


app = Starlette(routes=routes(), lifespan=lifespan, middleware=protection.middleware())


@contextlib.contextmanager
def database_at_hand() -> Iterator[str]:
    """The configured database, or the private one for as long as this process lives."""
    if settings.DATABASE_URL:
        yield settings.DATABASE_URL
        return
    with postgres.running(settings.DATA_DIR / "postgres") as url:
        os.environ["DATABASE_URL"] = settings.DATABASE_URL = url  # for worker processes too
        yield url


async def prepare(url: str) -> None:
    """Bring the database up to date; a development database that is empty gets a believable demo."""
    await database.migrate(url)
    if settings.DEMO and not settings.IN_PRODUCTION:
        await database.open_(url)
        await demo.fill_if_empty()
        await database.close()


def main() -> None:
    settings.check()
    trusted.load()
    trace.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again after its own tidy end
    with contextlib.suppress(KeyboardInterrupt), database_at_hand() as url:
        asyncio.run(prepare(url))
        if sys.argv[1:]:
            sys.exit(asyncio.run(commands.run(url, sys.argv[1:])))
        sys.stdout.write(welcome())
        sys.stdout.flush()
        uvicorn.run(
            "server:app",
            host=settings.HOST,
            port=settings.PORT,
            workers=settings.WORKERS,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # web.protection trusts proxies, and only those that are configured
            timeout_graceful_shutdown=10,
        )


if __name__ == "__main__":
    main()
