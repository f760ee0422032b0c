"""The cost of one document is limited, and refusing it takes no longer than answering it."""

from typing import Any

import pytest
from graphql import specified_directives

import settings
from infra import database
from resolvers import schema
from schema.execution import limits
from schema.execution.query_cost import CostVisitor, Measure
from tests import cast
from tests.web.endpoint.conftest import GRAPHQL_JSON, Client

TOO_COMPLEX = ["QUERY_TOO_COMPLEX"]


def doubling(levels: int, *, nested: bool) -> str:
    """Fragments each of which spreads the next one twice: 2 ** levels selections in a few hundred bytes."""
    parent, start = ("Clinic", "{ clinics { nodes { ...F0 } } }") if nested else ("Query", "{ ...F0 }")
    twice = "a: doctors {{ nodes {{ clinics {{ {0} }} }} }} b: doctors {{ nodes {{ clinics {{ {0} }} }} }}"
    inner = twice if nested else "{0} {0}"
    chain = [f"fragment F{n} on {parent} {{ {inner.format(f'...F{n + 1}')} }}" for n in range(levels)]
    return " ".join([start, *chain, f"fragment F{levels} on {parent} {{ a: __typename }}"])


@pytest.mark.parametrize("nested", [True, False])
async def test_of_twenty_doubling_fragments_each_is_measured_once(
    client: Client, nested: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """benchmarks/caches.py checks that the answer takes at most 50 ms."""
    looked: list[Any] = []
    really = CostVisitor._selections

    def counting(self: CostVisitor, selections: Any, parent: Any) -> Measure:
        looked.append(selections)
        return really(self, selections, parent)

    monkeypatch.setattr(CostVisitor, "_selections", counting)
    answer = await client.ask(doubling(20, nested=nested))
    assert 20 < len(looked) < 250
    assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert "data" not in answer


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("{a" * 11 + "}" * 11, "levels deep"),
        ("{a" * 60 + "}" * 60, "levels deep"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(16)) + "}", "aliases"),
        ("{" + " ".join("serviceHours { isOpen }" for _ in range(11)) + "}", "root fields"),
        ("{ __typename " + "@include(if: true) " * 51 + "}", "directives"),
        ("{ clinics { nodes { " + "id " * 900 + "} } }", "repeated"),
        ("{ clinics { nodes { " + "... { id } " * 200 + "} } }", "repeated"),
        ("{ ...F } fragment F on Query { clinics { nodes { " + "... on Clinic { name } " * 100 + "} } }", "repeated"),
        ("mutation { logOut b: logOut }", "mutation"),
        ("mutation { ...F ...F } fragment F on Mutation { logOut }", "mutation"),
        ("{ clinics(first: 100) { nodes { doctors(first: 100) { nodes { id } } } } }", "a cost of 5000"),
        ("fragment R on Doctor { clinics { doctors { nodes { ...R } } } } { doctors { nodes { ...R } } }", "a cost"),
    ],
)
async def test_a_document_that_asks_for_too_much_is_refused(client: Client, query: str, what: str) -> None:
    answer = await client.ask(query)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert what in error["message"]
    assert "data" not in answer


@pytest.mark.parametrize(
    "query",
    [
        "{" + "__typename " * 1000 + "}",
        "{a" * 480 + "}" * 480,
        "query Q($a: " + "[" * 400 + "Int" + "]" * 400 + ") { a }",
    ],
)
async def test_a_document_too_long_to_be_read_is_refused(client: Client, query: str) -> None:
    assert await client.codes(query) == TOO_COMPLEX


async def test_nothing_of_a_refused_document_is_carried_out(client: Client) -> None:
    anna = await cast.anna()
    assert await client.codes("mutation { logOut b: logOut }", by=anna) == TOO_COMPLEX
    found = await database.fetch("SELECT count(*) AS open FROM session WHERE ended_at IS NULL")
    assert found[0]["open"] == 1


async def test_the_cost_counts_rows_asked_for_and_is_reported(client: Client) -> None:
    answer = await client.ask("{ clinics(first: 7) { nodes { id name rules { daysAhead } } } }")
    assert answer["extensions"]["cost"] == {"requested": 1 + 7 * (1 + 1), "limit": settings.QUERY_COST}


@pytest.mark.parametrize(("first", "cost"), [(3, 1 + 3), (100, 1 + 100)])
async def test_a_page_size_in_a_variable_counts_by_its_value(client: Client, first: int, cost: int) -> None:
    query = "query Q($first: Int! = 9) { clinics(first: $first) { nodes { id } } }"
    assert (await client.ask(query, variables={"first": first}))["extensions"]["cost"]["requested"] == cost
    assert (await client.ask(query))["extensions"]["cost"]["requested"] == 1 + 9


@pytest.mark.parametrize(
    ("declared", "variables", "rows"),
    [
        ("Int!", '{"first": 100.0}', 100),  # GraphQL accepts 100.0 as an Int
        ("Int!", '{"first": 1e2}', 100),
        ("Int! = 100", "{}", 100),
        ("Int! = 100", '{"first": 3.0}', 3),
        ("Int = 100", "{}", 100),
    ],
)
async def test_the_cost_is_calculated_from_the_value_actually_used(
    client: Client, declared: str, variables: str, rows: int
) -> None:
    query = f"query Q($first: {declared}) {{ clinics(first: $first) {{ nodes {{ id }} }} }}"
    body = f'{{"query": "{query}", "variables": {variables}}}'
    response = await client.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    answer = response.json()
    assert "errors" not in answer
    assert answer["extensions"]["cost"]["requested"] == 1 + rows


