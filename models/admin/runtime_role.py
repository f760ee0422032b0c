"""The runtime role: the service connects as a role that owns nothing; another role, the owner, migrates.

The runtime role reads and writes rows. It cannot change tables, functions, triggers or history.
"""

import hashlib
import hmac
import logging
import secrets
import unicodedata
from base64 import b64encode
from urllib.parse import unquote, urlsplit

import asyncpg

import settings
from infra import database

APPEND_ONLY = ("audit_entry", "visit_change", "event")
READ_ONLY = ("event_log", "tortoise_migrations")
FUNCTIONS = ("number_events()", "forget_events(timestamptz)", "forget_audit_entries(timestamptz)")
SCRAM_ITERATIONS = 4096  # PostgreSQL's default

GRANTS = f"""
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    REVOKE TEMPORARY ON DATABASE {{database}} FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO {{role}};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {{role}};
    REVOKE UPDATE, DELETE ON {", ".join(APPEND_ONLY)} FROM {{role}};
    REVOKE INSERT, UPDATE, DELETE ON {", ".join(READ_ONLY)} FROM {{role}};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {{role}};
    GRANT EXECUTE ON FUNCTION {", ".join(FUNCTIONS)} TO {{role}};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{role}};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {{role}};
"""

# Whether a role may change history in any way: itself, through another role, through PUBLIC or by an attribute.
_MAY_CHANGE_HISTORY = """
    SELECT coalesce(bool_or(
        pg_has_role(pg_roles.oid, pg_class.relowner, 'MEMBER') OR pg_roles.rolcreaterole
        OR has_table_privilege(pg_roles.oid, pg_class.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
    ), false)
    FROM pg_class, pg_roles
    WHERE pg_class.relname = ANY($1) AND pg_class.relnamespace = 'public'::regnamespace
        AND pg_roles.rolname = coalesce($2, current_user)
"""

log = logging.getLogger(__name__)


async def migrate(url: str) -> None:
    """Migrate as the owner and grant the role of `url` its rights; without a separate owner, migrate as that role."""
    if owner_url := settings.MIGRATION_DATABASE_URL:
        await database.migrate(owner_url, "MIGRATION_DATABASE_URL")
        await provide(owner_url, url)
    else:
        await database.try_to_connect(url)
        if missing := await database.find_missing_migrations(url):
            await _refuse_runtime_role(url, len(missing))
            await database.migrate(url)


async def provide(owner_url: str, url: str) -> None:
    """Create the role of `url` if it does not exist, and grant it what the service needs; can be repeated."""
    parts = urlsplit(url)
    name = unquote(parts.username or "")
    async with database.hold_advisory_lock(owner_url, database.MIGRATION_LOCK) as owner, owner.transaction():
        role, own_database = await owner.fetchrow("SELECT quote_ident($1), quote_ident(current_database())", name)
        if not await owner.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name):
            await owner.execute(f"CREATE ROLE {role} LOGIN{_password_of(unquote(parts.password or ''))}")
        await owner.execute(GRANTS.format(role=role, database=own_database))
        if await owner.fetchval(_MAY_CHANGE_HISTORY, APPEND_ONLY, name):
            raise settings.BadSetting(
                f"DATABASE_URL: the role {name} may change history, because it owns the tables, is a superuser, may"
                " create roles, or belongs to a role that may. Name another role, which will be created."
            )


def _password_of(password: str) -> str:
    """A PASSWORD clause with the hash that PostgreSQL stores (RFC 5803): a plain password could get into its log."""
    if not password:
        return ""
    salt = secrets.token_bytes(16)
    text = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", text, salt, SCRAM_ITERATIONS)
    client, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    kept = (b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server))
    return " PASSWORD 'SCRAM-SHA-256${}:{}${}:{}'".format(SCRAM_ITERATIONS, *kept)


async def _refuse_runtime_role(url: str, missing: int) -> None:
    session = await asyncpg.connect(url, timeout=database.CONNECT_SECONDS)
    try:
        may_create = await session.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
    finally:
        session.terminate()
    if not may_create:
        raise settings.BadSetting(
            f"The database lacks {missing} migrations, and the role of DATABASE_URL may not migrate. Run"
            " `python server.py migrate` with MIGRATION_DATABASE_URL, the URL of the database's owner."
        )


async def may_change_history() -> bool:
    """Whether the role of this process could rewrite the audit trail, or switch its triggers off."""
    return bool((await database.fetch_rows(_MAY_CHANGE_HISTORY, [list(APPEND_ONLY), None]))[0][0])


async def warn_of_one_role() -> None:
    if await may_change_history():
        log.warning(
            "database_owner_serves",
            extra={
                "problem": "DATABASE_URL names a role that can rewrite the audit trail",
                "advice": "name another role there, this one in MIGRATION_DATABASE_URL, and run: server.py migrate",
            },
        )
