"""A visit is confirmed or cancelled by its patient, or by anyone who has the personal link from its letter."""

import re
from datetime import timedelta

import pytest

import settings
from infra import clock
from tests import cast
from tests.support.client import Client, client_of, deliver, id_of

LINKED = "query($token: String!) { linkedVisit(token: $token) { startsAt address phone status confirmedAt } }"
CONFIRM = """mutation($token: String!) { confirmLinkedVisit(input: { token: $token })
    { __typename ... on LinkedVisit { confirmedAt } ... on Problem { message } } }"""
CANCEL = """mutation($token: String!, $reason: String) {
    cancelLinkedVisit(input: { token: $token, reason: $reason })
    { __typename ... on LinkedVisit { status } ... on OutsideServiceHours { opensAt } ... on Problem { message } } }"""
CONFIRM_MINE = """mutation($id: ID!) { confirmVisit(input: { visitId: $id })
    { __typename ... on Visit { confirmedAt } ... on Problem { message } } }"""


async def token_of_letter() -> str:
    """The link's token as the patient finds it in the newest letter."""
    [token] = set(re.findall(r"/potwierdz(?:\?lang=en)?#([\w-]+)", (await deliver())[0]["text"]))
    return str(token)


async def test_a_patient_confirms_a_visit_of_their_own_at_any_hour(anna: Client, celina: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    with clock.pinned(cast.warsaw(23, 23)):
        anna, celina = await client_of(anna.account), await client_of(celina.account)
        assert (await celina.ask(CONFIRM_MINE, id=visit["id"]))["__typename"] == "VisitNotFound"
        confirmed = await anna.ask(CONFIRM_MINE, id=visit["id"])
        assert confirmed == {"__typename": "Visit", "confirmedAt": "2026-11-23T23:00:00+01:00"}
        clock.advance(timedelta(minutes=1))
        assert await anna.ask(CONFIRM_MINE, id=visit["id"]) == confirmed


async def test_the_letter_s_link_shows_no_more_than_date_time_and_place_and_changes_nothing(
    anna: Client, nobody: Client
) -> None:
    await anna.do("BookVisit", slotId=id_of(await cast.slot()), reason="kaszel")
    token = await token_of_letter()
    for _ in range(2):
        assert await nobody.ask(LINKED, token=token) == {
            "startsAt": "2026-11-24T10:00:00+01:00",
            "address": "ul. Długa 1, 00-238 Warszawa",
            "phone": "22 111 11 11",
            "status": "BOOKED",
            "confirmedAt": None,
        }


async def test_whoever_has_the_link_confirms_at_any_hour_and_cancels_in_service_hours(
    anna: Client, nobody: Client, nudges: list[str]
) -> None:
    await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    token = await token_of_letter()
    with clock.pinned(cast.warsaw(23, 23)):
        assert (await nobody.ask(CONFIRM, token=token))["__typename"] == "LinkedVisit"
        refused = await nobody.ask(CANCEL, token=token)
        assert (refused["__typename"], refused["opensAt"]) == ("OutsideServiceHours", "2026-11-24T07:00:00+01:00")
    nudges.clear()
    for _ in range(2):
        assert await nobody.ask(CANCEL, token=token, reason="choroba") == {
            "__typename": "LinkedVisit",
            "status": "CANCELLED",
        }
    assert {"send_letters", "offer_slots"} <= set(nudges)
    assert (await nobody.ask(LINKED, token=token))["status"] == "CANCELLED"
    assert (await nobody.ask(CONFIRM, token=token))["__typename"] == "VisitNotChangeable"


@pytest.mark.parametrize(("language", "words"), [("pl", "Ten odnośnik jest błędny"), ("en", "This link is not valid")])
async def test_a_false_link_is_refused_in_the_caller_s_language(language: str, words: str) -> None:
    caller = Client(language=language)
    assert await caller.ask(LINKED, token="x") is None
    for document in (CONFIRM, CANCEL):
        refused = await caller.ask(document, token="x")
        assert refused["__typename"] == "LinkNotValid"
        assert words in refused["message"]


async def test_links_are_tried_only_sparingly(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RATE_OF_SIGN_IN", "2/minute")
    for _ in range(2):
        assert await nobody.ask(LINKED, token="x") is None
    for document in (LINKED, CONFIRM, CANCEL):
        assert await nobody.code(document, token="x") == "RATE_LIMITED"


async def test_reception_sees_who_has_confirmed(anna: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    await anna.ask(CONFIRM_MINE, id=visit["id"])
    rita = Client(await cast.signed_in(await cast.rita()))
    seen = await rita.ask('{ visits(filter: { day: "2026-11-24" }) { nodes { confirmedAt history { kind by } } } }')
    [node] = seen["nodes"]
    assert node["confirmedAt"] == "2026-11-23T09:00:00+01:00"
    assert node["history"][-1] == {"kind": "CONFIRMED", "by": "patient"}
