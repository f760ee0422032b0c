"""What reception sees, what patients learn about it, and what stays hidden from others."""

from typing import Any

import pytest

from models.accounts.account import Account, Language
from models.accounts.patient import Patient
from models.audit import AuditEntry
from models.outbox import Message
from models.visits.visit import Visit
from tests import cast
from tests.support.execution import answer, ask, code, do, id_of
from tests.support.visits import book, book_for, patient_of

LOG = "{ me { patient { accessLog { nodes { who what action staffName } } } } }"
RECORD = "query($id: ID!) { node(id: $id) { ... on Patient { lastName plannedVisits { nodes { id } } } } }"
VISITS = "query($f: VisitsFilter!) { visits(filter: $f) { nodes { reference patient { lastName phone } } } }"


async def seen_by(anna: Account) -> list[tuple[str, str]]:
    log = (await ask(anna, LOG, Language.PL))["patient"]["accessLog"]["nodes"]
    return [(entry["who"], entry["what"]) for entry in log if entry["who"] != "pacjent"]


async def actions() -> list[str]:
    return [entry.action for entry in await AuditEntry.filter(role__in=["RECEPTIONIST", "ADMINISTRATOR"])]


async def test_the_visits_of_a_day_per_doctor_clinic_and_status() -> None:
    rita, clinic, skin = await cast.rita(), await cast.clinic(), await cast.clinic("Poradnia skórna")
    ewa, jan = await cast.doctor(clinic), await cast.doctor(skin, last_name="Kowal")
    anna, dorota = await cast.anna(), await cast.dorota(rita)
    early = await book(anna, await cast.slot(cast.warsaw(24, 8), at=clinic, by=ewa))
    late = await book_for(rita, dorota, await cast.slot(cast.warsaw(24, 23, 40), at=skin, by=jan))
    next_day = await book_for(rita, dorota, await cast.slot(cast.warsaw(25, 0), at=skin, by=jan))
    await Visit.cancel(next_day.id, patient=dorota, by=rita)

    async def found(**wanted: Any) -> list[str]:
        nodes = (await ask(rita, VISITS, f=wanted))["nodes"]
        return [node["reference"] for node in nodes]

    assert await found(day="2026-11-24") == [early.reference, late.reference]
    assert await found(day="2026-11-25") == [next_day.reference]
    assert await found(clinicId=id_of(skin)) == await found(doctorId=id_of(jan)) == [late.reference, next_day.reference]
    assert await found(status="CANCELLED") == [next_day.reference]
    assert await found(status=["BOOKED", "CANCELLED"], doctorId=id_of(ewa)) == [early.reference]
    assert await found(**{"from": "2026-11-24T23:00:00+01:00", "until": "2026-11-25T00:00:00+01:00"}) == [
        late.reference
    ]
    assert await found(patientId=id_of(patient_of(anna))) == [early.reference]
    assert (await ask(rita, VISITS, f={"day": "2026-11-24"}))["nodes"][1]["patient"] == {
        "lastName": "Dzwoniąca",
        "phone": "+48226210000",
    }


