"""What every test stands on: a real PostgreSQL built by migrations, a stopped clock, an empty database."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

_scratch = tempfile.TemporaryDirectory(prefix="e-rej-")
os.environ["DATA_DIR"] = _scratch.name  # before settings are read: tests never touch var/
for _name in ("DATABASE_URL", "BROKER_URL", "SMTP_URL", "SMS_URL", "ENVIRONMENT", "SERVICE_OPENS", "SERVICE_CLOSES"):
    os.environ.pop(_name, None)
if "PYTEST_XDIST_WORKER" not in os.environ:  # both lanes have the one of the process that began them
    os.environ["PREPARED_FOLDER"] = f"{_scratch.name}/prepared"
os.environ["APPLICATION_SECONDS"] = "0"  # nobody waits for chance

import asyncpg  # noqa: E402 - after the environment is set
import hypothesis  # noqa: E402 - after the environment is set
import pytest  # noqa: E402 - after the environment is set

from models import clock, database, postgres  # noqa: E402 - after the environment is set
from tests import browser, cast, prepared  # noqa: E402 - after the environment is set
from tests.browser import _serving, page, server  # noqa: E402, F401 - fixtures

hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=100)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("FUZZ", "house"))

HAS_CLIENTS = shutil.which("node") and (Path(__file__).parent / "clients/node_modules/graphql-ws").exists()
NEED_A_BROWSER = ["portal", "web/test_explorer.py", "web/test_reception.py"]
NEED_CLIENTS = ["live/test_node_clients.py"]  # the reference clients from npm, and the JavaScript example
collect_ignore = [
    *([] if browser.CHROMIUM and browser.HAS_ASSETS else NEED_A_BROWSER),
    *([] if HAS_CLIENTS else NEED_CLIENTS),
]


def pytest_configure(config: pytest.Config) -> None:
    """A folder of this run's own: pytest closes its usual one to other users, and root's PostgreSQL is another user."""
    config.option.basetemp = str(Path(_scratch.name) / "each")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what is not tried on this machine; at the end, as -q shows no header."""
    if collect_ignore:
        terminalreporter.write_line(f"Left out, as chromium or Node.js is not here: {', '.join(collect_ignore)}")


# Not TRUNCATE: for a few rows that takes twenty times as long.
EMPTY = "SET session_replication_role = replica; {deletions}; SET session_replication_role = origin"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of the tests' own; with TEST_DATABASE_URL (a superuser's) that one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    prepared.place(Path(_scratch.name) / "postgres" / "data")
    with postgres.running(Path(_scratch.name) / "postgres", durable=False) as url:
        yield url


@pytest.fixture(scope="session")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database built by the migrations, as every database is."""
    await database.migrate(postgres_url)
    await database.open_(postgres_url)
    yield postgres_url
    await database.close()


@pytest.fixture(scope="session")
async def tables(database_url: str) -> str:
    found = await database.rows(
        "SELECT string_agg(quote_ident(tablename), ', ') AS names FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
    )
    return str(found[0]["names"])


@pytest.fixture(autouse=True)
async def fresh(tables: str) -> AsyncIterator[None]:
    """Monday at nine in Warsaw, and an empty database."""
    with clock.pinned(cast.MONDAY):
        yield
    await _empty(tables.split(", "))


async def _empty(tables: list[str]) -> None:
    script = EMPTY.format(deletions="; ".join(f"DELETE FROM {table}" for table in tables))
    for _ in range(5):
        try:
            return await database.connection().execute_script(script)
        except asyncpg.DeadlockDetectedError:  # with a service that goes on working
            continue
    raise AssertionError("The service never lets go of the tables.")
