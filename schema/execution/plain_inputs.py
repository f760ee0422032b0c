"""Plain inputs: input objects of scalars and enums, built from a list of names made once for each input type.

Strawberry would resolve the annotation of every field for every request, only to return such values unchanged.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING
from typing import Any

from strawberry.relay import GlobalID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import _is_leaf_type, _is_optional_leaf_type
from strawberry.types.base import StrawberryMaybe, StrawberryObjectDefinition

CONVERTED = (GlobalID,)  # a scalar that Strawberry does not return as it is
Build = Callable[[type, Mapping[str, Any], Any], Any]


def prepare(definitions: Iterable[object], config: StrawberryConfig, scalars: Mapping[Any, Any]) -> None:
    """Let the plain input types among these definitions build themselves."""
    for definition in definitions:
        if (
            isinstance(definition, StrawberryObjectDefinition)
            and definition.is_input
            and definition.from_input is None
            and _is_plain(definition, scalars)
        ):
            definition.from_input = _builder(definition, config)


def _is_plain(definition: StrawberryObjectDefinition, scalars: Mapping[Any, Any]) -> bool:
    types = [field.resolve_type(type_definition=definition) for field in definition.fields]
    return all(
        _is_leaf_type(type_, scalars, CONVERTED)
        or (_is_optional_leaf_type(type_, scalars, CONVERTED) and not isinstance(type_, StrawberryMaybe))
        for type_ in types
    )


def _builder(definition: StrawberryObjectDefinition, config: StrawberryConfig) -> Build:
    names = [(config.name_converter.from_field(field), field.python_name) for field in definition.fields]
    missing = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }

    def build(kind: type, value: Mapping[str, Any], _: Any) -> Any:
        """As Strawberry does: a nullable field that is not given is None unless it has another default."""
        return kind(**(missing | {python: value[graphql] for graphql, python in names if graphql in value}))

    return build
