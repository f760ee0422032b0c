"""Documents named by their hash or id; in trusted-documents mode, patients and strangers may use no others."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import server
import settings
from schema.execution import trusted_documents
from tests import cast
from tests.web.endpoint.conftest import Client
from web.endpoint import persisted

HOURS = "{ serviceHours { isOpen } }"
REGISTERED = "query Names { clinics { nodes { name } } }"


def named(text: str, version: int = 1) -> dict[str, Any]:
    hash_ = hashlib.sha256(text.encode()).hexdigest()
    return {"persistedQuery": {"version": version, "sha256Hash": hash_}}


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    server.graphql.persisted.forget_all()


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"names": REGISTERED}))
    monkeypatch.setattr(settings, "TRUSTED_DOCUMENTS", str(path))


async def post(client: Client, **body: Any) -> Any:
    return (await client.send(json.dumps(body).encode())).json()


async def test_a_document_is_sent_once_and_named_by_its_hash_from_then_on(client: Client) -> None:
    unknown = await post(client, extensions=named(HOURS))
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    assert unknown["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    whole = await post(client, query=HOURS, extensions=named(HOURS))
    assert whole["data"] == (await post(client, extensions=named(HOURS)))["data"]


async def test_nobody_puts_another_document_under_a_hash(client: Client) -> None:
    response = await client.send(json.dumps({"query": "{ me { login } }", "extensions": named(HOURS)}).encode())
    assert response.status_code == 400
    assert "data" not in await post(client, extensions=named(HOURS))


@pytest.mark.parametrize(
    "told", [1, "x", [], {}, {"version": 2, "sha256Hash": "x"}, {"version": 1}, {"version": 1, "sha256Hash": 5}]
)
async def test_a_malformed_name_is_bad_input(client: Client, told: Any) -> None:
    response = await client.send(json.dumps({"query": HOURS, "extensions": {"persistedQuery": told}}).encode())
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_number_of_remembered_documents_is_limited_and_the_oldest_is_dropped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persisted, "MAX_DOCUMENTS", 3)
    texts = [f"{HOURS} # {n}" for n in range(5)]
    for text in [*texts, f"{HOURS} # {'x' * persisted.MAX_DOCUMENT_LENGTH}"]:
        assert "data" in await post(client, query=text, extensions=named(text))
    known = [text for text in texts if "data" in await post(client, extensions=named(text))]
    assert known == texts[2:]


async def test_a_persisted_document_is_limited_and_guarded_like_any_other(client: Client) -> None:
    for text, code in (
        ("{" + " ".join(f"a{n}: __typename" for n in range(16)) + "}", "QUERY_TOO_COMPLEX"),
        ("{ __schema { types { name } } }", "FORBIDDEN"),
        ("mutation { exportMyData }", "UNAUTHENTICATED"),
    ):
        for body in ({"query": text, "extensions": named(text)}, {"extensions": named(text)}):
            answer = await post(client, **body)
            assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


@pytest.mark.usefixtures("register")
async def test_patients_and_strangers_may_use_registered_documents_only(client: Client) -> None:
    anna = await cast.anna()
    for by in (None, anna):
        assert (await client.ask(f"  {REGISTERED}\n", by=by))["data"] == {"clinics": {"nodes": []}}
        assert await client.codes(HOURS, by=by) == ["FORBIDDEN"]
        assert await client.codes(REGISTERED + " # other", by=by) == ["FORBIDDEN"]


@pytest.mark.usefixtures("register")
async def test_a_registered_document_is_found_by_its_id_or_hash(client: Client) -> None:
    assert (await post(client, documentId="names"))["data"] == {"clinics": {"nodes": []}}
    assert "errors" in await post(client, documentId="other")
    assert "errors" in await post(client, extensions=named(REGISTERED))  # here the document's id is not its hash
    assert "data" in await post(client, query=REGISTERED, extensions=named(REGISTERED))


@pytest.mark.usefixtures("register")
async def test_an_unregistered_document_is_not_remembered_either(client: Client) -> None:
    assert await client.codes(HOURS, extensions=named(HOURS)) == ["FORBIDDEN"]
    answer = await post(client, extensions=named(HOURS))
    assert answer["errors"][0]["message"] == "PersistedQueryNotFound"


@pytest.mark.usefixtures("register")
async def test_staff_and_partners_ask_as_they_like(client: Client) -> None:
    rita = await cast.rita()
    assert "data" in await client.ask(HOURS, by=rita)


@pytest.mark.parametrize("text", [None, "", "[]", '{"a": 1}', "{"])
def test_a_register_that_cannot_be_used_stops_the_start(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(settings, "TRUSTED_DOCUMENTS", str(path))
    with pytest.raises(trusted_documents.BadRegister, match="TRUSTED_DOCUMENTS"):
        trusted_documents.load()
