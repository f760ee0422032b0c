"""Every path in the schema that takes an id, with documents that select everything that the answer can contain."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
    print_ast,
)

from tests.support.contract import BUILT

Words = dict[str, Any]
Way = tuple[str, ...] | None
LEVELS = 4
VALUES: dict[str, Any] = {
    "Int": 1,
    "Boolean": True,
    "Date": "2026-11-24",
    "DateTime": "2026-11-24T10:00:00+01:00",
    "Time": "10:00",
}
ROOTS = {"query": BUILT.query_type, "mutation": BUILT.mutation_type, "subscription": BUILT.subscription_type}


class Path(NamedTuple):
    """Where an id is passed: in an argument of a root field or, if `node` is set, of a field of the type it names."""

    kind: str
    field: str
    position: tuple[str, ...]
    node: str = ""

    @property
    def name(self) -> str:
        return ".".join((self.node or self.kind, self.field, *self.position))


def root_fields() -> Iterator[tuple[str, str, GraphQLField]]:
    for kind, root in ROOTS.items():
        for name, field in (root.fields if root else {}).items():
            yield kind, name, field


def node_types() -> dict[str, GraphQLObjectType]:
    found = BUILT.get_possible_types(BUILT.type_map["Node"])  # type: ignore[arg-type]  # it is an interface
    return {type_.name: type_ for type_ in found}


def all_paths() -> list[Path]:
    found = [
        Path(kind, name, (argument, *rest))
        for kind, name, field in root_fields()
        for argument, told in field.args.items()
        for rest in _ids_within(told.type)
    ]
    for type_ in _others():
        for name, field in type_.fields.items():
            for argument, told in field.args.items():
                found += [Path("query", name, (argument, *rest), type_.name) for rest in _ids_within(told.type)]
    return found


def _others() -> list[GraphQLObjectType]:
    roots = {root.name for root in ROOTS.values() if root}
    return [
        type_
        for type_ in BUILT.type_map.values()
        if is_object_type(type_) and type_.name not in roots and not type_.name.startswith("__")
    ]


def _ids_within(type_: GraphQLInputType) -> Iterator[tuple[str, ...]]:
    named = get_named_type(type_)
    if named.name == "ID":
        yield ()
    if is_input_object_type(named):
        for name, field in named.fields.items():
            yield from ((name, *rest) for rest in _ids_within(field.type))


def value(name: str, type_: GraphQLInputType, words: Words, way: Way = None, target: Any = None) -> Any:
    """A plausible value for an argument or field, chosen by its name, with `target` at the end of `way`."""
    inner: Any = type_.of_type if is_non_null_type(type_) else type_
    if way == ():
        return [target] if is_list_type(inner) else target
    if is_list_type(inner):
        return [value(name.removesuffix("s"), inner.of_type, words)]
    if is_input_object_type(inner):
        first, *rest = way or ("",)
        return {
            key: value(key, field.type, words, tuple(rest) if key == first else None, target)
            for key, field in inner.fields.items()
            if is_required_input_field(field) or key == first
        }
    if name in words:
        return words[name]
    return next(iter(inner.values)) if isinstance(inner, GraphQLEnumType) else VALUES.get(inner.name, "x")


def document(
    path: Path, words: Words, target: str | None = None, *, for_staff: bool = False, role: str = ""
) -> tuple[str, dict[str, Any]]:
    """A document and its variables, with the target as the id at the path's position."""
    owner = BUILT.type_map[path.node] if path.node else ROOTS[path.kind]
    assert isinstance(owner, GraphQLObjectType)
    first, *rest = path.position or ("",)
    asked = {
        name: told
        for name, told in owner.fields[path.field].args.items()
        if is_required_argument(told) or name == first
    }
    variables = {
        name: value(name, told.type, words, tuple(rest) if name == first else None, target)
        for name, told in asked.items()
    }
    declared = {name: str(told.type) for name, told in asked.items()}
    passed = f"({', '.join(f'{name}: ${name}' for name in asked)})" if asked else ""
    text = f"{path.field}{passed} {selection(owner.fields[path.field].type, LEVELS, for_staff=for_staff, role=role)}"
    if path.node:
        declared, variables = {"node": "ID!", **declared}, {"node": words[path.node], **variables}
        text = f"node(id: $node) {{ ... on {path.node} {{ {text} }} }}"
    head = f"({', '.join(f'${name}: {type_}' for name, type_ in declared.items())})" if declared else ""
    return f"{path.kind}{head} {{ {text} }}", variables


def selection(type_: Any, levels: int, *, for_staff: bool = False, role: str = "") -> str:
    """All fields of the type and of the types nested in it, each under an alias of its own so that none conflict.

    Fields that the caller may not read are left out, because one refused field would cost the rest of the answer:
    fields for staff unless `for_staff`, and, if `role` is given, fields that are not declared for that role.
    """
    return _selection_of(get_named_type(type_), levels, for_staff, role)


@cache  # thousands of documents select the same few types
def _selection_of(named: Any, levels: int, for_staff: bool, role: str) -> str:
    if is_leaf_type(named):
        return ""
    if is_abstract_type(named):
        kinds = BUILT.get_possible_types(named)
        inner = (f"... on {kind.name} {selection(kind, levels, for_staff=for_staff, role=role)}" for kind in kinds)
        return f"{{ __typename {' '.join(inner)} }}"
    chosen = [
        f"{named.name}_{name}: {name} {selection(field.type, levels - 1, for_staff=for_staff, role=role)}"
        for name, field in named.fields.items()
        if (levels > 1 or is_leaf_type(get_named_type(field.type)))
        and not any(is_required_argument(told) for told in field.args.values())
        and (for_staff or not _is_for_staff(field))
        and role in _required(field)
    ]
    return f"{{ __typename {' '.join(chosen)} }}"


def _is_for_staff(field: GraphQLField) -> bool:
    return "PATIENT" not in _required(field)


def _required(field: GraphQLField) -> str:
    """The roles that the field is declared for; all roles if none is declared."""
    directives = (field.ast_node and field.ast_node.directives) or ()
    required = [print_ast(directive) for directive in directives if directive.name.value == "requires"]
    return required[0] if required else "PATIENT RECEPTIONIST"
