"""What every test relies on: a real PostgreSQL migrated to the current schema, a stopped clock, an empty database."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from tests.support import reaper

gc.disable()  # until the tests are collected: what is made until then is kept
gc.set_threshold(10_000, 20, 20)  # a test makes thousands of objects, and the default looks at them a dozen times

if "PYTEST_XDIST_WORKER" not in os.environ:  # done only by the process that starts the run; its workers share its files
    os.environ["TMPDIR"] = _run = tempfile.mkdtemp(prefix="e-rej-")
    tempfile.tempdir = None  # makes tempfile read TMPDIR again
    os.environ["PREPARED_FOLDER"] = f"{_run}/prepared"
    reaper.watch(_run)
_scratch = tempfile.TemporaryDirectory(prefix="e-rej-")
os.environ["DATA_DIR"] = _scratch.name  # set before the settings are read, so that tests never touch var/
for _name in (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "BROKER_URL",
    "SMTP_URL",
    "SMS_URL",
    "ENVIRONMENT",
    "SERVICE_OPENS",
    "SERVICE_CLOSES",
):
    os.environ.pop(_name, None)
os.environ["APPLICATION_SECONDS"] = "0"  # disables random delays

import asyncpg  # noqa: E402 - after the environment is set
import hypothesis  # noqa: E402 - after the environment is set
import pytest  # noqa: E402 - after the environment is set

from infra import clock, database, postgres  # noqa: E402 - after the environment is set
from models.admin import runtime_role  # noqa: E402 - after the environment is set
from tests import cast  # noqa: E402 - after the environment is set
from tests.support import browser, distribution, hashing, limits, postgres_template  # noqa: E402 - after the environment is set
from tests.support.browser import _serving, chromium, contexts, page, server  # noqa: E402, F401 - fixtures

hashing.hash_cheaply()
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=100)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("FUZZ", "house"))

HAS_CLIENTS = shutil.which("node") and (Path(__file__).parent / "clients/node_modules/graphql-ws").exists()
NEED_THE_PORTAL = ["portal"]  # these tests need the portal, which `make portal` builds
NEED_THE_EXPLORER = ["web/pages/test_explorer.py", "web/pages/test_reception.py"]
NEED_CLIENTS = ["web/live/test_node_clients.py"]  # reference clients from npm, and the JavaScript example
collect_ignore = [
    *([] if browser.CHROMIUM and browser.HAS_PORTAL else NEED_THE_PORTAL),
    *([] if browser.CHROMIUM and browser.HAS_ASSETS else NEED_THE_EXPLORER),
    *([] if HAS_CLIENTS else NEED_CLIENTS),
]


def pytest_configure(config: pytest.Config) -> None:
    """Use a folder of our own: pytest's default is closed to other users, and root runs PostgreSQL as another user."""
    config.option.basetemp = str(Path(_scratch.name) / "each")
    _keep_one_handler_of_interrupts()


def _keep_one_handler_of_interrupts() -> None:
    """Ctrl+C still raises KeyboardInterrupt, but asyncio, which replaces only Python's own handler, leaves ours.

    Otherwise it sets and restores a handler for each test and each fixture, and prints the task each time to do so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, frame: signal.default_int_handler(number, frame))


@pytest.hookimpl(tryfirst=True)  # before pytest selects tests by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: distribution.rank(item.path))  # stable, so the order within a folder is kept


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> distribution.WholeFiles:
    return distribution.WholeFiles(config, log)


def pytest_collection_finish() -> None:
    """Exempt from garbage collection the objects that exist by now: they live until the end of the run."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report at the end which tests this machine cannot run, because -q shows no header."""
    if collect_ignore:
        terminalreporter.write_line(f"Left out, as chromium or Node.js is not here: {', '.join(collect_ignore)}")


# DELETE, because TRUNCATE takes twenty times as long for a few rows; a function, so that PostgreSQL caches its plans.
# Many tests write nothing: then the snapshot, which lists the transactions that write, is the same as before.
EMPTYING = """
    CREATE SCHEMA IF NOT EXISTS tests;
    CREATE OR REPLACE FUNCTION tests.empty() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
        AS $$ BEGIN {deletions}; END $$;
    CREATE OR REPLACE FUNCTION tests.empty_unless_at(snapshot text) RETURNS text LANGUAGE plpgsql
        AS $$ DECLARE current text := pg_current_snapshot();
        BEGIN IF current IS DISTINCT FROM snapshot THEN PERFORM tests.empty(); END IF; RETURN current; END $$
"""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The owner's URL of the server that TEST_DATABASE_URL names (as superuser postgres), or else of a private one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    postgres_template.copy_to(Path(_scratch.name) / "postgres" / "data")
    with postgres.run_server(Path(_scratch.name) / "postgres", durable=False) as url:
        yield url


@pytest.fixture(scope="session")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """The runtime role's URL of the tests' database, which the migrations have built like any other database."""
    url = postgres.as_runtime(postgres_url)
    await database.migrate(postgres_url)
    await runtime_role.provide(postgres_url, url)
    await database.connect(url)
    yield url
    await database.disconnect()


@pytest.fixture(scope="session")
async def owner(postgres_url: str, database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection as the database's owner, a superuser: for anything that the runtime role may not do."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def tables(owner: "asyncpg.Connection[asyncpg.Record]") -> str:
    return str(
        await owner.fetchval(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
        )
    )


class Emptying:
    """Empties all tables if anything may have been written since the last time."""

    def __init__(self, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.owner = owner
        self.snapshot: str | None = None

    async def run(self) -> None:
        for _ in range(5):
            try:
                self.snapshot = await self.owner.fetchval("SELECT tests.empty_unless_at($1)", self.snapshot)
                return
            except asyncpg.DeadlockDetectedError:  # a service that is still running holds locks
                continue
        raise AssertionError("The service never releases its locks on the tables.")


@pytest.fixture(scope="session")
async def emptying(owner: "asyncpg.Connection[asyncpg.Record]", tables: str) -> Emptying:
    deletions = "; ".join(f"DELETE FROM public.{table}" for table in tables.split(", "))
    await owner.execute(EMPTYING.format(deletions=deletions))
    return Emptying(owner)


@pytest.fixture(autouse=True)
async def fresh(emptying: Emptying) -> AsyncIterator[None]:
    """Start each test on Monday at nine in Warsaw, with an empty database."""
    limits.extend_by_load()
    with clock.pinned(cast.MONDAY):
        yield
    await emptying.run()
