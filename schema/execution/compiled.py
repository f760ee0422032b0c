"""Completion of plain values, compiled once for each selection of a document instead of walked field by field.

A selection is compiled if it consists of attributes without resolvers, arguments, extensions or directives. A value
that does not exactly match its type is left to graphql-core, which also raises the right error.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakMethod

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfoHelpers,
    Undefined,
    is_leaf_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

import settings
from schema.context import Context
from schema.reading_audit import ReadingAudit

Plan = Callable[[Any], Any]
MAX_PLANS = 512
NATIVE: dict[str, type] = {"String": str, "ID": str, "Int": int, "Float": float, "Boolean": bool}
SAFE_INT = 2**31


class NotPlain(Exception):
    """A selection that cannot be compiled."""


class Unusual(Exception):
    """A value that a compiled selection cannot complete."""


class PlanCache:
    """The plans of this process; their nodes are kept with them, so that no other node can have the same `id()`."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[Any, ...], tuple[Plan | None, list[FieldNode]]] = OrderedDict()

    def find(self, executor: "CompilingExecutor", type_: GraphQLObjectType, details: list[Any]) -> Plan | None:
        key = (type_, *(id(detail.node) for detail in details))
        if (known := self._plans.get(key)) is not None:
            return known[0]
        try:
            plan = _Compiler(executor).compile(type_, details)
        except NotPlain:
            plan = None
        self._plans[key] = plan, [detail.node for detail in details]
        if len(self._plans) > MAX_PLANS:
            self._plans.popitem(last=False)
        return plan


_plans = PlanCache()


class CompilingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes lists and objects by their compiled plan, if they have one; also records whose data staff see."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # graphql-core's helpers and the executor refer to each other: a cycle that would keep all objects of a request
        # in memory until garbage is collected.
        self.async_helpers = GraphQLResolveInfoHelpers(*map(_call_weakly, self.async_helpers))

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        if reading_audit := self._find_reading_audit():
            reading_audit.note_list(info, path)
        elif type(result) is list and (plan := self._find_plan(return_type.of_type, field_details_list)):
            try:
                return [plan(item) for item in result]
            except Exception:  # noqa: S110 - graphql-core meets the problem again and reports it  # nosec B110
                pass
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        if reading_audit := self._find_reading_audit():
            reading_audit.note_object(result, info, path)
        elif plan := self._find_plan(return_type, field_details_list):
            try:
                return plan(result)
            except Exception:  # noqa: S110 - as above  # nosec B110
                pass
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _find_reading_audit(self) -> ReadingAudit | None:
        """Answers to staff are recorded object by object for the reading audit, so they are not compiled."""
        return self.context_value.reading_audit if isinstance(self.context_value, Context) else None

    def _find_plan(self, type_: Any, details: list[Any]) -> Plan | None:
        item = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if not isinstance(item, GraphQLObjectType) or not settings.COMPILE_COMPLETION:
            return None
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return None
        return _plans.find(self, item, details)


def _call_weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """Call the method without keeping its object alive; the caller must keep it alive."""
    reference = WeakMethod(method)

    def call(*arguments: Any) -> Any:
        found = reference()
        if found is None:
            raise RuntimeError("The execution is over.")
        return found(*arguments)

    return call


