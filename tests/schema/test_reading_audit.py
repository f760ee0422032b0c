"""Reading audit: whichever way staff reach a patient's data, the audit trail records that they saw them."""

import itertools
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLField, build_schema, get_named_type, is_required_argument
from tortoise.expressions import Q

import settings
from infra import clock
from models.accounts import staff
from models.accounts.account import Account
from models.audit import AuditEntry
from models.values.identity_document import SeenDocument
from models.visits import identity_confirmation
from models.visits.visit import Visit
from resolvers import schema
from schema.execution import errors as schema_errors
from schema.reading_audit import ReadingAudit
from tests import cast
from tests.schema.access_decisions import DESK, OWN, OWN_AND_DESK, TYPES
from tests.schema.test_fields import NODES, OBJECTS, readers, things, world
from tests.support.client import client_of
from tests.support.execution import answer, ask, id_of
from tests.support.visits import book, move, patient_of

QUERY: Any = build_schema(str(schema)).query_type
# The arguments of each list, chosen so that it contains some of Anna's data.
ARGUMENTS = {
    "visits": "(filter: {})",
    "slots": '(filter: { day: "2026-11-24" })',
    "patients": '(search: "zolc")',
    "callList": '(day: "2026-11-24")',
    "messages": "(filter: {})",
    "auditTrail": '(subjectId: "<Patient>")',
    "waitingList": "(filter: {})",
    "whyNotBookable": '(slotId: "<Slot>", patientId: "<Patient>")',
    "offersToTell": "",
    "absences": '(doctorId: "<Doctor>")',
}
# Types without `shown`: they show no patient's data, or occur only inside a type that says whose data it shows.
NOBODYS = {
    *("Absence", "Account", "AuditChange", "ChangedSchedule", "FormerName", "IdentityDocument", "MyChange"),
    *("OpenSession", "PatientChange", "PublishedSchedule", "Schedule", "ScheduleBreak", "ScheduleChanges"),
    *("ScheduleDay", "ScheduleLine", "SecondFactorOffer", "SecondFactorSet", "SlotHold", "VisitChange"),
    "WithdrawnSlots",
}
WITHIN = {"AbsencePreview", "AbsenceReport", "AffectedVisit"}  # the visits and patients in them are recorded


def says_whose(name: str) -> bool:
    definition = schema._schema.type_map[name].extensions["strawberry-definition"]
    return hasattr(definition.origin, "shown")


def test_each_type_of_the_desk_says_whose_data_it_shows_or_shows_nobodys() -> None:
    of_desk = {name for name, (readers, _) in TYPES.items() if readers in (DESK, OWN, OWN_AND_DESK)}
    quiet = {name for name in of_desk if not says_whose(name)}
    assert {name for name in quiet if not name.endswith(("Preview", "Clinic", "Doctor"))} - WITHIN == NOBODYS


def paths(name: str, depth: int, way: str) -> Iterator[tuple[str, str]]:
    """Paths from a type to types that state whose data they show: each target's name, and a document with one `%s`.

    Each field is in only one path, the shortest, because what is recorded depends on the field, not on the way to it.
    """
    waiting, trodden = deque([(name, depth, way)]), set()
    while waiting:
        name, depth, way = waiting.popleft()
        if says_whose(name) if name in TYPES else False:
            yield name, way
        if depth == 0 or name not in OBJECTS:
            continue
        for field, definition in OBJECTS[name].fields.items():
            inner = get_named_type(definition.type).name
            is_new = inner in OBJECTS and (name, field) not in trodden and not _needs(definition)
            if is_new and "receptionist" in readers(name, field):
                trodden.add((name, field))
                waiting.append((inner, depth - (not name.endswith(("Connection", "Edge"))), way % f"{field} {{ %s }}"))


def _needs(definition: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in definition.args.values())


def all_paths(depth: int) -> dict[str, str]:
    """For each document, the type to which it leads."""
    found = {}
    for field, arguments in ARGUMENTS.items():
        inner = str(get_named_type(QUERY.fields[field].type))
        if inner == "Problem":
            found[f"{{ {field}{arguments} {{ __typename }} }}"] = "Problem"
            continue
        for name, way in paths(inner, depth, f"{{ {field}{arguments} {{ %s }} }}"):
            found[way % "__typename"] = name
    for node in NODES:
        for name, way in paths(node, depth - 1, f'{{ node(id: "<{node}>") {{ ... on {node} {{ %s }} }} }}'):
            found[way % "__typename"] = name
    return found


