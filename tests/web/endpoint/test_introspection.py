"""Only signed-in staff can list the types; others learn at most that a type whose name they know exists."""

import pytest
from graphql import get_introspection_query

from models.accounts.account import Role
from models.accounts.session import Session
from tests import cast
from tests.web.endpoint.conftest import Client

ATTACKS = [
    get_introspection_query(),
    "{ __schema { __typename } }",
    "{ a: __schema { types { name } } }",
    "{ ...F } fragment F on Query { __schema { types { name } } }",
    "{ ... { ... on Query { b: __schema { queryType { name } } } } }",
    '{ __type(name: "Visit") { fields { name } } }',
    '{ __type(name: "Visit") { ...T } } fragment T on __Type { fields { name } }',
    '{ __type(name: "Visit") { name ... on __Type { ... { interfaces { name } } } } }',
    '{ x: __type(name: "Role") { enumValues { name } } }',
    "{ serviceHours { isOpen } ...F } fragment F on Query { ...G } fragment G on Query { __schema { types { name } } }",
    "{ serviceHours { isOpen } __schema @include(if: true) { types { name } } }",
    "mutation { __schema { types { name } } }",
]


@pytest.mark.parametrize("query", ATTACKS)
async def test_callers_other_than_staff_get_no_introspection(client: Client, query: str) -> None:
    partner = await cast.colleague("lab@partner.example", "Lab", Role.PARTNER)
    for by in (None, await cast.anna(), partner):
        answer = await client.ask(query, by=by)
        assert {error["extensions"]["code"] for error in answer["errors"]} <= {"FORBIDDEN", "GRAPHQL_VALIDATION_FAILED"}
        assert not answer.get("data")


@pytest.mark.parametrize("name", ["", "B", "A", None])
async def test_naming_another_operation_gives_no_introspection(client: Client, name: str | None) -> None:
    query = "query A { __schema { types { name } } } query C { serviceHours { isOpen } }"
    answer = await client.ask(query, operationName=name)
    assert "types" not in str(answer.get("data"))
    assert answer["errors"]


@pytest.mark.parametrize("name", ["", None])
async def test_an_empty_operation_name_gives_no_introspection(client: Client, name: str | None) -> None:
    answer = await client.ask("{ __schema { types { name } } }", operationName=name)
    assert not answer.get("data")


async def test_signed_in_staff_may_introspect(client: Client) -> None:
    answer = await client.ask(get_introspection_query(), by=await cast.rita())
    assert answer["data"]["__schema"]["types"]


async def test_a_one_time_password_of_staff_gives_no_introspection(client: Client) -> None:
    _session, token = await Session.open_for(await cast.rita(), one_time_hash="x")
    headers = {"authorization": f"Bearer {token}"}
    assert await client.codes(get_introspection_query(), headers=headers) == ["FORBIDDEN"]


async def test_an_unknown_field_gets_no_suggestions(client: Client) -> None:
    answer = await client.ask("{ clinicz { nodes { nam } } }")
    assert "Did you mean" not in str(answer)
