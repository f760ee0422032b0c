"""The desk's ready operations: one for each of reception's tasks, in a menu by topic, with valid variables."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    OperationDefinitionNode,
    get_named_type,
    is_input_object_type,
    is_non_null_type,
    parse,
    print_ast,
    type_from_ast,
)
from graphql.execution import get_variable_values

from infra import clock
from models.accounts.account import Role
from tests import cast
from tests.support.contract import BUILT
from web.pages.ready_operations import FOLDER, TOPICS, fill_in_dates, ready_operations

TOPICS_SHOWN = ready_operations(Role.ADMINISTRATOR)
OPERATIONS: list[dict[str, str]] = [one for topic in TOPICS_SHOWN for one in topic["operations"]]


def root_fields(document: str) -> set[str]:
    [operation] = [node for node in parse(document).definitions if isinstance(node, OperationDefinitionNode)]
    return {getattr(field, "name").value for field in operation.selection_set.selections}  # noqa: B009 - only fields


def underlined(kind: Any, value: Any) -> Iterator[str]:
    """The fields that GraphiQL underlines in red: required but not given, even if they have a default."""
    named = get_named_type(kind)
    if isinstance(value, list):
        for one in value:
            yield from underlined(named, one)
    elif is_input_object_type(named) and value is not None:
        yield from (name for name, field in named.fields.items() if is_non_null_type(field.type) and name not in value)
        for name, inner in value.items():
            yield from underlined(named.fields[name].type, inner)


def test_every_file_is_in_the_menu_once_by_a_short_title() -> None:
    assert len(OPERATIONS) == len(list(FOLDER.iterdir()))
    for what in ("title", "name"):
        assert len({one[what] for one in OPERATIONS}) == len(OPERATIONS)
    assert [one["title"] for one in OPERATIONS if not 4 <= len(one["title"]) <= 24] == []


def requirements(field: GraphQLField) -> str:
    return " ".join(print_ast(directive) for directive in (field.ast_node and field.ast_node.directives) or ())


def test_whatever_reception_may_do_is_ready() -> None:
    roots = [root.fields for root in (BUILT.query_type, BUILT.mutation_type) if root]
    staffs = {name for fields in roots for name, field in fields.items() if "RECEPTIONIST" in requirements(field)}
    ready = set().union(*(root_fields(one["query"]) for one in OPERATIONS))
    assert staffs - ready == {"keepWorkspace"}, "which the panels send by themselves"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one["name"])
def test_the_variables_fit(operation: dict[str, str]) -> None:
    variables: dict[str, Any] = json.loads(operation["variables"] or "{}")
    [definition] = [node for node in parse(operation["query"]).definitions if isinstance(node, OperationDefinitionNode)]
    found = get_variable_values(BUILT, definition.variable_definitions or (), variables)
    assert not isinstance(found, list), found
    assert "variables:" not in operation["query"]
    for variable in definition.variable_definitions or ():
        kind = type_from_ast(BUILT, variable.type)
        assert list(underlined(kind, variables.get(variable.variable.name.value))) == []


def test_administration_is_shown_to_administrators_only() -> None:
    assert [topic["title"] for topic in TOPICS_SHOWN] == list(TOPICS.values())
    assert [topic["title"] for topic in ready_operations(Role.RECEPTIONIST)] == list(TOPICS.values())[:-2]


def test_days_are_those_of_the_reader() -> None:
    with clock.pinned(cast.warsaw(25, 23, 30, month=10)):  # the Sunday on which the clocks were put back in the morning
        assert fill_in_dates('"TODAY" "TOMORROW" "NEXT_WEEK"') == '"2026-10-25" "2026-10-26" "2026-10-26"'
        assert fill_in_dates('"TODAYT00:00"') == '"2026-10-25T00:00:00+02:00"'
        assert (
            fill_in_dates('"TOMORROWT08:30" "weekday": "MONDAY"') == '"2026-10-26T08:30:00+01:00" "weekday": "MONDAY"'
        )
