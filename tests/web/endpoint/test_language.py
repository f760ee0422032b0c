"""Errors in the request itself are also reported in the caller's language."""

import pytest

from tests.schema.test_polish import ENGLISH, without_code
from tests.web.endpoint.conftest import Client


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b'{"query": 1}', "application/json"),
        (b'{"query": "{ clinics { nodes { id } } }", "variables": 1}', "application/json"),
        (b'{"query": "{ clinics { nodes { id } } }", "operationName": "B"}', "application/json"),
        (b'{"query": "{ clinics { nodes { id } } }", "extensions": {"persistedQuery": 1}}', "application/json"),
        (b"query=1", "text/plain"),
        (b"x" * 2_000_000, "application/json"),
    ],
    ids=["no JSON", "a list", "no query", "query", "variables", "operation", "persisted", "media type", "too long"],
)
async def test_an_invalid_request_is_explained_in_polish(content: bytes, content_type: str, client: Client) -> None:
    english, polish = [
        (await client.send(content, content_type=content_type, accept_language=language)).json()["errors"][0]["message"]
        for language in ("en", "pl")
    ]
    assert ENGLISH.search(english)
    assert not ENGLISH.search(without_code(polish))
    assert "jest niepoprawne" not in polish, "this one has words of its own"
