"""Assembles the service from settings, database, tasks and routes; `python server.py` starts it."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

import settings
from infra import database, logs, postgres, tracing
from models.admin import demo_data, key_rotation, runtime_role
from resolvers import schema
from schema.execution import trusted_documents
from tasks import broker, event_relay
from tasks.mail import mailbox
from web import commands, security_headers, self_check, sms_reports
from web.endpoint.connections import OpenConnections
from web.endpoint.endpoint import GraphQLEndpoint
from web.endpoint.failures import mask_failures
from web.health import Health
from web.metrics import metrics, share_metrics
from web.pages import explorer, portal, visit_calendar
from web.pages import mailbox as mailbox_page
from web.serving import SERVER_OPTIONS
from web.shutdown import Shutdown
from web.welcome import welcome

# Garbage is collected after 10,000 new objects, those of about 20 requests. With CPython's default of 700, that took
# up to a tenth of a booking's time.
COLLECTOR_THRESHOLDS = 10_000, 20, 50

connections = OpenConnections()
shutdown = Shutdown(connections.end_all)
graphql = GraphQLEndpoint(schema, connections)


def monitoring(*, needs_broker: bool = False) -> list[BaseRoute]:
    health = Health(shutdown, needs_broker=needs_broker)
    return [Route("/health/live", health.live), Route("/health/ready", health.ready), Route("/metrics", metrics)]


def routes() -> list[BaseRoute]:
    found: list[BaseRoute] = [
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        Route("/explorer/{name}", explorer.file),
        Route("/wizyty/{visit}.ics", visit_calendar.file),  # must come before the portal's own pages
        Route(sms_reports.PATH, sms_reports.receive, methods=["GET", "POST"]),
        *monitoring(),
    ]
    if mailbox_page.is_shown():
        found += [Route("/mailbox", mailbox_page.page), Route("/mailbox.json", mailbox_page.as_json)]
    return [*found, *portal.routes()]


def make_lifespan(role: str, parts: Callable[[str], list[AbstractAsyncContextManager[None]]]) -> Any:
    """The lifespan of a process: opens its resources at the start and closes them in reverse order at the end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            logs.configure()
            tracing.start(role)
            stack.callback(tracing.stop)
            url = settings.DATABASE_URL or postgres.as_runtime(
                stack.enter_context(postgres.run_server(settings.DATA_DIR / "postgres"))
            )
            await database.connect(url)
            stack.push_async_callback(database.disconnect)
            await stack.enter_async_context(mailbox.run_mailbox())
            for part in parts(url):
                await stack.enter_async_context(part)
            shutdown.install()
            _spare_collector()
            yield

    return lifespan


def _spare_collector() -> None:
    """Collect cyclic garbage less often, and never among lasting objects such as the schema."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


app = Starlette(
    routes=routes(),
    lifespan=make_lifespan(
        "web", lambda url: [graphql.attend(url), broker.run_in_web_process(), event_relay.run_relay(url)]
    ),
    middleware=[*security_headers.middleware(), Middleware(mask_failures), Middleware(graphql.answers.wrap)],
)
worker = Starlette(
    routes=monitoring(needs_broker=True), lifespan=make_lifespan("worker", lambda _: [broker.run_worker()])
)
scheduler = Starlette(
    routes=monitoring(needs_broker=True), lifespan=make_lifespan("scheduler", lambda _: [broker.run_scheduler()])
)


def serve(name: str, port: int, workers: int = 1) -> None:
    uvicorn.run(f"server:{name}", host=settings.HOST, port=port, workers=workers, **SERVER_OPTIONS)


def web() -> None:
    sys.stdout.write(welcome())
    sys.stdout.flush()
    if settings.WORKERS > 1:
        share_metrics()
    serve("app", settings.PORT, settings.WORKERS)


COMMANDS: dict[str, Callable[[], None]] = {
    "web": web,
    "worker": lambda: serve("worker", settings.WATCH_PORT),
    "scheduler": lambda: serve("scheduler", settings.WATCH_PORT),
    "migrate": lambda: None,  # the migrations are applied before any of these commands
    "rotate-secret": key_rotation.command,
}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "web"
    settings.check(command)
    trusted_documents.load()
    logs.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn re-raises the signal after its own shutdown
    with contextlib.suppress(KeyboardInterrupt), postgres.provide_url() as url:
        if command == "check":
            sys.exit(asyncio.run(self_check.run(url)))
        # a key rotation begins with a key that the database does not know yet
        asyncio.run(runtime_role.migrate(url) if command == "rotate-secret" else demo_data.prepare(url))
        if command in COMMANDS:
            COMMANDS[command]()
        else:
            sys.exit(asyncio.run(commands.run(url, sys.argv[1:])))


if __name__ == "__main__":
    main()
