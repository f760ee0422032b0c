"""Whatever is sent, the answer is JSON with a code from the contract, nothing crashes, and no data change."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import orjson
import pytest

import settings
from infra import database, rate_counters
from infra.rate_counters import Counters
from tests import cast
from tests.cast import warsaw
from tests.support.client import DOCUMENTS, Client, id_of

QUERY = b'{"query": "{ me { login } }"}'
COUNT = "query($first: Int!) { clinics(first: $first) { nodes { id } } }"


def body(query: object, **more: object) -> bytes:
    return orjson.dumps({"query": query, **more})


def codes(response: httpx.Response) -> set[str]:
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["x-request-id"]
    return {error["extensions"]["code"] for error in response.json()["errors"]}


BODIES = {
    "nothing": b"",
    "a number": b"1",
    "a string": b'"x"',
    "null": b"null",
    "a list": b"[]",
    "a batch": b'[{"query": "{ me { login } }"}]',
    "true": b"true",
    "half an object": b"{",
    "an empty object": b"{}",
    "two objects": QUERY + QUERY,
    "a form": b"query=%7Bme%7Blogin%7D%7D",
    "HTML": b"<html></html>",
    "UTF-16": QUERY.decode().encode("utf-16"),
    "invalid UTF-8": b'{"query": "{ me { login } } \xff"}',
    "NUL bytes": b"\0" * 100,
    "no query": b'{"variables": {}}',
    "query null": body(None),
    "query empty": body(""),
    "query a number": body(1),
    "query a list": body([]),
    "variables a list": body("{ me { login } }", variables=[]),
    "variables a string": body("{ me { login } }", variables="x"),
    "extensions a number": body("{ me { login } }", extensions=3),
    "operationName a number": body("{ me { login } }", operationName=1),
    "operationName a list": body("{ me { login } }", operationName=[]),
    "NaN": b'{"query": "{ me { login } }", "variables": {"first": NaN}}',
    "Infinity": b'{"query": "{ me { login } }", "variables": {"first": -Infinity}}',
    "5,000 digits": b'{"query": "{ me { login } }", "variables": {"first": ' + b"9" * 5000 + b"}}",
    "1e400": b'{"query": "{ me { login } }", "variables": {"first": 1e400}}',
    "a lone surrogate": b'{"query": "{ me { login } } # \\ud800"}',
    "a lone surrogate as a name": b'{"query": "{ me { login } }", "variables": {"\\udfff": 1}}',
    "deep lists": b'{"query": ' + b"[" * 100_000,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "1 MB": b'{"query": "' + b"x" * 1_000_000 + b'"}',
    "1 MB of blanks": QUERY + b" " * 1_000_000,
}


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
async def test_a_body_that_is_not_a_request_is_refused(sent: bytes, nobody: Client) -> None:
    response = await nobody.post(sent)
    assert response.status_code == (413 if len(sent) > settings.BODY_LIMIT_BYTES else 400)
    assert codes(response) == {"BAD_USER_INPUT"}


async def test_a_body_that_comes_in_pieces_is_bounded_too(nobody: Client) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 10_000

    headers = {"content-type": "application/json"}
    response = await nobody.http.post("/graphql", content=pieces(), headers=headers)
    assert (response.status_code, codes(response)) == (413, {"BAD_USER_INPUT"})
    assert sent * 10_000 <= settings.BODY_LIMIT_BYTES + 20_000


async def test_a_body_of_exactly_the_limit_is_read(nobody: Client) -> None:
    assert (await nobody.post(QUERY.ljust(settings.BODY_LIMIT_BYTES))).json()["data"] == {"me": None}
    assert (await nobody.post(QUERY.ljust(settings.BODY_LIMIT_BYTES + 1))).status_code == 413


VALUES = ["1", 1.5, 1e300, True, None, [], {}, 2**31, -(2**31) - 1, 2**63, -0.5]


@pytest.mark.parametrize("value", VALUES, ids=map(str, VALUES))
async def test_an_invalid_number_is_refused(value: Any, nobody: Client) -> None:
    assert codes(await nobody.post(body(COUNT, variables={"first": value}))) == {"BAD_USER_INPUT"}


DOCUMENTS_WITH_FLAWS = {
    "no GraphQL": ("x", "GRAPHQL_PARSE_FAILED"),
    "NUL": ("\0", "GRAPHQL_PARSE_FAILED"),
    "only a comment": ("#", "GRAPHQL_PARSE_FAILED"),
    "open end": ("{ me { login }", "GRAPHQL_PARSE_FAILED"),
    "escaped surrogate": ('{ node(id: "\\uD800") { id } }', "GRAPHQL_PARSE_FAILED"),
    "deep selection": ("{ a " * 3000 + "}" * 3000, "QUERY_TOO_COMPLEX"),
    "deep list": ("{ node(id: " + "[" * 3000 + "]" * 3000 + ") { id } }", "QUERY_TOO_COMPLEX"),
    "deep type": ("query($a: " + "[" * 3000 + "Int" + "]" * 3000 + ") { me { login } }", "QUERY_TOO_COMPLEX"),
    "unknown field": ("{ mee { login } }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown argument": ("{ me(x: 1) { login } }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown variable": ("{ node(id: $x) { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "missing argument": ("{ node { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "subscription": ("subscription { x }", "GRAPHQL_VALIDATION_FAILED"),
    "fragment in itself": ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
    "5,000 digits": ("{ clinics(first: " + "9" * 5000 + ") { nodes { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "a long float": ("{ clinics(first: 1.5e" + "9" * 500 + ") { nodes { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "malformed literal": ('{ freeDays(clinicId: "x", from: "x", until: "x") { date } }', "GRAPHQL_VALIDATION_FAILED"),
    "which of two": ("mutation A { logOut } mutation B { logOut }", "GRAPHQL_VALIDATION_FAILED"),
    "a mutation as a query": ("query { logOut }", "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.mark.parametrize(("query", "code"), DOCUMENTS_WITH_FLAWS.values(), ids=DOCUMENTS_WITH_FLAWS)
async def test_a_document_that_does_not_fit_is_refused(query: str, code: str, nobody: Client) -> None:
    response = await nobody.post(body(query))
    assert (response.status_code, codes(response)) == (200, {code})
    assert "data" not in response.json()


async def test_clients_of_the_newer_media_type_get_it_and_a_status(nobody: Client) -> None:
    accept = "application/graphql-response+json, application/json;q=0.9"
    for sent, status in (
        (QUERY, 200),
        (body("x"), 400),
        (body("{ mee }"), 400),
        (body('{ node(id: "x") { id } }'), 200),
    ):
        response = await nobody.post(sent, accept=accept)
        assert response.headers["content-type"] == "application/graphql-response+json"
        assert response.status_code == status


async def test_fields_that_are_unknown_are_not_guessed(nobody: Client) -> None:
    [error] = (await nobody.post(body("{ clinic { nodes { id } } }"))).json()["errors"]
    assert "Did you mean" not in error["message"]


async def test_a_clients_own_text_is_not_sent_back_endlessly(nobody: Client) -> None:
    response = await nobody.post(body("{ " + "a" * 100_000 + " }"))
    assert len(response.content) < 1000


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "%%%", ""])
async def test_only_json_is_read(content_type: str, nobody: Client) -> None:
    """A foreign page can send forms and plain text without a preflight: a browser's cookie must not work for it."""
    response = await nobody.post(QUERY, content_type=content_type)
    assert (response.status_code, codes(response)) == (415, {"BAD_USER_INPUT"})


