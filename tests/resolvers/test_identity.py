"""A PESEL is a claim: nobody who claims another person's number learns about them before showing a document."""

from datetime import timedelta
from typing import Any

import pytest
from uuid6 import uuid7

import settings
from infra import clock
from models.accounts.account import Account
from models.outbox import Message, MessageKind
from schema.scalars import public_id
from tests import cast
from tests.support.client import Client, client_of, deliver, id_of
from tests.support.identity import claim, telephone
from tests.support.statement_count import count_statements
from tests.support.visits import patient_of

ALL_OF_ME = """{ me { email pendingEmail patient { id firstName phone identityConfirmedAt identitySeen
    plannedVisits { nodes { id reference reason } } pastVisits { nodes { id } } waitingList { nodes { id } }
    offers { id } accessLog { nodes { id action staffName } } } } }"""
CONFIRM = """mutation($patient: ID!, $seen: SeenDocument! = IDENTITY_CARD) {
    confirmIdentity(input: { patientId: $patient, seen: $seen }) { __typename
        ... on Patient { id email identityConfirmedAt identitySeen }
        ... on RecordsOverlap { message visits { id patient { id } } } ... on Problem { message } } }"""
BOOK_FOR = """mutation($slot: ID!, $patient: ID!) {
    bookFor(input: { slotId: $slot, patientId: $patient, reason: "ból" }) {
        __typename ... on Visit { id reference patient { id identityConfirmedAt } }
        ... on IdentityNotConfirmed { message patient { id } } } }"""
FIND = "query($search: String!) { patients(search: $search) { nodes { id email identityConfirmedAt } } }"
REGISTER = """mutation($email: String, $seen: SeenDocument) { registerPatient(input: {
        firstName: "Anna", lastName: "Żółć", pesel: "02211307589", email: $email, identitySeen: $seen }) {
    __typename ... on Patient { id email identityConfirmedAt identitySeen }
    ... on PatientExists { patient { id } } } }"""
CONFIRM_EMAIL = "mutation($token: String!) { confirmEmail(input: { token: $token }) { __typename } }"


async def reception() -> Client:
    return await client_of(await cast.rita())


def public(account: Account) -> str:
    return str(public_id("Patient", patient_of(account).id))


async def test_reception_books_for_a_claim_and_the_account_sees_nothing_until_it_is_confirmed(
    nudges: list[str],
) -> None:
    desk, account = await reception(), await claim("stranger@example.pl")
    stranger, slots = await client_of(account), [await cast.slot(), await cast.slot(cast.warsaw(24, 12))]
    before = await stranger.ask(ALL_OF_ME)
    [found] = (await desk.ask(FIND, search=cast.ANNA_PESEL))["nodes"]
    assert found == {"id": public(account), "email": "stranger@example.pl", "identityConfirmedAt": None}
    visit = await desk.ask(BOOK_FOR, slot=id_of(slots[0]), patient=found["id"])
    assert visit["__typename"] == "Visit"
    assert visit["patient"]["id"] != found["id"]
    assert await stranger.ask(ALL_OF_ME) == before
    for id_ in (visit["id"], visit["patient"]["id"]):
        assert await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=id_) is None
    refused = await stranger.do("CancelVisit", visitId=visit["id"])
    assert refused["__typename"] == "VisitNotFound"
    refused = await stranger.do("BookVisit", slotId=id_of(slots[0]))
    assert refused["__typename"] == "SlotTaken", "and not that this person has a visit then"
    assert [letter["to"] for letter in await deliver()] == ["stranger@example.pl"], "the account's own first letter"
    confirmed = await desk.ask(CONFIRM, patient=found["id"])
    assert (confirmed["id"], confirmed["email"]) == (visit["patient"]["id"], "stranger@example.pl")
    mine = (await stranger.ask(ALL_OF_ME))["patient"]
    assert [(planned["reference"], planned["reason"]) for planned in mine["plannedVisits"]["nodes"]] == [
        (visit["reference"], "ból")
    ]
    assert mine["identitySeen"] == "IDENTITY_CARD"
    assert await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=found["id"]) == {"id": mine["id"]}