async def test_a_list_of_visits_is_paged_without_gap_or_repeat() -> None:
    rita, clinic = await cast.rita(), await cast.clinic(planned_visits_per_patient=9)
    anna = await cast.anna()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 5, at=clinic, by=await cast.doctor(clinic))
    booked = [(await book(anna, slot)).reference for slot in slots]
    document = """query($after: String) { visits(filter: {day: "2026-11-24"}, first: 2, after: $after) {
        nodes { reference } pageInfo { hasNextPage endCursor } } }"""
    found, after = [], None
    while True:
        page = await ask(rita, document, after=after)
        found += [node["reference"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == booked


async def test_patients_are_found_and_each_page_of_the_list_leaves_an_entry() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    document = (
        "query($s: String!) { patients(search: $s) { nodes { id firstName peselMasked email document { kind } } } }"
    )
    for search in ("zolc", "ŻÓŁ", cast.ANNA_PESEL, "501 234 567"):
        [found] = (await ask(rita, document, s=search))["nodes"]
        assert found == {
            "id": id_of(patient_of(anna)),
            "firstName": "Anna",
            "peselMasked": "*******7589",
            "email": "anna@example.pl",
            "document": None,
        }
    assert await actions() == ["read_list"] * 4


async def test_former_names_are_shown_to_staff_and_kept_by_a_change() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    change = """mutation($id: ID!) { changePatient(input: {patientId: $id, lastName: "Nowak–Żak"}) {
        ... on Patient { lastName formerNames { firstName lastName until } } } }"""
    former = [{"firstName": "Dorota", "lastName": "Dzwoniąca", "until": "2026-11-23T09:00:00+01:00"}]
    assert await ask(rita, change, id=id_of(dorota)) == {"lastName": "Nowak-Żak", "formerNames": former}
    search = "query($s: String!) { patients(search: $s) { nodes { lastName formerNames { lastName } } } }"
    for text in ("dzwoniąca, dorota", "żak", "12.03.1985"):
        assert await ask(rita, search, s=text) == {
            "nodes": [{"lastName": "Nowak-Żak", "formerNames": [{"lastName": "Dzwoniąca"}]}]
        }


@pytest.mark.parametrize("search", ["", " ż ", "x" * 101, "ab\0"])
async def test_a_search_says_something(search: str) -> None:
    document = "query($s: String!) { patients(search: $s) { nodes { id } } }"
    assert await code(await cast.rita(), document, s=search) == "BAD_USER_INPUT"


async def test_an_opened_record_is_audited_once_per_request_and_shown_to_the_patient() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await ask(rita, RECORD, id=id_of(patient_of(anna)))
    assert await actions() == ["open_record"]
    assert await seen_by(anna) == [("rejestracja", "Otwarto kartotekę.")]
    log = (await ask(anna, LOG))["patient"]["accessLog"]["nodes"]
    assert {entry["staffName"] for entry in log} == {None}


@pytest.mark.parametrize(
    "document",
    [
        "query($id: ID!) { visits(filter: {patientId: $id}) { nodes { id } } }",
        "query($id: ID!) { messages(filter: {patientId: $id}) { nodes { id } } }",
        "query($id: ID!) { node(id: $id) { id } }",
    ],
)
async def test_whatever_opens_a_record_is_noted(document: str) -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await ask(rita, document, id=id_of(patient_of(anna)))
    assert await actions() == ["open_record"]


async def test_going_from_a_list_into_somebodys_visits_opens_their_record() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await book(anna, await cast.slot())
    document = (
        'query { patients(search: "zolc") { nodes { plannedVisits { nodes { id } } pastVisits { nodes { id } } } } }'
    )
    assert len((await ask(rita, document))["nodes"][0]["plannedVisits"]["nodes"]) == 1
    assert await actions() == ["open_record"]


async def test_a_patient_who_reads_their_own_data_leaves_no_entry_of_that() -> None:
    anna = await cast.anna()
    await ask(anna, RECORD, id=id_of(patient_of(anna)))
    assert await AuditEntry.all().count() == 0


async def test_a_whole_pesel_is_revealed_to_reception_and_the_patient_sees_who_looked() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    shown = await do(
        rita,
        "revealPesel",
        "... on RevealedIdentity { pesel documentNumber patient { lastName } }",
        patientId=id_of(patient_of(anna)),
    )
    assert (shown["pesel"], shown["documentNumber"]) == (cast.ANNA_PESEL, None)
    assert await seen_by(anna) == [("rejestracja", "Odczytano pełny numer PESEL lub dokumentu.")]


async def test_the_access_log_of_a_record_is_for_the_patient_and_administration_not_for_reception() -> None:
    rita, adam, anna = await cast.rita(), await cast.adam(), await cast.anna()
    document = "query($id: ID!) { node(id: $id) { ... on Patient { accessLog { nodes { action } } } } }"
    assert await code(rita, document, id=id_of(patient_of(anna))) == "FORBIDDEN"
    log = (await ask(adam, document, id=id_of(patient_of(anna))))["accessLog"]["nodes"]
    assert {entry["action"] for entry in log} == {"open_record"}


async def test_the_audit_trail_of_a_patient_a_colleague_and_a_visit_tells_the_whole_story() -> None:
    rita, adam, anna = await cast.rita(), await cast.adam(), await cast.anna()
    visit = await book_for(rita, patient_of(anna), await cast.slot())
    await do(rita, "cancelFor", visitId=id_of(visit), channel="RECEPTION")
    await do(rita, "revealPesel", patientId=id_of(patient_of(anna)))
    trail = "query($id: ID!) { auditTrail(subjectId: $id) { nodes { action staffName } } }"

    async def told(subject: str) -> list[tuple[str, str]]:
        return [(node["action"], node["staffName"]) for node in (await ask(adam, trail, id=subject))["nodes"]]

    story = [("visit_cancelled", "Rita Recepcyjna"), ("visit_booked", "Rita Recepcyjna")]
    looked = [("reveal_pesel", "Rita Recepcyjna")]
    assert await told(id_of(visit)) == story
    read = [("read_list", "Adam Główny")]  # reading the audit trail is recorded, too
    assert await told(id_of(patient_of(anna))) == read + looked + story
    assert await told(id_of(rita, "StaffMember")) == looked + story
    assert await code(adam, trail, id="Nothing_AAAAAAAAAAAAAAAAAAAAAA") == "BAD_USER_INPUT"


async def test_node_gives_staff_any_visit_patient_and_message_and_others_their_own() -> None:
    rita, adam, anna, celina = await cast.rita(), await cast.adam(), await cast.anna(), await cast.celina()
    visit = await book(anna, await cast.slot())
    letter = await Message.get()
    document = "query($id: ID!) { node(id: $id) { id } }"
    for thing in (visit, patient_of(anna), letter):
        for colleague in (rita, adam):
            assert (await ask(colleague, document, id=id_of(thing)))["id"] == id_of(thing)
        assert await ask(celina, document, id=id_of(thing)) is None
    assert await ask(rita, document, id=id_of(rita, "StaffMember")) is None
    assert (await ask(adam, document, id=id_of(rita, "StaffMember")))["id"] == id_of(rita, "StaffMember")
    for nothing in ("Visit_", "Patient_", "Message_", "StaffMember_"):
        assert await ask(adam, document, id=nothing + "A" * 22) is None


async def test_a_search_and_its_errors_reveal_no_pesel() -> None:
    result = await answer("{ patients(search: 44051401359) { nodes { id } } }", await cast.rita())
    assert "44051401359" not in str(result.errors)


async def test_colleagues_are_invited_listed_and_removed_by_administrators() -> None:
    adam, rita = await cast.adam(), await cast.rita()
    invited = await do(
        adam,
        "inviteStaff",
        "... on StaffMember { id name email role hasOwnPassword }",
        email="nowa@diamed.example",
        name="Nowa Osoba",
        role="RECEPTIONIST",
    )
    assert (invited["name"], invited["role"], invited["hasOwnPassword"]) == ("Nowa Osoba", "RECEPTIONIST", False)
    flawed = await do(
        adam, "inviteStaff", "... on InvalidInput { fields { path code } }", email="x", name="N", role="PATIENT"
    )
    assert {(field["path"][0], field["code"]) for field in flawed["fields"]} == {
        ("email", "EMAIL_MALFORMED"),
        ("role", "OUT_OF_RANGE"),
    }
    listed = "{ staff { nodes { name } } }"
    assert [node["name"] for node in (await ask(adam, listed))["nodes"]] == [
        "Adam Główny",
        "Rita Recepcyjna",
        "Nowa Osoba",
    ]
    gone = await do(adam, "removeStaff", "... on StaffMember { email }", staffMemberId=invited["id"])
    assert (gone["__typename"], gone["email"]) == ("StaffMember", None)
    assert (await do(adam, "removeStaff", staffMemberId=invited["id"]))["__typename"] == "StaffNotFound"
    last = await do(adam, "removeStaff", staffMemberId=id_of(adam, "StaffMember"))
    assert last["__typename"] == "LastAdministrator"
    assert await code(rita, listed) == "FORBIDDEN"


async def test_records_are_corrected_never_merged_and_given_an_account() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    oksana = await do(
        rita,
        "registerPatient",
        "... on Patient { id peselMasked document { kind country numberMasked } }",
        firstName="Oksana",
        lastName="Szewczenko",
        document={"kind": "PASSPORT", "country": "ua", "number": "FE 123456"},
    )
    assert (oksana["peselMasked"], oksana["document"]) == (
        "",
        {"kind": "PASSPORT", "country": "UA", "numberMasked": "*****456"},
    )
    refused = await do(
        rita,
        "changePatient",
        "... on RecordsNotMerged { patient { lastName } }",
        patientId=oksana["id"],
        pesel=cast.DOROTA_PESEL,
    )
    assert (refused["__typename"], refused["patient"]["lastName"]) == ("RecordsNotMerged", "Dzwoniąca")
    assert "medical records" in refused["message"]
    known = await do(
        rita,
        "registerPatient",
        "... on PatientExists { patient { id } }",
        firstName="D",
        lastName="D",
        pesel=cast.DOROTA_PESEL,
    )
    assert known["patient"]["id"] == id_of(dorota)
    changed = await do(
        rita, "changePatient", "... on Patient { lastName peselMasked }", patientId=oksana["id"], pesel="70010198709"
    )
    assert (changed["lastName"], changed["peselMasked"]) == ("Szewczenko", "*******8709")
    invited = await do(rita, "invitePatient", "... on Patient { email }", patientId=oksana["id"], email="o@example.pl")
    assert invited["email"] == "o@example.pl"
    again = await do(rita, "invitePatient", patientId=oksana["id"], email="p@example.pl")
    assert again["__typename"] == "AccountExists"
    assert await Patient.filter(is_claim=False).count() == 2