async def test_files_are_not_taken(nobody: Client) -> None:
    files = {"operations": (None, QUERY), "map": (None, b"{}")}
    response = await nobody.http.post("/graphql", files=files)
    assert (response.status_code, codes(response)) == (415, {"BAD_USER_INPUT"})


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_graphql_is_spoken_by_post(method: str, nobody: Client) -> None:
    asked = {"query": "mutation { logOut }"}
    response = await nobody.http.request(method, "/graphql", params=asked, headers={"accept": "*/*"})
    assert (response.status_code, codes(response)) == (405, {"BAD_USER_INPUT"})
    assert response.headers["allow"] == "POST"


HEADERS = [
    {"origin": "http://[", "cookie": "__Host-session=x"},
    {"origin": "null", "cookie": "__Host-session=x"},
    {"origin": "", "cookie": "__Host-session="},
    {"cookie": ";;=;__Host-session"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer " + "x" * 10_000},
    {"authorization": "Basic YTpi"},
    {"accept-language": "en;q=nan, pl;q=inf;;;, =, " + "x," * 1000},
    {"accept": "application/json, text/event-stream"},
    {"accept": "multipart/mixed"},
    {"accept": "%"},
    {"content-type": "application/json; charset=nonsense"},
    {"content-length": "nonsense"},
    {"sec-fetch-site": "x"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
async def test_odd_headers_are_tolerated(headers: dict[str, str], nobody: Client) -> None:
    response = await nobody.post(QUERY, **headers)
    assert (response.status_code, response.json()["data"]) == (200, {"me": None})


# ---------------------------------------------------------------- every argument of every field

HOSTILE: list[Any] = [
    "",
    " \n",
    "a\0b",
    "\u202e\ufeff",
    "ﷺ" * 20_000,
    "x" * 100_000,
    "١٢٣",
    "'; -- \\ %s%n{0}{}",
    "🤕",
    -1,
    1.5,
    10**18,
    True,
    None,
    [],
    ["\0"],
    {"x": {}},
]
DAYS = {"from": "2026-11-24", "until": "2026-11-25"}
TIMES = {"earliest": "07:00", "latest": "22:00", "weekdays": ["MONDAY"]}
INSTANTS = {"from": "2026-11-24T08:00:00Z", "until": "2026-11-25T08:00:00Z"}
PERSON = {"email": "d@example.pl", "pesel": "90090515836", "firstName": "Dorota", "lastName": "Nowak"}
NEW = {"email": "nowa@example.pl", "phone": "601234567", "smsReminders": True, "language": "EN"}
MEANT: dict[str, dict[str, Any]] = {
    "Node": {"id": "SLOT"},
    "Clinics": {"search": "x", "first": 5, "after": None},
    "Doctors": {"clinicId": "CLINIC", "search": "x", "first": 5, "after": None},
    "FreeSlots": {
        "filter": {"clinicId": "CLINIC", "doctorIds": ["DOCTOR"], **INSTANTS, **TIMES},
        "first": 5,
        "after": None,
    },
    "FreeDays": {"clinicId": "CLINIC", "doctorId": "DOCTOR", **DAYS},
    "NextTermOf": {"id": "DOCTOR", "clinicId": "CLINIC"},
    "DoctorsOfClinics": {"first": 5, "after": None},
    "MyVisits": {"first": 5, "planned": None, "past": None},
    "AccessLog": {"first": 5, "after": None},
    "SignUp": {"input": {**PERSON, "phone": "601234567", "smsReminders": True, "language": "PL"}},
    "LogIn": {"input": {"login": "anna@example.pl", "password": cast.PASSWORD, "asCookie": False}},
    "ChangePassword": {"input": {"currentPassword": cast.PASSWORD, "newPassword": "burza nad jeziorem o świcie"}},
    "RequestNewPassword": {"input": {"email": "anna@example.pl"}},
    "UpdateContact": {"input": {"currentPassword": cast.PASSWORD, **NEW}},
    "CloseAccount": {"input": {"currentPassword": cast.PASSWORD}},
    "HoldSlot": {"input": {"slotId": "SLOT"}},
    "ReleaseSlot": {"input": {"slotId": "SLOT"}},
    "BookVisit": {"input": {"slotId": "SLOT", "reason": "x", "idempotencyKey": "k"}},
    "RescheduleVisit": {"input": {"visitId": "VISIT", "slotId": "SLOT", "idempotencyKey": "k"}},
    "CancelVisit": {"input": {"visitId": "VISIT", "reason": "x", "idempotencyKey": "k"}},
}
WITHOUT_ARGUMENTS = {"DoctorsWithTerms", "ClinicsWithTerms", "ServiceHours", "Me", "LogOut", "ExportMyData"}
KEPT = ("account", "patient", "clinic", "doctor", "slot", "visit", "visit_change", "event", "message")
CODES = {"BAD_USER_INPUT", "UNAUTHENTICATED", "QUERY_TOO_COMPLEX", "RATE_LIMITED"}


def replaced(meant: Any, value: Any) -> Iterator[Any]:
    """The valid input, with one part at a time replaced by a hostile value."""
    if isinstance(meant, dict):
        for name, part in meant.items():
            yield from ({**meant, name: other} for other in replaced(part, value))
    elif isinstance(meant, list):
        yield from ([other] for part in meant for other in replaced(part, value))
    yield value


def filled(meant: Any, ids: dict[str, str]) -> Any:
    if isinstance(meant, dict):
        return {name: filled(part, ids) for name, part in meant.items()}
    if isinstance(meant, list):
        return [filled(part, ids) for part in meant]
    return ids.get(meant, meant) if isinstance(meant, str) else meant


class Content:
    """A fingerprint of all data that must not change."""

    def __init__(self) -> None:
        self.snapshot, self.sums = "", dict[str, str]()

    async def read(self) -> dict[str, str]:
        """Read the tables only if a transaction has ended since: equal snapshots of PostgreSQL see the same rows."""
        [found] = await database.fetch("SELECT pg_current_snapshot()::text AS snapshot")
        if found["snapshot"] != self.snapshot:
            self.snapshot, self.sums = found["snapshot"], (await database.fetch(f"SELECT {', '.join(SUMS)}"))[0]
        return self.sums


SUMS = [f"(SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {name} t) AS {name}" for name in KEPT]


def test_every_document_of_a_client_is_made_hostile() -> None:
    assert set(MEANT) | WITHOUT_ARGUMENTS == set(DOCUMENTS)


@pytest.mark.parametrize("name", MEANT)
async def test_no_hostile_value_anywhere_breaks_anything(
    name: str, anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = Counters()
    counters.is_settling = True  # as in a process that serves: a refusal then writes nothing, not even its count
    monkeypatch.setattr(rate_counters, "counters", counters)
    slot, other = await cast.slot(), await cast.slot(warsaw(25, 10))
    visit = await anna.do("BookVisit", slotId=id_of(other))
    ids = {
        "SLOT": id_of(slot),
        "CLINIC": id_of(await slot.clinic),
        "DOCTOR": id_of(await slot.doctor),
        "VISIT": visit["id"],
    }
    content, harmless = Content(), 0
    before = await content.read()
    for value in HOSTILE:
        for variables in replaced(filled(MEANT[name], ids), value):
            answer = await anna.send(name, **variables) if isinstance(variables, dict) else {}
            refusals = {error["extensions"]["code"] for error in answer.get("errors", [])}
            assert refusals <= CODES, (answer, variables)
            if refusals or "message" in json.dumps(answer.get("data")):
                assert await content.read() == before, variables
                harmless += 1
            elif (after := await content.read()) != before:  # odd input may be valid, such as a reason of one emoji
                before = after
    assert harmless > 0
