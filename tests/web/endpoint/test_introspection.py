"""The list of types is for staff at work; nobody else gets more than that a type exists whose name they know."""

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
async def test_nobody_else_gets_around_it(client: Client, query: str) -> None:
    partner = await cast.colleague("lab@partner.example", "Lab", Role.PARTNER)
    for by in (None, await cast.anna(), partner):
        answer = await client.ask(query, by=by)
        assert {error["extensions"]["code"] for error in answer["errors"]} <= {"FORBIDDEN", "GRAPHQL_VALIDATION_FAILED"}
        assert not answer.get("data")


@pytest.mark.parametrize("name", ["", "B", "A", None])
async def test_nor_by_naming_another_operation(client: Client, name: str | None) -> None:
    query = "query A { __schema { types { name } } } query C { serviceHours { isOpen } }"
    answer = await client.ask(query, operationName=name)
    assert "types" not in str(answer.get("data"))
    assert answer["errors"]


@pytest.mark.parametrize("name", ["", None])
async def test_nor_by_an_empty_name(client: Client, name: str | None) -> None:
    answer = await client.ask("{ __schema { types { name } } }", operationName=name)
    assert not answer.get("data")


async def test_staff_at_work_see_it(client: Client) -> None:
    answer = await client.ask(get_introspection_query(), by=await cast.rita())
    assert answer["data"]["__schema"]["types"]


async def test_a_one_time_password_of_staff_opens_it_not(client: Client) -> None:
    _session, token = await Session.open_for(await cast.rita(), one_time_hash="x")
    headers = {"authorization": f"Bearer {token}"}
    assert await client.codes(get_introspection_query(), headers=headers) == ["FORBIDDEN"]


async def test_what_is_no_field_is_not_guessed_at(client: Client) -> None:
    answer = await client.ask("{ clinicz { nodes { nam } } }")
    assert "Did you mean" not in str(answer)
