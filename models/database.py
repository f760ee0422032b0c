"""The one database: how it is opened, brought up to date and closed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.migrations.api.migrate import migrate as run_migrations
from tortoise.transactions import in_transaction

import settings
from models import spans

T = TypeVar("T")
MIGRATION_LOCK = 7_22_2026  # any number, the same on all hosts
A_FEW = 50
APP = "models"
MODULES = [
    f"models.{noun}"
    for noun in (
        "absence", "account", "application", "audit", "clinic", "doctor", "event", "kept_answer", "message", "offer",
        "partner", "patient", "recovery_code", "schedule", "second_factor", "session", "slot", "throttle", "visit",
        "visit_change", "waiting_list",
    )
]  # fmt: skip


# A host that dies in the middle must not keep a patient's row locked.
LIMITS = {"lock_timeout": "10s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}


def config(url: str, limits: dict[str, str] = LIMITS) -> dict[str, Any]:
    """Tortoise's configuration for a `postgres://` URL; one statement or lock wait never lasts for ever."""
    rest = url.partition("://")[2]
    joined = "&" if "?" in rest else "?"
    connection = expand_db_url(f"asyncpg://{rest}{joined}minsize=1&maxsize={settings.DATABASE_POOL}")
    connection["credentials"] |= {"server_settings": limits, "init": spans.follow}
    return {
        "connections": {"default": connection},
        "apps": {APP: {"models": MODULES, "migrations": "models.migrations", "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM = config(settings.DATABASE_URL or "postgres://postgres@localhost/e_rejestracja")


async def open_(url: str) -> None:
    """Connect, and ask something: Tortoise connects lazily, and a wrong URL should be told at start."""
    await Tortoise.init(config=config(url), _enable_global_fallback=True)
    await ping()


async def close() -> None:
    await Tortoise.close_connections()


async def within(url: str, deed: Callable[[], Awaitable[T]]) -> T:
    """Do one thing with the database opened for it alone."""
    await open_(url)
    try:
        return await deed()
    finally:
        await close()


def connection() -> BaseDBAsyncClient:
    default: BaseDBAsyncClient = connections.get("default")
    return default


async def rows(sql: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
    """Rows of a statement that the ORM cannot say; joins the transaction that is open, as a model's method would."""
    return await connection().execute_query_dict(sql, values)


_PLAN = "SELECT set_config('enable_nestloop', '{}', true), set_config('plan_cache_mode', '{}', true)"
_PLANNED_BY_HASHING = _PLAN.format("off", "force_custom_plan")
_PLANNED_AS_USUAL = _PLAN.format("on", "auto")


async def joined(sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """Rows of a statement that joins a list, its first value, with much else: by hashing, when the list is long.

    Statistics lag behind: of a table that has just grown PostgreSQL believes that it is small, compares each row with
    each, and thousands of slots then take minutes; so they do by the plan that it has kept for short lists.
    """
    if len(values[0]) <= A_FEW:
        return await rows(sql, values)
    async with in_transaction():
        await rows(_PLANNED_BY_HASHING)
        found = await rows(sql, values)
        await rows(_PLANNED_AS_USUAL)
    return found


async def ping() -> None:
    await rows("SELECT 1")


def pool_use() -> tuple[int, int, int]:
    """Connections in use, idle ones, and how many there may be."""
    pool = getattr(connection(), "_pool", None)
    if pool is None:
        return 0, 0, settings.DATABASE_POOL
    return pool.get_size() - pool.get_idle_size(), pool.get_idle_size(), pool.get_max_size()


async def is_migrated() -> bool:
    """Whether every migration that this program brings has been applied; more of them are no obstacle."""
    applied = {row["name"] for row in await rows("SELECT name FROM tortoise_migrations")}
    brought = {path.stem for path in (Path(__file__).parent / "migrations").glob("[0-9]*.py")}
    return brought <= applied


@asynccontextmanager
async def only_one(url: str, lock: int) -> AsyncIterator[None]:
    """Hold an advisory lock on a connection of its own: the others, on any host, wait."""
    guard = await asyncpg.connect(url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", lock)
        yield
    finally:
        await guard.close()


async def migrate(url: str) -> None:
    """Bring the database to the newest state; started on two hosts at once, one does it and the other waits."""
    async with only_one(url, MIGRATION_LOCK):
        await run_migrations(config=config(url, limits={}))  # these may take their time
        await Tortoise.close_connections()
