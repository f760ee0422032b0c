"""Removal of many rows in batches, so that no statement takes long and no lock is held for long."""

from typing import Any

from tortoise.queryset import QuerySet

BATCH = 1000


async def remove(rows: QuerySet[Any]) -> int:
    """Delete these rows and return how many; a row that no longer matches when its turn comes is kept."""
    total, key = 0, rows.model._meta.pk_attr
    while ids := await rows.limit(BATCH).values_list(key, flat=True):
        removed = await rows.filter(pk__in=list(ids)).delete()
        total += removed
        if not removed:  # they no longer match, or another process has deleted them
            break
    return total