async def test_a_page_size_written_otherwise_cannot_go_around_the_limit(client: Client) -> None:
    query = """query Q($first: Int! = 100, $more: Int!) {
        clinics(first: $first) { nodes { doctors(first: $more) { nodes { id } } } } }"""
    for variables in ({"more": 100.0}, {"first": 100.0, "more": 100.0}):
        assert await client.codes(query, variables=variables) == TOO_COMPLEX


async def test_a_page_size_in_a_variable_cannot_go_around_the_limit(client: Client) -> None:
    query = """query Q($first: Int! = 1) {
        clinics(first: $first) { nodes { doctors(first: $first) { nodes { id } } } } }"""
    assert await client.codes(query, variables={"first": 1}) == []
    answer = await client.ask(query, variables={"first": 100})
    assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert answer["errors"][0]["extensions"]["cost"]["requested"] > settings.QUERY_COST


async def test_a_fragment_on_a_page_costs_what_its_page_has(client: Client) -> None:
    plain = "{ clinics(first: 20) { nodes { id rules { daysAhead } } edges { node { id } } } }"
    spread = """{ clinics(first: 20) { ...P } }
        fragment P on ClinicConnection { nodes { ...C } edges { node { ...C } } } fragment C on Clinic { id }"""
    costs = [(await client.ask(query))["extensions"]["cost"]["requested"] for query in (plain, spread)]
    assert costs == [1 + 20 * 2 + 20 * 2, 1 + 20 + 20 * 2]


@pytest.mark.parametrize("first", [None, "100", True, 1.5, [1], 10**30])
async def test_a_page_size_of_another_kind_is_bad_input(client: Client, first: Any) -> None:
    query = "query Q($first: Int!) { clinics(first: $first) { nodes { id } } }"
    assert await client.codes(query, variables={"first": first}) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "document", ["{ ...F } fragment F on Query { ...F }", "{ ...Nothing }", "{ clinics { ...F } }"]
)
async def test_a_broken_document_is_reported_by_the_other_rules(client: Client, document: str) -> None:
    assert set(await client.codes(document)) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_with_the_new_media_type_a_refused_document_has_status_400(client: Client) -> None:
    response = await client.http.post(
        "/graphql", json={"query": "{a" * 60 + "}" * 60}, headers={"accept": GRAPHQL_JSON}
    )
    assert response.status_code == 400


def fields() -> list[tuple[str, Any]]:
    types = [type_ for name, type_ in schema._schema.type_map.items() if not name.startswith("__")]
    return [(f"{type_.name}.{name}", field) for type_ in types for name, field in getattr(type_, "fields", {}).items()]


def test_every_field_with_pages_declares_its_size_beside_it() -> None:
    """To fix this for a new list in the schema: `directives=[PAGED]`, see schema/execution/limits.py."""
    paged = {name: field for name, field in fields() if "first" in getattr(field, "args", {})}
    assert paged
    undeclared = [
        name
        for name, field in paged.items()
        if limits.PAGED not in field.extensions["strawberry-definition"].directives
    ]
    assert undeclared == []


def test_the_rules_are_made_once_so_that_the_cache_of_validations_hits(client: Client) -> None:
    made = [extension for extension in schema.get_extensions() if hasattr(extension, "validation_rules")]
    again = [extension for extension in schema.get_extensions() if hasattr(extension, "validation_rules")]
    assert [one.validation_rules for one in made] == [one.validation_rules for one in again] == [limits_rules()]


def limits_rules() -> list[Any]:
    return [limits.LimitsRule]


async def test_a_document_asked_again_is_neither_parsed_nor_validated_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "{ clinics(first: 3) { nodes { id name phone } } }"
    await client.ask(query)
    measured: list[object] = []
    monkeypatch.setattr(limits, "check", lambda *_, **__: measured.append(1))
    await client.ask(query)
    assert measured == []


def test_no_directive_of_an_operation_makes_every_field_wait() -> None:
    """If an operation has a custom directive, Strawberry resolves every field by a coroutine."""
    ours = {directive.name for directive in schema._schema.directives} - {known.name for known in specified_directives}
    executed = {"QUERY", "FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "FRAGMENT_DEFINITION"}
    places = {place.name for found in schema._schema.directives if found.name in ours for place in found.locations}
    assert places & executed == set()


@pytest.mark.parametrize(
    "flaws",
    [
        "{ me { " + " ".join(f"login{n}" for n in range(300)) + " } }",
        "{ freeSlots(filter: {" + " ".join(f"clinicI{n}: 1" for n in range(300)) + "}) { nodes { id } } }",
        "query (" + " ".join(f"$a{n}: FreeSlotsFilte" for n in range(150)) + ") { me { login } }",
    ],
    ids=["fields", "inputs", "types"],
)
async def test_only_the_first_flaws_of_a_document_are_searched_for_and_reported(client: Client, flaws: str) -> None:
    """Each "Did you mean" takes milliseconds, so a hundred of them would delay everybody else."""
    errors = (await client.ask(flaws))["errors"]
    assert len(errors) == limits.FLAWS + 1
    assert errors[-1]["message"].startswith("Too many flaws")
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("literal", ["9" * 5000, "1." + "9" * 5000, "A" * 5000], ids=["Int", "Float", "enum"])
async def test_an_answer_repeats_little_of_a_wrong_literal_and_nothing_of_python(client: Client, literal: str) -> None:
    [error] = (await client.ask(f"{{ clinics(first: {literal}) {{ nodes {{ id }} }} }}"))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert len(error["message"]) <= limits.FLAW_LENGTH + len(" ...")
    assert "set_int_max_str_digits" not in error["message"]