async def looks(colleague: Account, anna: Account) -> int:
    """The number of audit entries that record that the colleague saw Anna's data."""
    of_anna = Q(patient_id=anna.patient_id) | Q(patient_ids__contains=[anna.patient_id])
    return await AuditEntry.filter(of_anna, account_id=colleague.id).count()


@pytest.mark.parametrize(("who", "depth"), [("receptionist", 3), ("administrator", 1)])  # the longer ways are the same
async def test_every_way_to_a_patients_data_leaves_an_entry(
    who: str, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_errors, "_validate", lambda *_: [])  # takes long, and the documents fit the schema
    monkeypatch.setattr(settings, "QUERY_COST", 10**9)
    monkeypatch.setattr(settings, "RATE_PER_ACCOUNT", "100000/minute")
    client, ids = await world(who)
    anna = await Account.get(email="anna@example.pl")
    reader = await Account.get(email=f"{ {'receptionist': 'rita', 'administrator': 'adam'}[who] }@diamed.example")
    reached, before = set(), await looks(reader, anna)
    for document, name in all_paths(depth).items():
        for kind, id_ in ids.items():
            document = document.replace(f"<{kind}>", id_)
        found = await client.send(document)
        if "auditTrail" in document and who == "receptionist":
            continue
        assert "errors" not in found, (document, found)
        now = await looks(reader, anna)
        if name == "Problem" or things(found["data"], name):
            reached.add(name)
            assert now > before, document
        before = now
    assert reached >= {"Patient", "Visit", "Message", "Offer", "WaitingListEntry", "Call", "CallListEntry", "Problem"}
    assert ("AuditEntry" in reached) == (who == "administrator")


async def entries(colleague: Account) -> list[tuple[str, str | None, int]]:
    found = await AuditEntry.filter(account_id=colleague.id).order_by("at", "id")
    return [(entry.action, entry.list_name, len(entry.patient_ids or [])) for entry in found]


async def test_a_page_leaves_one_entry_naming_the_list_and_the_patients_on_it() -> None:
    rita, anna, borys = await cast.rita(), await cast.anna(), await cast.borys()
    place = await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 3, at=place, by=await cast.doctor(place))
    for who, slot in zip((anna, anna, borys), slots, strict=True):
        await book(who, slot)
    lines = "nodes { reference patient { lastName plannedVisits { pageInfo { hasNextPage } } } }"
    await ask(rita, "{ visits(filter: {}, first: 2) { nodes { patient { lastName } } } }")
    await ask(rita, '{ slots(filter: { day: "2026-11-24" }) { nodes { visit { status } } } }')
    assert await entries(rita) == [("read_list", "Query.visits", 1), ("read_list", "Query.slots", 2)]
    await ask(rita, f"{{ visits(filter: {{}}) {{ {lines} }} }}")  # fields beyond the list's own rows open the records
    assert (await entries(rita))[2:] == [("open_record", None, 0)] * 2


async def test_aliases_chosen_by_a_client_hide_nothing() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    await book(anna, await cast.slot())
    document = """query($id: ID!) { clinics: visits(filter: {}) { nothing: edges { cursor } }
        x: node(id: $id) { ...Innocent } y: patients(search: "zolc") { pageInfo { endCursor } } }
        fragment Innocent on Node { id ... on Patient { __typename } }"""
    await answer(document, rita, id=id_of(patient_of(anna)))
    assert await entries(rita) == [("open_record", None, 0)]  # the pages show only this patient
    document = (
        '{ clinics: visits(filter: {}) { edges { cursor } } y: patients(search: "zolc") { pageInfo { endCursor } } }'
    )
    await answer(document, rita)
    pages = {("read_list", "Query.visits", 1), ("read_list", "Query.patients", 1)}
    assert set((await entries(rita))[1:]) == pages


async def test_an_error_in_a_later_field_does_not_hide_what_was_shown() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    document = 'query($id: ID!) { node(id: $id) { id } bad: node(id: "Rubbish") { id } }'
    result = await answer(document, rita, id=id_of(patient_of(anna)))
    assert result.errors
    assert await entries(rita) == [("open_record", None, 0)]


async def test_no_answer_is_given_if_the_entry_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    rita, anna = await cast.rita(), await cast.anna()

    async def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(ReadingAudit, "save", fails)
    result = await answer("query($id: ID!) { node(id: $id) { id } }", rita, id=id_of(patient_of(anna)))
    assert result.data is None
    assert [error.extensions["code"] for error in result.errors] == ["INTERNAL_SERVER_ERROR"]


