"""Models from the rows of a hand-written join, for frequent reads, because the ORM would build each statement anew."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

from tortoise.fields import DatetimeField
from tortoise.models import Model

M = TypeVar("M", bound=Model)


class _Table(NamedTuple):
    """The positions of a table's columns in a row, and the columns whose driver values must be converted."""

    model: type[Model]
    begin: int
    end: int
    place_of_id: int
    names: list[str]
    conversions: list[tuple[str, Callable[[Any], Any]]]


def _describe(model: type[Model], begin: int) -> _Table:
    meta = model._meta
    fields = meta.fields_db_projection  # the column of each attribute
    conversions: list[tuple[str, Callable[[Any], Any]]] = [
        (name, field.field_type) for _, name, field in meta.db_default_fields
    ]
    # The driver returns times in UTC, as the ORM does.
    conversions += [
        (name, field.to_python_value)
        for _, name, field in meta.db_complex_fields
        if not isinstance(field, DatetimeField)
    ]
    place_of_id = begin + list(fields.values()).index("id")
    return _Table(model, begin, begin + len(fields), place_of_id, list(fields), conversions)


def make(model: type[M], values: Iterable[tuple[str, Any]] | Mapping[str, Any]) -> M:
    """Build a model as the ORM does, from values that need no conversion."""
    row = object.__new__(model)
    vars(row).update(
        _partial=False,
        _saved_in_db=True,
        _custom_generated_pk=model._meta.db_pk_column not in model._meta.generated_db_fields,
        _await_when_save={},
    )
    vars(row).update(values)
    return row


class Joined:
    """Selects all columns of several tables and makes models of them; a row begins with `offset` other columns."""

    def __init__(self, offset: int = 0, **models: type[Model]) -> None:
        self._offset, self._models = offset, models

    @cached_property
    def _tables(self) -> dict[str, _Table]:
        """The models by name, which are known once the ORM has started."""
        found, begin = {}, self._offset
        for name, model in self._models.items():
            found[name] = _describe(model, begin)
            begin = found[name].end
        return found

    @cached_property
    def columns(self) -> str:
        columns = ((name, table.model._meta.fields_db_projection.values()) for name, table in self._tables.items())
        return ", ".join(f"{name}.{column}" for name, of_table in columns for column in of_table)

    def find(self, name: str, model: type[M], row: Any) -> M | None:
        """The table's row as a model, like the ORM's but built faster; None if an outer join found no row."""
        table = self._tables[name]
        if row[table.place_of_id] is None:
            return None
        found = make(table.model, zip(table.names, row[table.begin : table.end], strict=True))
        values = vars(found)
        for column, convert in table.conversions:
            if values[column] is not None:
                values[column] = convert(values[column])
        return cast(M, found)

    def read(self, name: str, model: type[M], row: Any) -> M:
        found = self.find(name, model, row)
        if found is None:
            raise LookupError(f"This row has no {name}.")
        return found
