"""Measures a document: depth, aliases, directives and cost. Each fragment is measured once, so the time is linear."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import get_variable_values

LARGEST_PAGE = 500  # Page refuses more
ASSUMED_SIZE = 10  # the rows assumed for a list without @listSize
SIZED_FIELDS = ("nodes", "edges")


class Measure(NamedTuple):
    """The measures of a selection. `per_row`: the cost of each row of the enclosing page.

    `repeats`: the fields whose name occurs earlier in their selection. Validation compares fields of one name in pairs.
    """

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0
    cost: int = 0
    per_row: int = 0
    repeats: int = 0

    def plus(self, other: "Measure") -> "Measure":
        return Measure(
            max(self.depth, other.depth),
            max(self.introspection_depth, other.introspection_depth),
            *(mine + theirs for mine, theirs in zip(self[2:], other[2:], strict=True)),
        )


class FieldCost(NamedTuple):
    """What the schema declares for a field: its weight, its type and, for a list, its length."""

    weight: int
    type_: Any
    is_list: bool
    size: int
    slicing: tuple[str, int] | None  # the argument and its default value


class CostVisitor:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None = None
    ) -> None:
        self.schema, self.variables = schema, variables
        self.uses_variables = False
        self.definitions: dict[str, VariableDefinitionNode] = {}
        self.measured: dict[str, Measure] = {}
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def measure(self, operation: OperationDefinitionNode) -> Measure:
        self.definitions = {node.variable.name.value: node for node in operation.variable_definitions or ()}
        self.measured = {}
        root = self.schema.get_root_type(operation.operation)
        measure = self._selections(operation.selection_set, root)
        return measure._replace(directives=measure.directives + len(operation.directives or ()))

    def _selections(self, selections: SelectionSetNode | None, parent: Any, seen: set[str] | None = None) -> Measure:
        total, seen = Measure(), set() if seen is None else seen
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                total = total.plus(self._field(node, parent)).plus(Measure(repeats=key in seen))
                seen.add(key)
            elif isinstance(node, FragmentSpreadNode):
                total = total.plus(self._fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                inner = self._named(node.type_condition) if node.type_condition else parent
                total = total.plus(self._selections(node.selection_set, inner, seen))
            if node.directives:
                total = total._replace(directives=total.directives + len(node.directives))
        return total

    def _fragment(self, name: str) -> Measure:
        if name not in self.measured:
            self.measured[name] = (
                Measure()
            )  # ends the recursion of a fragment that contains itself; another rule refuses it
            if fragment := self.fragments.get(name):
                measure = self._selections(fragment.selection_set, self._named(fragment.type_condition))
                self.measured[name] = measure._replace(directives=measure.directives + len(fragment.directives or ()))
        return self.measured[name]

    def _named(self, condition: Any) -> Any:
        return self.schema.type_map.get(condition.name.value)

    def _field(self, node: FieldNode, parent: Any) -> Measure:
        name = node.name.value
        aliases = 1 if node.alias else 0
        if name in ("__schema", "__type"):
            inside = self._selections(node.selection_set, None)
            return Measure(1, 1 + inside.depth, aliases + inside.aliases, inside.directives, 1, repeats=inside.repeats)
        known = _field_cost(self.schema, parent, name) if parent is not None else None
        inside = self._selections(node.selection_set, known.type_ if known else None)
        cost, per_row = self._cost(node, known, inside)
        return Measure(
            1 + inside.depth,
            inside.introspection_depth,
            aliases + inside.aliases,
            inside.directives,
            1,
            cost,
            per_row,
            inside.repeats,
        )

    def _cost(self, node: FieldNode, known: FieldCost | None, inside: Measure) -> tuple[int, int]:
        if known is None or not node.selection_set:
            return (known.weight if known else 0), 0
        if known.slicing:
            rows = self._first(node, *known.slicing)
            return known.weight + inside.cost + rows * inside.per_row, 0
        row_cost = inside.cost + ASSUMED_SIZE * inside.per_row
        if not known.is_list:
            return known.weight + row_cost, 0
        if known.size == 0:  # the list holds the rows of the enclosing page
            return 0, 1 + row_cost
        return known.weight + known.size * (1 + row_cost), 0

    def _first(self, node: FieldNode, argument: str, default: int) -> int:
        rows: Any = default
        for given in node.arguments or ():
            if given.name.value == argument and isinstance(given.value, IntValueNode):
                rows = _int(given.value.value)
            elif given.name.value == argument and isinstance(given.value, VariableNode):
                rows = self._value(given.value.name.value, default)
        if not isinstance(rows, int):  # this is refused later, when the variables are read
            rows = default
        return int(min(max(rows, 0), LARGEST_PAGE))

    def _value(self, variable: str, default: int) -> Any:
        """The value that execution will use, so `100.0` counts as an Int.

        During validation the variables have no values, and it is 0: the page costs nothing until `measure_operation`
        (limits.py).
        """
        self.uses_variables = True
        if self.variables is None:
            return 0
        if variable not in self.definitions:
            return default
        values = get_variable_values(self.schema, [self.definitions[variable]], dict(self.variables))
        return default if isinstance(values, list) else values.coerced.get(variable, default)


def _int(text: str) -> int:
    return int(text) if len(text) <= 10 else LARGEST_PAGE


@cache
def _field_cost(schema: GraphQLSchema, parent: Any, name: str) -> FieldCost | None:
    field = getattr(parent, "fields", {}).get(name)
    if field is None:
        return None
    directives = {type(directive).__name__: directive for directive in _declared(field)}
    type_ = get_named_type(field.type)
    is_composite = is_composite_type(type_)
    weight = int(directives["Cost"].weight) if "Cost" in directives else int(is_composite)
    is_list = is_list_type(field.type.of_type if is_non_null_type(field.type) else field.type)
    size = getattr(directives.get("ListSize"), "assumed_size", None) or ASSUMED_SIZE
    if is_list and is_composite and name in SIZED_FIELDS and parent.name.endswith("Connection"):
        size = 0
    slicing = ("first", field.args["first"].default_value) if "first" in field.args else None
    return FieldCost(weight, type_ if is_composite else None, is_list and is_composite, size, slicing)


def _declared(field: Any) -> list[Any]:
    """The directives of the Strawberry field."""
    definition = (field.extensions or {}).get("strawberry-definition")
    return list(getattr(definition, "directives", ()))
