"""Callers through the API: booked by name and telephone number; their records are completed later, never duplicated."""

import pytest

from models.accounts.account import Account
from models.audit import AuditEntry
from tests import cast
from tests.support.client import Client, client_of, id_of

REGISTER = """mutation M($input: RegisterPatientInput!) { registerPatient(input: $input) {
    __typename ... on Patient { id toBeCompleted birthDate } ... on PatientExists { patient { id } }
    ... on InvalidInput { fields { path code } } } }"""
CHANGE = """mutation M($input: ChangePatientInput!) { changePatient(input: $input) {
    __typename ... on Patient { id toBeCompleted } ... on RecordsNotMerged { patient { id } } } }"""
CONFIRM = "mutation M($input: ConfirmIdentityInput!) { confirmIdentity(input: $input) { __typename } }"
BOOK = """mutation M($input: BookForInput!) { bookFor(input: $input) {
    __typename ... on PatientIsDouble { patient { id } message } ... on Visit { history { overrideReason } } } }"""
DOUBLE = """mutation M($input: MarkDoubleInput!) { markDouble(input: $input) {
    __typename ... on Patient { doubleOf { id } } ... on InvalidInput { fields { path code } } } }"""
TO_COMPLETE = "{ patientsToComplete { nodes { id } } }"
JAN = {"firstName": "Jan", "lastName": "Żak", "phone": "22 621 00 00", "toBeCompleted": True, "birthDate": "1985-03-12"}


@pytest.fixture
async def rita(fresh: None) -> Client:
    return await client_of(await cast.rita())


async def test_a_caller_without_a_number_is_booked_and_completed_when_they_come(rita: Client) -> None:
    slot = await cast.slot()
    jan = await rita.ask(REGISTER, input=JAN)
    assert (jan["toBeCompleted"], jan["birthDate"]) == (True, "1985-03-12")
    assert (await rita.ask(REGISTER, input=JAN))["patient"] == {"id": jan["id"]}, "a repeated request"
    assert (await rita.ask(BOOK, input={"slotId": id_of(slot), "patientId": jan["id"]}))["__typename"] == "Visit"
    assert (await rita.ask(TO_COMPLETE))["nodes"] == [{"id": jan["id"]}]
    seen = {"patientId": jan["id"], "seen": "IDENTITY_CARD"}
    assert (await rita.ask(CONFIRM, input=seen))["__typename"] == "PatientIncomplete"
    completed = await rita.ask(CHANGE, input={"patientId": jan["id"], "pesel": cast.DOROTA_PESEL})
    assert completed == {"__typename": "Patient", "id": jan["id"], "toBeCompleted": False}
    assert (await rita.ask(TO_COMPLETE))["nodes"] == []
    assert (await rita.ask(CONFIRM, input=seen))["__typename"] == "Patient"


async def test_a_telephone_that_nobody_can_dial_is_named(rita: Client) -> None:
    refused = await rita.ask(REGISTER, input=JAN | {"phone": "22 621"})
    assert refused["fields"] == [{"path": ["phone"], "code": "PHONE_MALFORMED"}]


async def test_a_caller_who_already_has_a_record_is_marked_as_a_double(rita: Client) -> None:
    slot, account = await cast.slot(), await Account.get(staff_name="Rita Recepcyjna")
    dorota, jan = await cast.dorota(account), await rita.ask(REGISTER, input=JAN)
    known = await rita.ask(CHANGE, input={"patientId": jan["id"], "pesel": cast.DOROTA_PESEL})
    assert known == {"__typename": "RecordsNotMerged", "patient": {"id": id_of(dorota)}}
    marked = await rita.ask(DOUBLE, input={"patientId": jan["id"], "doubleOfId": id_of(dorota)})
    assert marked["doubleOf"] == {"id": id_of(dorota)}
    found = await rita.ask('{ patients(search: "zak") { nodes { doubleOf { id } } } }')
    assert found["nodes"] == [{"doubleOf": {"id": id_of(dorota)}}]
    wrong = {"slotId": id_of(slot), "patientId": jan["id"]}
    refused = await rita.ask(BOOK, input=wrong)
    assert (refused["__typename"], refused["patient"]) == ("PatientIsDouble", {"id": id_of(dorota)})
    assert "override" in refused["message"]
    booked = await rita.ask(BOOK, input=wrong | {"override": {"reason": "tak chce lekarz"}})
    assert booked["history"] == [{"overrideReason": "tak chce lekarz"}]
    assert (await AuditEntry.get(action="visit_booked")).passed_over == "PATIENT_IS_DOUBLE"
    why = "query Q($slot: ID!, $patient: ID!) { whyNotBookable(slotId: $slot, patientId: $patient) { __typename } }"
    assert {"__typename": "PatientIsDouble"} in await rita.ask(why, slot=id_of(slot), patient=jan["id"])
    itself = {"patientId": jan["id"], "doubleOfId": jan["id"]}
    assert (await rita.ask(DOUBLE, input=itself))["fields"] == [{"path": ["doubleOfId"], "code": "NOT_AVAILABLE"}]
