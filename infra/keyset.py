"""Keyset pagination: a page begins after the last row seen, even if rows were inserted or deleted since."""

from typing import Any
from uuid import UUID

from tortoise.expressions import Q

Key = tuple[Any, UUID]


def rows_after(field: str, key: Key | None, *, descending: bool = False) -> Q:
    """The rows after `key` in the order of `field` and id; without a key, all rows."""
    if key is None:
        return Q()
    comparison = "lt" if descending else "gt"
    return Q(**{f"{field}__{comparison}": key[0]}) | Q(**{field: key[0], f"id__{comparison}": key[1]})