async def test_an_id_of_a_claim_leads_to_the_record_in_the_audit_trail_too() -> None:
    desk, account = await reception(), await claim("anna@example.pl")
    await desk.ask(REGISTER)
    await desk.ask(CONFIRM, patient=public(account))
    adam = await client_of(await cast.adam())
    trail = "query($id: ID!) { auditTrail(subjectId: $id) { nodes { action what } } }"
    actions = {entry["action"] for entry in (await adam.ask(trail, id=public(account)))["nodes"]}
    assert {"open_account", "register_patient", "confirm_identity"} <= actions


async def test_visits_at_one_time_are_named_to_reception_in_its_language() -> None:
    account, clinic = await claim("anna@example.pl"), await cast.clinic()
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    two = await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    rita = await cast.rita()
    desk = await client_of(rita)
    mine = await (await client_of(account)).do("BookVisit", slotId=id_of(one))
    hers = await desk.ask(BOOK_FOR, slot=id_of(two), patient=public(account))
    for language, words in (("pl", "w tym samym czasie"), ("en", "at the same time")):
        refused = await (await client_of(rita, language=language)).ask(CONFIRM, patient=public(account))
        assert refused["__typename"] == "RecordsOverlap"
        assert words in refused["message"]
        assert {visit["id"] for visit in refused["visits"]} == {mine["id"], hers["id"]}


async def test_arriving_with_a_document_confirms(nudges: list[str]) -> None:
    desk, account = await reception(), await claim("anna@example.pl")
    visit = await (await client_of(account)).do("BookVisit", slotId=id_of(await cast.slot(cast.warsaw(23, 15))))
    text = """mutation($visit: ID!) { markArrived(input: { visitId: $visit, identitySeen: MOBYWATEL }) { __typename
        ... on Visit { status patient { identitySeen identityConfirmedAt } } } }"""
    arrived = await desk.ask(text, visit=visit["id"])
    assert (arrived["status"], arrived["patient"]["identitySeen"]) == ("ARRIVED", "MOBYWATEL")
    assert "send_letters" in nudges


async def test_whoever_stands_at_the_desk_is_registered_as_confirmed() -> None:
    desk = await reception()
    seen = await desk.ask(REGISTER, email="anna@example.pl", seen="PASSPORT")
    assert (seen["email"], seen["identitySeen"]) == ("anna@example.pl", "PASSPORT")
    assert seen["identityConfirmedAt"]
    assert (await desk.ask(REGISTER))["patient"]["id"] == seen["id"]


async def test_an_address_given_by_telephone_is_shown_at_the_desk_and_can_be_corrected() -> None:
    desk = await reception()
    record = await desk.ask(REGISTER, email="mistyped@example.pl")
    assert (record["email"], record["identityConfirmedAt"]) == ("mistyped@example.pl", None)
    replace = """mutation($id: ID!, $reason: String) {
        replacePatientEmail(input: { patientId: $id, email: "anna@example.pl", reason: $reason }) {
            __typename ... on Patient { id email } ... on Problem { message } } }"""
    assert await desk.ask(replace, id=record["id"]) == {
        "__typename": "Patient",
        "id": record["id"],
        "email": "anna@example.pl",
    }
    await Account.filter(email="anna@example.pl").update(password_hash=await cast.hash_of(cast.PASSWORD))
    refused = await desk.ask(replace, id=record["id"], reason="prośba")
    assert refused["__typename"] == "AddressInUse"
    adam = await client_of(await cast.adam())
    assert (await adam.ask(replace, id=record["id"], reason="prośba"))["__typename"] == "Patient"


