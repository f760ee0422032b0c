"""Fills tables whose indexes and constraints are built afterwards, which is several times as fast.

Every constraint is checked then: adding it again fails if a row breaks it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

# Foreign keys are removed first and added last, because they need unique keys. Primary keys stay: ids come in order.
_REMOVABLE = """
    WITH filled AS (SELECT name::regclass AS id FROM unnest($1::text[]) AS name)
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS remove,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
        contype = 'f' AS is_reference
    FROM pg_constraint WHERE contype IN ('u', 'x') AND conrelid IN (SELECT id FROM filled)
        OR contype = 'f' AND (conrelid IN (SELECT id FROM filled) OR confrelid IN (SELECT id FROM filled))
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), false
    FROM pg_index WHERE indrelid IN (SELECT id FROM filled)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY is_reference DESC
"""


@asynccontextmanager
async def indexed_afterwards(
    connection: "asyncpg.Connection[asyncpg.Record]", tables: tuple[str, ...]
) -> AsyncIterator[None]:
    """Works in the caller's transaction, so that nobody else ever sees the tables without their constraints."""
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending checks cannot be altered
    removable = await connection.fetch(_REMOVABLE, tables)
    for remove, _, _ in removable:
        await connection.execute(remove)
    yield
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _, restore, _ in reversed(removable):
        await connection.execute(restore)