class _Compiler:
    """Writes one Python function for each object of a selection.

    The names in it are attributes of our own types; what a client wrote (aliases) appears only as quoted constants.
    """

    def __init__(self, executor: CompilingExecutor) -> None:
        self.executor = executor
        self.names: dict[str, Any] = {"Unusual": Unusual, "datetime": datetime, "unusual": _raise_unusual}
        self.source: list[str] = []

    def compile(self, type_: GraphQLObjectType, details: list[Any]) -> Plan:
        fragments = self.executor.fragment_definitions
        if not all(_is_plain(detail.node, fragments) for detail in details):
            raise NotPlain
        name = self._object(type_, details)
        exec("\n".join(self.source), self.names)  # noqa: S102 - written here, from the schema's names  # nosec B102
        plan: Plan = self.names[name]
        return plan

    def _add(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def _object(self, type_: GraphQLObjectType, details: list[Any]) -> str:
        fields, deferred, forbidden = self.executor.collect_subfields(type_, details)
        if deferred or forbidden or not fields:
            raise NotPlain
        lines, items = self._check_type(type_), []
        for place, (key, of_field) in enumerate(fields.items()):
            name = of_field[0].node.name.value
            if name == "__typename":
                items.append(f"{key!r}: {type_.name!r}")
                continue
            attribute, output = _plain_field(type_, name)
            lines.append(f"    v{place} = o.{attribute}")
            items.append(f"{key!r}: {self._value(output, of_field, f'v{place}')}")
        function = self._add("complete", None)
        self.source += [f"def {function}(o):", *lines, "    return {" + ", ".join(items) + "}"]
        return function

    def _check_type(self, type_: GraphQLObjectType) -> list[str]:
        """Check the exact class only for types with interfaces, as graphql-core does."""
        if type_.is_type_of is None:
            return []
        origin = self._add("origin", type_.extensions["strawberry-definition"].origin)
        return [f"    if type(o) is not {origin}:", "        raise Unusual"]

    def _value(self, type_: Any, details: list[Any], value: str) -> str:
        if isinstance(type_, GraphQLNonNull):
            return f"({self._some(type_.of_type, details, value)} if {value} is not None else unusual())"
        return f"(None if {value} is None else {self._some(type_, details, value)})"

    def _some(self, type_: Any, details: list[Any], value: str) -> str:
        """The source code that completes a value other than None."""
        if isinstance(type_, GraphQLList):
            item = self._value(type_.of_type, details, "item")
            return f"([{item} for item in {value}] if type({value}) is list else unusual())"
        if isinstance(type_, GraphQLObjectType):
            return f"{self._object(type_, details)}({value})"
        if not is_leaf_type(type_):
            raise NotPlain
        return self._leaf(type_, value)

    def _leaf(self, type_: GraphQLLeafType, value: str) -> str:
        coerce = self._add("coerce", _coercion(type_))
        if type_.name == "Int":
            return f"({value} if type({value}) is int and -{SAFE_INT} <= {value} < {SAFE_INT} else {coerce}({value}))"
        if type_.name in NATIVE and type_.name != "Float":  # a float may be infinite
            return f"({value} if type({value}) is {NATIVE[type_.name].__name__} else {coerce}({value}))"
        return f"{coerce}({value})"


def _raise_unusual() -> None:
    raise Unusual


def _coercion(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    """Completes a leaf as graphql-core does: None and awaitables are left to graphql-core."""
    coerce_output_value = type_.coerce_output_value

    def coerce(value: Any) -> Any:
        coerced = coerce_output_value(value)
        if coerced is None or coerced is Undefined or hasattr(value, "__await__"):
            raise Unusual
        return coerced

    return coerce


def _plain_field(type_: GraphQLObjectType, name: str) -> tuple[str, Any]:
    """The attribute behind a field, and its type."""
    field = type_.fields[name]
    declared = field.extensions.get("strawberry-definition")
    if declared is None or field.args or not declared.is_basic_field or field.resolve is None:
        raise NotPlain
    if not getattr(field.resolve, "_is_default", False) or not declared.python_name.isidentifier():
        raise NotPlain
    return declared.python_name, field.type


def _is_plain(node: FieldNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether the field and everything below it is free of directives. Each fragment is visited only once."""
    waiting: list[Any] = [node.selection_set]
    seen: set[str] = set()
    while waiting:
        selections = waiting.pop()
        for selection in selections.selections if selections else ():
            if selection.directives:
                return False
            if not isinstance(selection, FragmentSpreadNode):
                waiting.append(selection.selection_set)
            elif (name := selection.name.value) not in seen:
                seen.add(name)
                if name not in fragments or fragments[name].directives:
                    return False
                waiting.append(fragments[name].selection_set)
    return not node.directives