async def test_other_data_shown_by_a_mutation_are_audited_and_nothing_twice() -> None:
    rita, anna, borys = await cast.rita(), await cast.anna(), await cast.borys()
    slot = await cast.slot()
    await book(borys, slot)
    client = await client_of(rita)
    free = await cast.slot(starts_at=cast.warsaw(25, 9))
    book_for = """mutation($slot: ID!, $patient: ID!) { bookFor(input: { slotId: $slot, patientId: $patient })
        { ... on Visit { patient { lastName } } ... on VisitsOverlap { visit { reference } } } }"""
    await client.ask(book_for, slot=id_of(free), patient=id_of(patient_of(anna)))
    assert await entries(rita) == [("visit_booked", None, 0)]
    beside = await cast.slot(starts_at=free.starts_at)
    shown = await client.ask(book_for, slot=id_of(beside), patient=id_of(patient_of(anna)))
    assert shown["visit"]["reference"] == (await Visit.get(slot_id=free.id)).reference
    assert (await entries(rita))[1:] == [("open_record", None, 0)]


async def test_the_patient_sees_the_lists_in_which_their_data_were_shown() -> None:
    rita, anna, celina = await cast.rita(), await cast.anna(), await cast.celina()
    for who in (anna, celina):
        await identity_confirmation.confirm(patient_of(who).id, SeenDocument.PASSPORT, by=rita)
    await book(anna, await cast.slot())
    await ask(rita, "{ visits(filter: {}) { nodes { reason } } }")
    log = "{ me { patient { accessLog(byOthers: true) { nodes { who what listName } } } } }"
    line = {"who": "reception", "what": "A list was shown: visits.", "listName": "visits"}
    annas = (await ask(anna, log))["patient"]["accessLog"]["nodes"]
    assert annas[0] == line
    assert line not in (await ask(celina, log))["patient"]["accessLog"]["nodes"]


async def test_an_entry_shows_its_object_and_the_changes_with_masked_names() -> None:
    rita, adam = await cast.rita(), await cast.adam()
    dorota = await cast.dorota(rita)
    change = "mutation($id: ID!) { changePatient(input: { patientId: $id, lastName: %s, phone: %s }) { __typename } }"
    await ask(rita, change % ('"Zmieniona"', '"+48 512 345 678"'), id=id_of(dorota))
    trail = (
        "query($id: ID!) { auditTrail(subjectId: $id) { nodes { action objectId changes { field before after } } } }"
    )
    [found] = [
        node for node in (await ask(adam, trail, id=id_of(dorota)))["nodes"] if node["action"] == "change_patient"
    ]
    assert found["objectId"] == id_of(dorota)
    changes = {change["field"]: (change["before"], change["after"]) for change in found["changes"]}
    assert changes["last_name"] == ("D***", "Z***")
    assert changes["phone"][1] == "+***"
    assert "Zmieniona" not in str(await AuditEntry.all().values())


async def test_every_event_of_a_subscription_is_an_answer_of_its_own() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    reading_audit = ReadingAudit(clock.now())
    for _ in range(2):
        reading_audit.open(patient_of(anna).id)
        await reading_audit.save(rita)
    await reading_audit.save(rita)  # as after an event that shows no patient
    assert await entries(rita) == [("open_record", None, 0)] * 2


async def test_a_mutation_recognises_its_own_entry_even_while_the_clock_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    rita, anna, free = await cast.rita(), await cast.anna(), await cast.slot()
    client, ticks = await client_of(rita), itertools.count(1)
    monkeypatch.setattr(clock, "now", lambda: cast.MONDAY + timedelta(milliseconds=next(ticks)))
    book_for = """mutation($slot: ID!, $patient: ID!) { bookFor(input: { slotId: $slot, patientId: $patient })
        { ... on Visit { patient { lastName } } } }"""
    await client.ask(book_for, slot=id_of(free), patient=id_of(patient_of(anna)))
    assert await entries(rita) == [("visit_booked", None, 0)]


async def test_changes_show_no_id_as_the_database_has_it() -> None:
    rita, adam, anna = await cast.rita(), await cast.adam(), await cast.anna()
    place = await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=place, by=await cast.doctor(place))
    await move(anna, await book(anna, one), two)
    await staff.change(rita.id, by=adam, name="Rita Nowa", clinic_ids=[place.id])
    changes = {entry.action: entry.changes or {} for entry in await AuditEntry.filter(changes__isnull=False)}
    assert set(changes["visit_moved"]) == {"starts_at"}
    assert set(changes["change_staff"]) == {"staff_name", "clinics"}
