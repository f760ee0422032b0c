"""A patient's whole journey against the running service: real HTTP, real mail, and its logs."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from infra import postgres
from models.admin import demo_data
from tests import cast
from tests.support.http import http_client
from tests.support.service import Service, run_shared_service
from tests.support.waiting import eventually

SECRET = re.compile(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b")
PHONE, REASON = "501234567", "bardzo prywatny powód"
IN_LINES = "całkiem osobista sprawa\nopisana kilkoma zdaniami\n\n02211307589"
OWN = "siedem kroków do zielonych drzwi"


@pytest.fixture(scope="module", params=["text", "json"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with run_shared_service(LOG_FORMAT=request.param) as running:
        yield running


class Patient:
    """A client that works as docs/clients.md describes."""

    def __init__(self, url: str) -> None:
        self.http, self.token = http_client(url), ""

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = (await self.post(query, **variables)).json()
        assert "errors" not in answer, answer
        return next(iter(answer["data"].values()))

    async def letter(self, subject: str) -> dict[str, Any]:
        async def found() -> dict[str, Any] | None:
            letters = (await self.http.get("/mailbox.json")).json()
            return next((dict(letter) for letter in letters if subject in (letter["subject"] or "")), None)

        return await eventually(found, otherwise=lambda: f"No letter came about {subject}.")


SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on Accepted { message } } }"
LOG_IN = """mutation($input: LogInInput!) { logIn(input: $input) {
    ... on Session { token account { mustChangePassword } } ... on Problem { message } } }"""
CHANGE = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { ... on Session { token } } }"
SOON = (datetime.now(cast.WARSAW) + timedelta(hours=4)).isoformat()  # still bookable a minute later
SLOTS = f"""query($clinic: ID!) {{ freeSlots(filter: {{clinicId: $clinic, from: "{SOON}"}}, first: 3) {{
    nodes {{ id startsAt }} }} }}"""
HOLD = "mutation($input: HoldSlotInput!) { holdSlot(input: $input) { ... on SlotHold { expiresAt } } }"
BOOK = """mutation($input: BookVisitInput!) { bookVisit(input: $input) {
    ... on Visit { id reference startsAt } ... on Problem { message } } }"""
MOVE = """mutation($input: RescheduleVisitInput!) { rescheduleVisit(input: $input) {
    ... on Visit { id startsAt history { kind } } ... on Problem { message } } }"""
CANCEL = "mutation($input: CancelVisitInput!) { cancelVisit(input: $input) { ... on Visit { status } } }"
CLOSE = "mutation($input: CloseAccountInput!) { closeAccount(input: $input) { ... on Accepted { message } } }"


@pytest.fixture
async def patient(service: Service) -> AsyncIterator[Patient]:
    someone = Patient(service.url)
    yield someone
    await someone.http.aclose()


async def test_from_sign_up_to_the_closed_account_and_nothing_private_in_the_logs(
    service: Service, patient: Patient
) -> None:
    form = {"email": "ola@example.pl", "pesel": cast.CELINA_PESEL, "firstName": "Ola", "lastName": "Źrebiec"}
    assert (await patient.ask(SIGN_UP, input={**form, "phone": PHONE, "smsReminders": True}))["message"]
    found = SECRET.search((await patient.letter("Konto"))["text"])
    assert found
    opened = await patient.ask(LOG_IN, input={"login": "ola@example.pl", "password": found.group()})
    assert opened["account"]["mustChangePassword"]
    patient.token, first_token = opened["token"], opened["token"]
    passwords = {"currentPassword": found.group(), "newPassword": OWN}
    patient.token = (await patient.ask(CHANGE, input=passwords))["token"]

    clinics = (await patient.ask("{ clinics { nodes { id } } }"))["nodes"]
    assert len(clinics) >= 3
    first, second, _ = (await patient.ask(SLOTS, clinic=clinics[0]["id"]))["nodes"]
    assert (await patient.ask(HOLD, input={"slotId": first["id"]}))["expiresAt"]
    wish = {"slotId": first["id"], "reason": REASON, "idempotencyKey": "one wish"}
    visit = await patient.ask(BOOK, input=wish)
    assert visit["startsAt"] == first["startsAt"]
    assert await patient.ask(BOOK, input=wish) == visit
    confirmation = await patient.letter("Potwierdzenie wizyty")
    assert visit["reference"] in confirmation["text"]
    assert "METHOD:REQUEST" in confirmation["attachments"][0]["text"]

    moved = await patient.ask(MOVE, input={"visitId": visit["id"], "slotId": second["id"]})
    assert (moved["id"], moved["startsAt"]) == (visit["id"], second["startsAt"])
    assert (await patient.ask(CANCEL, input={"visitId": visit["id"]}))["status"] == "CANCELLED"
    assert "METHOD:CANCEL" in (await patient.letter("odwołana"))["attachments"][0]["text"]
    exported = json.loads(await patient.ask("mutation { exportMyData }"))
    assert exported["visits"][0]["reference"] == visit["reference"]
    last_token = patient.token
    assert (await patient.ask(CLOSE, input={"currentPassword": OWN}))["message"]
    await patient.letter("zamknięte")

    log = service.log()
    assert log.count("operation") >= 12
    private = [cast.CELINA_PESEL, found.group(), OWN, first_token, last_token, REASON, PHONE, "Źrebiec", "Dzień dobry"]
    assert [word for word in private if word in log] == []


async def signed_in(patient: Patient) -> Patient:
    opened = await patient.ask(LOG_IN, input={"login": demo_data.LOGINS[0], "password": demo_data.PASSWORD})
    patient.token = opened["token"]
    return patient


async def test_a_row_that_the_database_quotes_in_its_refusal_reaches_neither_client_nor_log(
    service: Service, patient: Patient
) -> None:
    await signed_in(patient)
    clinics = (await patient.ask("{ clinics { nodes { id } } }"))["nodes"]
    slot, *_ = (await patient.ask(SLOTS, clinic=clinics[0]["id"]))["nodes"]
    wish = {"slotId": slot["id"], "reason": IN_LINES}
    with postgres.run_server(service.home / "postgres") as url:
        database = await asyncpg.connect(url)
        await database.execute("ALTER TABLE visit ADD CONSTRAINT provoked CHECK (reason IS NULL) NOT VALID")
        response = await patient.post(BOOK, input=wish)
        await database.execute("ALTER TABLE visit DROP CONSTRAINT provoked")
        await database.close()
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    request_id = error["extensions"]["requestId"]
    assert request_id == response.headers["x-request-id"]
    lines = [line for line in service.log().splitlines() if request_id in line]
    assert any("operation_failed" in line for line in lines)
    assert "provoked" in service.log()  # the log contains the cause
    told = service.log() + response.text
    assert [word for word in IN_LINES.split() if len(word) > 3 and word in told] == []
    assert (await patient.ask(BOOK, input=wish))["startsAt"] == slot["startsAt"]  # and the slot can still be booked


async def test_each_line_of_the_log_can_be_followed_by_its_request(service: Service, patient: Patient) -> None:
    await signed_in(patient)
    response = await patient.post("{ me { login } }")
    request_id = response.headers["x-request-id"]
    [line] = [line for line in service.log().splitlines() if request_id in line]
    if service.environment["LOG_FORMAT"] == "text":
        assert f"request_id={request_id}" in line
        return
    assert json.loads(line)["role"] == "PATIENT"
    screen, _, lines = service.log().partition("\n{")
    assert "Demo logins" in screen
    assert all(json.loads(line)["event"] for line in ("{" + lines).splitlines())
