"""Internal errors: the client gets a masked message with a request id, the log gets the details, no secrets."""

import json
import logging
from typing import Any

import orjson
import pytest

import server
import web.endpoint.http
import web.endpoint.public_answer_cache
from infra import database
from models.slots import availability
from models.slots.clinic import Clinic
from tests import cast
from tests.support.client import DOCUMENTS, Client, id_of

SECRET = "PESEL 02211307589, hasło: zielona kaczka"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make reading clinics fail with a message that nobody may see."""

    async def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Clinic, "list_page", fail)


@pytest.mark.usefixtures("broken")
async def test_an_unexpected_error_is_masked_in_both_languages(caplog: pytest.LogCaptureFixture) -> None:
    for language, words in (("pl", "Coś poszło nie tak po naszej stronie"), ("en", "Something went wrong on our side")):
        response = await Client(language=language).post(orjson.dumps({"query": DOCUMENTS["Clinics"]}))
        [error] = response.json()["errors"]
        assert error["message"].startswith(words)
        assert error["extensions"] == {
            "code": "INTERNAL_SERVER_ERROR",
            "requestId": response.headers["x-request-id"],
        }
        assert "PESEL" not in response.text
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == ["operation_failed"] * 2


async def test_an_error_before_the_operation_is_masked_too(monkeypatch: pytest.MonkeyPatch, nobody: Client) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(web.endpoint.http, "read_context", fail)
    response = await nobody.post(orjson.dumps({"query": DOCUMENTS["Me"]}))
    assert response.status_code == 200  # as for every well-formed request with the old media type
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert SECRET not in response.text


async def test_an_error_of_the_kept_answers_is_masked_too(monkeypatch: pytest.MonkeyPatch, nobody: Client) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(server.graphql.answers, "_watch", object())
    monkeypatch.setattr(web.endpoint.public_answer_cache, "_preferences", fail)
    response = await nobody.post(orjson.dumps({"query": DOCUMENTS["Clinics"]}))
    assert response.json()["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]
    assert SECRET not in response.text


@pytest.mark.usefixtures("broken")
async def test_one_broken_field_leaves_the_others_whole(nobody: Client) -> None:
    answer = await nobody.send("{ serviceHours { timeZone } }")
    assert answer["data"] == {"serviceHours": {"timeZone": "Europe/Warsaw"}}


async def test_an_error_in_the_middle_of_a_booking_undoes_all_of_it(anna: Client, owner: Any) -> None:
    slot = await cast.slot()
    audit = "ALTER TABLE audit_entry"
    await owner.execute(f"{audit} ADD CONSTRAINT provoked CHECK (action = 'log_in') NOT VALID")
    try:
        assert await anna.code("BookVisit", input={"slotId": id_of(slot)}) == "INTERNAL_SERVER_ERROR"
    finally:
        await owner.execute(f"{audit} DROP CONSTRAINT provoked")
    for table in ("visit", "visit_change", "message", "event"):
        assert await database.fetch(f"SELECT * FROM {table}") == []
    assert (await anna.do("BookVisit", slotId=id_of(slot)))["__typename"] == "Visit"


async def test_an_answer_may_fail_in_one_place_only(
    anna: Client, borys: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is still returned even if its alternatives cannot be read."""
    slot = await cast.slot()
    await anna.do("BookVisit", slotId=id_of(slot))

    async def fail(*_: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(availability, "find_alternatives", fail)
    answer = await borys.send("BookVisit", input={"slotId": id_of(slot)})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INTERNAL_SERVER_ERROR"}
    assert SECRET not in json.dumps(answer)


async def test_every_operation_has_one_line_in_the_log_without_what_was_said(
    anna: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slot = await cast.slot()
    await anna.do("BookVisit", slotId=id_of(slot), reason="ból głowy")
    await anna.do("ChangePassword", currentPassword="nie to hasło", newPassword="i nie tamto hasło")
    lines = [record for record in caplog.records if record.message == "operation"]
    assert [(getattr(line, "outcome", ""), getattr(line, "role", "")) for line in lines] == [
        ("answered", "PATIENT")
    ] * 2
    said = " ".join(str(vars(record)) for record in caplog.records)
    for secret in ("ból głowy", "nie to hasło", "i nie tamto", anna.headers["authorization"][7:], cast.ANNA_PESEL):
        assert secret not in said
