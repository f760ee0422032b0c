"""Rows of a hand-written join as models: for reads so frequent that the ORM must not build the statement each time."""

from functools import cached_property
from typing import Any, TypeVar, cast

from tortoise.models import Model

M = TypeVar("M", bound=Model)


class Joined:
    """All columns of several tables, named by their aliases in the statement, after its first `offset` columns."""

    def __init__(self, offset: int = 0, **models: type[Model]) -> None:
        self._offset, self._models = offset, models

    @cached_property
    def _places(self) -> dict[str, tuple[list[str], int, int]]:
        """By table: its columns, where they begin, and where its id is. (Known when the ORM has started.)"""
        found, begin = {}, self._offset
        for name, model in self._models.items():
            columns = list(model._meta.fields_db_projection.values())
            found[name] = columns, begin, begin + columns.index("id")
            begin += len(columns)
        return found

    @cached_property
    def columns(self) -> str:
        return ", ".join(f"{name}.{column}" for name, (columns, _, _) in self._places.items() for column in columns)

    @property
    def width(self) -> int:
        """The number of columns, including the `offset` ones before them."""
        return self._offset + sum(len(columns) for columns, _, _ in self._places.values())

    def find(self, name: str, model: type[M], row: Any) -> M | None:
        """The table's row; None when an outer join matched no row."""
        columns, begin, place_of_id = self._places[name]
        if row[place_of_id] is None:
            return None
        values = dict(zip(columns, row[begin : begin + len(columns)], strict=True))
        return cast(M, self._models[name]._init_from_db(**values))

    def read(self, name: str, model: type[M], row: Any) -> M:
        found = self.find(name, model, row)
        if found is None:
            raise LookupError(f"This row has no {name}.")
        return found
