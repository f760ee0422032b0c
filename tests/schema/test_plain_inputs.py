"""Plain inputs, built without Strawberry's conversion, equal those that Strawberry builds."""

from collections.abc import Mapping
from typing import Any

import pytest
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition

from resolvers import schema

CONVERTER = schema.schema_converter
INPUTS = [
    found
    for known in CONVERTER.type_map.values()
    if isinstance(found := known.definition, StrawberryObjectDefinition) and found.is_input
]
PLAIN = [definition for definition in INPUTS if definition.from_input]


def convert(definition: StrawberryObjectDefinition, value: Mapping[str, Any]) -> Any:
    return convert_argument(value, definition.origin, CONVERTER.scalar_registry, schema.config)


@pytest.mark.parametrize("definition", PLAIN, ids=lambda definition: definition.name)
def test_a_plain_input_is_what_strawberry_makes_of_it(
    definition: StrawberryObjectDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [schema.config.name_converter.from_field(field) for field in definition.fields]
    every = {name: f"the {name}" for name in names}
    values: list[dict[str, Any]] = [every, {}, dict.fromkeys(names)]
    values += [{name: text} for name, text in every.items()]
    built = [convert(definition, value) for value in values]
    monkeypatch.setattr(definition, "from_input", None)
    assert built == [convert(definition, value) for value in values]


def test_the_inputs_of_a_patient_s_own_visits_are_plain() -> None:
    assert {"BookVisitInput", "RescheduleVisitInput", "CancelVisitInput"} <= {found.name for found in PLAIN}


def test_an_input_that_holds_another_is_left_to_strawberry() -> None:
    others = {definition.name for definition in INPUTS if not definition.from_input}
    assert {"PublishScheduleInput", "ChangeScheduleInput"} <= others
