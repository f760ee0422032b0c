"""Trusted documents: if a register is set, patients and strangers may use only trusted documents; staff may use any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import settings
from schema.execution import trusted_documents
from tests import cast
from tests.support.client import Client, client_of

LISTED = "query Known { clinics { nodes { name } } }"
OTHER = "query Unknown { clinics { nodes { id } } }"


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "register.json"
    path.write_text(json.dumps({"known": LISTED}))
    monkeypatch.setattr(settings, "TRUSTED_DOCUMENTS", str(path))
    yield path
    trusted_documents._register.cache_clear()


async def codes(client: Client, text: str) -> list[str]:
    return [error["extensions"]["code"] for error in (await client.send(text)).get("errors", [])]


async def test_strangers_and_patients_may_use_only_what_is_registered(register: Path) -> None:
    for client in (Client(), await client_of(await cast.anna())):
        assert await codes(client, LISTED) == []
        assert await codes(client, f"\n{LISTED}\n") == []
        for text in (OTHER, LISTED + " # and more", LISTED.replace("name", "name id"), "{ __typename }"):
            assert await codes(client, text) == ["FORBIDDEN"], text
        assert await codes(client, "{ clinics") == ["GRAPHQL_PARSE_FAILED"]


async def test_staff_may_use_what_they_like(register: Path) -> None:
    for account in (await cast.rita(), await cast.adam()):
        assert await codes(await client_of(account), OTHER) == []


async def test_what_our_own_pages_send_is_always_registered(register: Path) -> None:
    assert all(trusted_documents.is_registered(text) for text in trusted_documents.own())
    assert len(trusted_documents.own()) > 20


async def test_a_registered_document_can_be_named_by_its_id(register: Path) -> None:
    client = Client()
    answer = await client.http.post("/graphql", json={"documentId": "known"})
    assert answer.json()["data"] == {"clinics": {"nodes": []}}
    unknown = await client.http.post("/graphql", json={"documentId": "unknown"})
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "{"])
def test_a_register_that_cannot_be_read_is_reported_at_the_start(register: Path, text: str) -> None:
    register.write_text(text)
    with pytest.raises(trusted_documents.BadRegister, match="TRUSTED_DOCUMENTS"):
        trusted_documents.load()
