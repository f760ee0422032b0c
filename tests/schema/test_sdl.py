"""The printed schema: committed as printed, fully described, with rules shown beside the fields they guard."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    parse,
    validate,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

import settings
from resolvers import schema
from schema.access_rules import Rule, ServiceHours
from schema.enums import ENUMS
from tests.support.client import DOCUMENTS
from tests.support.contract import BUILT

SDL = (Path(settings.__file__).parent / "schema" / "schema.graphql").read_text()
OPEN_ONLY_IN_SERVICE_HOURS = {
    "signUp",
    "holdSlot",
    "bookVisit",
    "rescheduleVisit",
    "cancelVisit",
    "cancelLinkedVisit",
    "joinWaitingList",
    "acceptOffer",
}


def definition_of(name: str) -> StrawberryObjectDefinition:
    found = schema.get_type_by_name(name)
    assert isinstance(found, StrawberryObjectDefinition)
    return found


def public_name(field: StrawberryField) -> str:
    return schema.config.name_converter.get_graphql_name(field)


def root_fields() -> list[StrawberryField]:
    return [*definition_of("Query").fields, *definition_of("Mutation").fields]


def test_the_committed_schema_is_what_the_code_prints() -> None:
    assert f"{schema}\n" == SDL, "run `make schema`"


def test_every_field_says_what_it_is() -> None:
    kinds = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)
    silent = [
        f"{type_.name}.{name}"
        for type_ in BUILT.type_map.values()
        if isinstance(type_, kinds) and not is_introspection_type(type_)
        for name, field in type_.fields.items()
        if not field.description
    ]
    assert silent == []


def test_every_argument_says_what_it_is() -> None:
    silent = [
        f"{type_.name}.{name}({argument_name})"
        for type_ in BUILT.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
        for name, field in type_.fields.items()
        for argument_name, argument in field.args.items()
        if not (argument.description or argument_name in ("input", "filter"))  # the type is described
    ]
    assert silent == []


@pytest.mark.parametrize("name", [public.name for public in ENUMS])
def test_every_value_of_a_models_enum_says_what_it_is(name: str) -> None:
    enum = BUILT.type_map[name]
    assert isinstance(enum, GraphQLEnumType)
    assert [value for value, definition in enum.values.items() if not definition.description] == []


# These contain only a password, which the resolver checks itself.
PASSWORD_ONLY = {"BeginSecondFactorInput", "CloseAccountInput"}
INPUTS = {name for name, type_ in BUILT.type_map.items() if isinstance(type_, GraphQLInputObjectType)}


@pytest.mark.parametrize("name", sorted(INPUTS - PASSWORD_ONLY))
def test_an_input_becomes_arguments_by_one_method(name: str) -> None:
    definition = definition_of(name)
    members = {member for member in vars(definition.origin) if not member.startswith("_")}
    assert members - {field.python_name for field in definition.fields} == {"to_model"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_of_clients_fit_the_schema(name: str) -> None:
    assert validate(BUILT, parse(DOCUMENTS[name])) == []


@pytest.mark.parametrize("field", root_fields(), ids=public_name)
def test_every_root_field_decides_who_may_call_it(field: StrawberryField) -> None:
    deciding = [rule for rule in field.extensions if isinstance(rule, Rule) and not isinstance(rule, ServiceHours)]
    assert len(deciding) == 1


def test_service_hours_are_printed_beside_the_fields_they_close() -> None:
    fields = [*parse_fields("Query"), *parse_fields("Mutation")]
    assert {name for name, directives in fields if "serviceHours" in directives} == OPEN_ONLY_IN_SERVICE_HOURS


def test_service_hours_are_enforced_where_they_are_printed() -> None:
    enforced = {
        public_name(field)
        for field in root_fields()
        if any(isinstance(rule, ServiceHours) for rule in field.extensions)
    }
    assert enforced == OPEN_ONLY_IN_SERVICE_HOURS


def parse_fields(type_name: str) -> list[tuple[str, set[str]]]:
    node = BUILT.type_map[type_name].ast_node
    assert node is not None
    return [
        (field.name.value, {directive.name.value for directive in field.directives or ()})
        for field in getattr(node, "fields", ())
    ]


ON_SHEET = {"state", "visit", "heldUntil", "offer", "absence", "blockReason"}  # for reception alone


# Lists of these types are long, and a resolver would cost time for every row (docs/decisions).
@pytest.mark.parametrize(
    ("type_name", "with_resolver"),
    [
        ("Slot", ON_SHEET),
        ("Clinic", {"doctors", "nextFreeSlot"}),
        ("Doctor", {"clinics", "nextFreeSlot"}),
        ("BookingRules", set()),
        ("PageInfo", set()),
        ("FreeDay", set()),
    ],
)
def test_items_of_long_lists_have_no_unlisted_resolvers(type_name: str, with_resolver: set[str]) -> None:
    fields = definition_of(type_name).fields
    assert {public_name(field) for field in fields if not field.is_basic_field} == with_resolver
    assert {public_name(field) for field in fields if field.extensions} <= ON_SHEET
