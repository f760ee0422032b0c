"""Media types: the client's preference decides the type of the answer and the meaning of its status."""

from typing import Any

import pytest

import settings
from web.endpoint.media_types import choose_json, prefers_stream

JSON, GRAPHQL_JSON, STREAM = "application/json", "application/graphql-response+json", "text/event-stream"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/plain", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        ("Application/GraphQL-Response+JSON", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.8, {JSON};q=0.9", JSON),
        (f"{GRAPHQL_JSON} ; Q=0.9 , {JSON} ; Q=0.8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0", JSON),
        (f"{GRAPHQL_JSON};q=0, {JSON};q=0", JSON),
        (f"{GRAPHQL_JSON};q=often", GRAPHQL_JSON),
        (f"x{GRAPHQL_JSON}", JSON),
    ],
)
def test_the_new_type_is_for_clients_that_name_it_and_do_not_prefer_the_old(accept: str, chosen: str) -> None:
    assert choose_json(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "is_stream"),
    [
        (STREAM, True),
        ("TEXT/Event-Stream", True),
        (f"{STREAM};q=0", False),
        (f"{STREAM}, {JSON}", True),
        (f"{JSON}, {STREAM}", False),
        (f"{JSON};q=0.5, {STREAM}", True),
        (f"{STREAM};q=0.5, {JSON}", False),
        (f"{STREAM};q=0.5, */*", True),
    ],
)
def test_a_stream_is_for_whoever_prefers_it_to_json(accept: str, is_stream: bool) -> None:
    assert prefers_stream(accept) is is_stream


ME = "{ me { login } }"
REQUEST_ERRORS: dict[str, dict[str, Any]] = {
    "syntax": {"query": "{"},
    "unknown field": {"query": "{ nothing }"},
    "only a fragment": {"query": "fragment F on Query { me { login } }"},
    "unknown operation": {"query": ME, "operationName": "X"},
    "no name for one of two": {"query": f"query A {ME} query B {ME}"},
    "variables that do not fit": {"query": "query ($n: Int!) { clinics(first: $n) { nodes { id } } }"},
    "subscription": {"query": "subscription { myChanges { at } }"},
}


@pytest.mark.parametrize("sent", REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
async def test_a_request_error_is_400_without_data_with_the_new_type_and_200_with_the_old(
    sent: dict[str, Any], client: Any
) -> None:
    for accept, status in ((JSON, 200), (GRAPHQL_JSON, 400), (GRAPHQL_JSON.upper(), 400), ("*/*", 200)):
        response = await client.http.post("/graphql", json=sent, headers={"accept": accept})
        assert (response.status_code, "data" in response.json()) == (status, False)
        assert response.json()["errors"][0]["extensions"]["code"] in {
            "GRAPHQL_PARSE_FAILED",
            "GRAPHQL_VALIDATION_FAILED",
            "BAD_USER_INPUT",
        }


async def test_an_error_of_a_field_is_200_with_data_with_either_type(client: Any) -> None:
    for accept in (JSON, GRAPHQL_JSON):
        body = {"query": '{ me { login } node(id: "x") { id } }'}
        response = await client.http.post("/graphql", json=body, headers={"accept": accept})
        assert (response.status_code, response.json()["data"]) == (200, {"me": None, "node": None})


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_an_invalid_request_has_a_fitting_status_with_either_type(accept: str, client: Any) -> None:
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * (settings.BODY_LIMIT_BYTES + 1), "application/json", 413),
    ):
        response = await client.send(content, content_type=kind, accept=accept)
        assert response.status_code == status
        assert response.headers["content-type"].startswith(accept)


async def test_the_type_of_a_body_is_compared_without_regard_to_case(client: Any) -> None:
    response = await client.send(b'{"query": "{ me { login } }"}', content_type="Application/JSON; Charset=UTF-8")
    assert response.json()["data"] == {"me": None}
