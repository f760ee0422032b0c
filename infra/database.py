"""The PostgreSQL database: connections, statements and migrations."""

import re
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.migrations.api.migrate import migrate as run_migrations
from tortoise.transactions import in_transaction

import settings
from infra import bounded_client, tracing

T = TypeVar("T")
MIGRATION_LOCK = 7_22_2026  # an arbitrary number, the same on all hosts
SHORT_LIST = 50
CONNECT_SECONDS = 5.0
PING_SECONDS = 2.0
APPLICATION = "e-rejestracja"
SESSION_NAME = f"{APPLICATION} {secrets.token_hex(4)}"  # tells this process from others in pg_stat_activity
APP = "models"  # the package of Tortoise's models and migrations

# The client's limit for a statement, longer than the server's own, in case the server does not answer.
STATEMENT_SECONDS = 35.0

# For solid-state disks: small tables are looked up by their indexes, too, instead of being read whole. PostgreSQL's
# own 4 is for disks that have to seek.
PLANNING = {"random_page_cost": "1.1"}

# A host that dies in a transaction must not keep rows locked.
LIMITS = {"lock_timeout": "10s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}


async def _keep(connection: Any) -> None:
    """Do nothing: no code changes session state of a pooled connection, so no round trip is needed to reset it."""


def config(url: str, limits: dict[str, str] = LIMITS) -> dict[str, Any]:
    """Tortoise's configuration for a `postgres://` URL; `limits` bound statements, lock waits and idle transactions."""
    credentials: dict[str, Any] = {"dsn": url, "minsize": 1, "maxsize": settings.DATABASE_POOL}
    credentials["server_settings"] = limits | PLANNING | {"application_name": SESSION_NAME}
    credentials |= {"init": tracing.instrument, "reset": _keep}
    if limits:
        credentials |= {"command_timeout": STATEMENT_SECONDS, "timeout": CONNECT_SECONDS}
    connection = {"engine": "infra.bounded_client", "credentials": credentials}
    return {
        "connections": {"default": connection},
        "apps": {APP: {"models": [APP], "migrations": f"{APP}.migrations", "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM = config(settings.DATABASE_URL or "postgres://postgres@localhost/e_rejestracja")


async def connect(url: str) -> None:
    """Connect and ping: Tortoise connects lazily, but a wrong URL must be noticed at the start."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    await ping()


async def disconnect() -> None:
    await Tortoise.close_connections()


async def run_connected(url: str, action: Callable[[], Awaitable[T]]) -> T:
    """Run an action with connections opened for it alone."""
    await connect(url)
    try:
        return await action()
    finally:
        await disconnect()


def connection() -> BaseDBAsyncClient:
    default: BaseDBAsyncClient = connections.get("default")
    return default


async def fetch(sql: str, values: list[Any] | Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Run a statement that the ORM cannot express, in the open transaction if there is one, and return its rows.

    The parameters are `$1`, `$2` ... with a list of values, or `:name` with a mapping, which may hold more names.
    """
    return await connection().execute_query_dict(*_numbered(sql, values))


async def fetch_rows(sql: str, values: list[Any] | Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
    """Like `fetch`, but each row is a sequence of its columns: for long lists."""
    sql, numbered = _numbered(sql, values)
    rows: Sequence[Sequence[Any]] = await bounded_client.fetch_rows(
        cast(AsyncpgDBClient, connection()), sql, numbered or ()
    )
    return rows


async def fetch_locking(sql: str, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Like `fetch_rows`, for a statement that may wait for locks: the pool counts it as a transaction."""
    client = connection()
    if not isinstance(client, bounded_client.BoundedClient):
        return await fetch_rows(sql, values)
    async with client.transaction_turn():
        return await fetch_rows(sql, values)


def _numbered(sql: str, values: list[Any] | Mapping[str, Any] | None) -> tuple[str, list[Any] | None]:
    if not isinstance(values, Mapping):
        return sql, values
    sql, names = _number_parameters(sql)
    return sql, [values[name] for name in names]


_PARAMETER = re.compile(r"(?<!:):([a-z]\w*)")


@lru_cache(maxsize=512)
def _number_parameters(sql: str) -> tuple[str, list[str]]:
    """The statement with `$1`, `$2` ... for its named parameters, and their names in that order; casts (`::`) stay."""
    names = list(dict.fromkeys(_PARAMETER.findall(sql)))
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


_PLAN = "SELECT set_config('enable_nestloop', '{}', true), set_config('plan_cache_mode', '{}', true)"
_PLANNED_BY_HASHING = _PLAN.format("off", "force_custom_plan")
_PLANNED_AS_USUAL = _PLAN.format("on", "auto")


async def fetch_joined(sql: str, values: Mapping[str, Any], *, length: int) -> list[dict[str, Any]]:
    """Run a statement that joins a list of `length` values with whole tables: by hash joins when the list is long.

    Statistics lag behind: PostgreSQL takes a table that has just grown for a small one and chooses nested loops, which
    need minutes for thousands of slots. The plan that it has cached for short lists is just as slow.
    """
    if length <= SHORT_LIST:
        return await fetch(sql, values)
    async with in_transaction():
        await fetch(_PLANNED_BY_HASHING)
        rows = await fetch(sql, values)
        await fetch(_PLANNED_AS_USUAL)
    return rows


def require_transaction() -> None:
    """Raise unless a transaction is open: without one, the caller's locks and writes would be useless."""
    if not isinstance(connection(), TransactionalDBClient):
        raise RuntimeError("This must run inside a transaction.")


async def ping() -> None:
    await fetch("SELECT 1")


def measure_pool() -> tuple[int, int, int]:
    """How many connections are in use, how many are idle, and the limit on their total."""
    pool = getattr(connection(), "_pool", None)
    if pool is None:
        return 0, 0, settings.DATABASE_POOL
    return pool.get_size() - pool.get_idle_size(), pool.get_idle_size(), pool.get_max_size()


async def is_migrated() -> bool:
    """Whether the database has every migration of this version; it may have newer ones.

    Uses a connection of its own: an exhausted pool says nothing about the database.
    """
    url: str = connections.db_config["default"]["credentials"]["dsn"]
    session = await asyncpg.connect(url, timeout=PING_SECONDS)
    try:
        return not await _find_missing(session)
    finally:
        session.terminate()


async def find_missing_migrations(url: str) -> set[str]:
    """The migrations of this version that the database does not have yet; all of them if it is empty."""
    session = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        return await _find_missing(session)
    except asyncpg.UndefinedTableError:
        return _known_migrations()
    finally:
        session.terminate()


async def _find_missing(session: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    return _known_migrations() - {row["name"] for row in await session.fetch("SELECT name FROM tortoise_migrations")}


def _known_migrations() -> set[str]:
    return {path.stem for path in (Path(__file__).parents[1] / APP / "migrations").glob("[0-9]*.py")}


async def try_to_connect(url: str, setting: str = "DATABASE_URL") -> str:
    """The version of the server; BadSetting says in one line why there is no connection, and what to do."""
    try:
        session = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
        raise settings.BadSetting(f"{setting}: {_explain(problem, url)}") from None
    try:
        return str(await session.fetchval("SHOW server_version"))
    finally:
        session.terminate()


def _explain(problem: Exception, url: str) -> str:
    parts = urlsplit(url)
    place, user, name = f"{parts.hostname or ''}:{parts.port or 5432}", parts.username, parts.path.strip("/")
    match problem:
        case socket.gaierror():
            return f"the host {parts.hostname} is unknown. Check the name, or this machine's DNS."
        case TimeoutError():
            return (
                f"{place} does not answer within {CONNECT_SECONDS:.0f} s. Does PostgreSQL run there, behind a firewall?"
            )
        case asyncpg.InvalidAuthorizationSpecificationError():  # this includes a wrong password
            return f"PostgreSQL at {place} refuses the user {user}. Check name, password and pg_hba.conf."
        case asyncpg.InvalidCatalogNameError():
            return f"PostgreSQL at {place} has no database {name}. Create it: createdb {name}"
        case asyncpg.CannotConnectNowError() | asyncpg.TooManyConnectionsError():
            return f"PostgreSQL at {place} takes no connection now ({problem}). Try again."
        case OSError():
            return f"no connection to {place} ({problem.strerror or problem}). Does PostgreSQL run there?"
    return f"PostgreSQL at {place} refuses: {problem}"


@asynccontextmanager
async def hold_advisory_lock(url: str, lock: int) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Hold an advisory lock on a connection of its own, so that processes on all hosts wait for each other."""
    holder = await asyncpg.connect(url)
    try:
        await holder.execute("SELECT pg_advisory_lock($1)", lock)
        yield holder
    finally:
        await holder.close()


async def migrate(url: str, setting: str = "DATABASE_URL") -> None:
    """Apply the missing migrations; of two hosts that start simultaneously, one applies them and the other waits."""
    await try_to_connect(url, setting)
    async with hold_advisory_lock(url, MIGRATION_LOCK):
        await run_migrations(config=config(url, limits={}))  # a migration may take minutes
        await Tortoise.close_connections()