async def test_an_unknown_patient_or_document_cannot_be_confirmed() -> None:
    desk = await reception()
    refused = await desk.ask(CONFIRM, patient=str(public_id("Patient", uuid7())))
    assert refused["__typename"] == "PatientNotFound"
    assert await desk.code(CONFIRM, patient="x") == "BAD_USER_INPUT"


async def test_a_stranger_to_a_number_and_a_second_claim_of_it_do_the_same_work() -> None:
    """An account's requests take the same number of SQL statements whether or not another person has its PESEL."""
    desk = await reception()
    alone, second = await claim("a@example.pl", cast.BORYS_PESEL), await claim("s@example.pl")
    await telephone(await Account.get(email="rita@diamed.example"))
    await desk.ask(BOOK_FOR, slot=id_of(await cast.slot()), patient=public(second))
    slots = [await cast.slot(cast.warsaw(25, 8 + n)) for n in range(2)]
    counts = []
    for account, slot in zip((alone, second), slots, strict=True):
        client = await client_of(account)
        _, reading = await count_statements(client.ask(ALL_OF_ME))
        _, booking = await count_statements(client.do("BookVisit", slotId=id_of(slot)))
        counts.append((reading, booking))
    assert counts[0] == counts[1]


async def test_a_network_opens_only_so_many_accounts_a_day(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SIGN_UPS_PER_ADDRESS", "3/day")
    form: dict[str, Any] = {"pesel": cast.ANNA_PESEL, "firstName": "Anna", "lastName": "Żółć"}
    sign_up = "mutation($input: SignUpInput!) { signUp(input: $input) { __typename } }"
    for n in range(3):
        flawed = await nobody.ask(sign_up, input={**form, "email": "x"})
        assert flawed["__typename"] == "InvalidInput", "what was not accepted does not count"
        assert (await nobody.ask(sign_up, input={**form, "email": f"n{n}@example.pl"}))["__typename"] == "Accepted"
    assert await nobody.code(sign_up, input={**form, "email": "n9@example.pl"}) == "RATE_LIMITED"
    clock.advance(timedelta(days=1))
    assert (await nobody.ask(sign_up, input={**form, "email": "n9@example.pl"}))["__typename"] == "Accepted"


async def test_a_new_address_is_confirmed_by_its_letter_without_signing_in(anna: Client, nobody: Client) -> None:
    await anna.do("UpdateContact", currentPassword=cast.PASSWORD, email="nowa@example.pl")
    me = await anna.ask(ALL_OF_ME)
    assert (me["email"], me["pendingEmail"]) == ("anna@example.pl", "nowa@example.pl")
    letters = {letter["to"]: letter["text"] for letter in await deliver()}
    assert set(letters) == {"anna@example.pl", "nowa@example.pl"}
    link = next(word for word in letters["nowa@example.pl"].split() if "/potwierdz-adres#" in word)
    token = link.strip("<>").partition("#")[2]
    assert token not in letters["anna@example.pl"]
    assert (await nobody.ask(CONFIRM_EMAIL, token="0" * 64))["__typename"] == "LinkNotValid"
    for _ in range(2):
        assert (await nobody.ask(CONFIRM_EMAIL, token=token))["__typename"] == "Accepted"
    me = await anna.ask(ALL_OF_ME)
    assert (me["email"], me["pendingEmail"]) == ("nowa@example.pl", None)
    assert await Message.filter(kind=MessageKind.CONTACT_CHANGED).count() == 2


async def test_a_known_and_an_unknown_new_address_get_the_same_answer(anna: Client, borys: Client) -> None:
    known = await anna.do("UpdateContact", currentPassword=cast.PASSWORD, email="borys@example.pl")
    assert known["__typename"] == "Patient"
    letters = {letter["to"]: letter["text"] for letter in await deliver()}
    assert set(letters) == {"anna@example.pl", "borys@example.pl"}
    assert "potwierdz-adres" not in letters["borys@example.pl"]
    assert (await borys.ask(ALL_OF_ME))["email"] == "borys@example.pl"
