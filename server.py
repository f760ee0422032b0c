"""Assembles the service: settings, database, tasks, routes. `python server.py` starts it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

import settings
from models import database, demo, postgres, trace
from resolvers import schema
from tasks import broker, mailbox, relay
from web import health, streams
from web import mailbox as mailbox_page
from web.endpoint import LiveEndpoint
from web.sockets import SOCKETS
from web.welcome import welcome

HAS_MAILBOX = not settings.IN_PRODUCTION and not (settings.SMTP_URL and settings.SMS_URL)


def routes() -> list[BaseRoute]:
    graphql = LiveEndpoint(schema)
    found: list[BaseRoute] = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", graphql),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
    ]
    if HAS_MAILBOX:
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
        await stack.enter_async_context(relay.running(url))
        await stack.enter_async_context(streams.watched())
        yield


app = Starlette(routes=routes(), lifespan=lifespan, max_body_size=settings.BODY_LIMIT_BYTES)


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
    if not settings.IN_PRODUCTION:
        await database.open_(url)
        await demo.fill_if_empty()
        await database.close()


def main() -> None:
    settings.check()
    trace.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again after its own tidy end
    with contextlib.suppress(KeyboardInterrupt), database_at_hand() as url:
        asyncio.run(prepare(url))
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
            proxy_headers=bool(settings.TRUSTED_PROXIES),
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
            timeout_graceful_shutdown=10,
            **SOCKETS,
        )


if __name__ == "__main__":
    main()
