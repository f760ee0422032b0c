"""Pages by key: everything behind the last row seen, whatever was inserted or removed meanwhile."""

from typing import Any
from uuid import UUID

from tortoise.expressions import Q

Key = tuple[Any, UUID]


def behind(field: str, key: Key | None, *, descending: bool = False) -> Q:
    """The rows behind `key` when ordered by `field` and id; all rows without a key."""
    if key is None:
        return Q()
    beyond = "lt" if descending else "gt"
    return Q(**{f"{field}__{beyond}": key[0]}) | Q(**{field: key[0], f"id__{beyond}": key[1]})
