"""Authorisation by object: no path that takes an id leads to Anna's or the staff's data without permission.

The paths are read from the schema. A new type with an id, or a new name for an id, fails until it has an example.
"""

import json
import re
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLObjectType, get_named_type

import schema.execution.errors
import schema.execution.limits
import settings
from infra import database
from models.accounts import staff
from models.accounts.account import Account, Role
from models.audit import AuditEntry
from models.outbox import Message, MessageKind
from models.schedules import absence_rebooking
from models.schedules.absence_rebooking import AbsenceNotice
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.visits import attendance
from models.visits.attendance import CallReport
from models.visits.phone_call import PhoneCall
from models.visits.visit import Visit
from models.waiting import freed_slots
from schema.scalars import public_id
from tests import cast
from tests.schema.id_paths import Path, Words, all_paths, document, node_types, root_fields
from tests.support.client import Client, client_of
from tests.support.contract import BUILT
from tests.support.schedules import TUESDAY, join_waiting_list, line, publish, the_offer
from tests.support.visits import actor, book, cancel, hold, patient_of
from tests.tasks.letters import post

PATHS = all_paths()
# The type of id that each name takes; "" takes any type.
NAMES = {
    "id": "",
    "subjectId": "",
    "absenceId": "Absence",
    "clinicId": "Clinic",
    "doubleOfId": "Patient",
    "clinicIds": "Clinic",
    "doctorId": "Doctor",
    "doctorIds": "Doctor",
    "entryId": "WaitingListEntry",
    "offerId": "Offer",
    "partnerId": "Partner",
    "scheduleId": "Schedule",
    "slotId": "Slot",
    "slotIds": "Slot",
    "visitId": "Visit",
    "patientId": "Patient",
    "messageId": "Message",
    "staffMemberId": "StaffMember",
}
PUBLIC = {"Clinic", "Doctor", "Slot"}  # types that everybody may see
OF_PATIENTS = {"Visit", "Patient", "AuditEntry", "Offer", "WaitingListEntry"}
OF_DESK = {"Absence", "Schedule", "Call"}
OF_STAFF = {"Message", "StaffMember", "Partner"}
SECRET = "kanarek"
PUBLIC_ID = re.compile(r"[A-Z][A-Za-z]+_[\w-]{22}")


class World(NamedTuple):
    """Who owns what: ids by type, and words that nobody else may read."""

    annas: dict[str, list[str]]
    adams: dict[str, list[str]]
    annas_words: list[str]
    adams_words: list[str]
    annas_rows: list[str]
    adams_rows: list[str]
    attacker: Words


@pytest.fixture(autouse=True)
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the limits, so that nothing is hidden merely because the query is long."""
    for name in ("depth", "aliases"):
        monkeypatch.setitem(schema.execution.limits.EXCEEDED, name, ("", 10_000))
    monkeypatch.setattr(schema.execution.errors, "TOKENS", 100_000)
    monkeypatch.setattr(settings, "QUERY_COST", 10**9)
    monkeypatch.setattr(settings, "RATE_OF_SIGN_IN", "100000/minute")
    monkeypatch.setattr(settings, "RATE_PER_ADDRESS", "100000/minute")
    monkeypatch.setattr(settings, "RATE_PER_ACCOUNT", "100000/minute")
    monkeypatch.setattr(settings, "RATE_PER_PARTNER", "100000/minute")


@pytest.fixture
def unvalidated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip validation, which takes most of the time: documents made from the schema are valid, as other tests show."""
    monkeypatch.setattr(schema.execution.errors, "_validate", lambda *_: [])


@pytest.fixture
async def slots() -> list[Slot]:
    place = await cast.clinic()
    return await cast.morning(cast.warsaw(25, 8).date(), 8, at=place, by=await cast.doctor(place))


async def visits(anna: Account, slots: list[Slot]) -> list[Visit]:
    """Anna's planned visit and a cancelled one; she also holds another slot."""
    reason = f"{SECRET} w gardle"
    found = [await book(anna, slots[0], reason=reason), await book(anna, slots[1], reason=reason)]
    await cancel(anna, found[1], reason=f"{SECRET} odleciał")
    await hold(anna, slots[2])
    return found


async def waiting(anna: Account, borys: Account, slot: Slot) -> dict[str, list[Any]]:
    """A slot that has become free is offered to Anna."""
    place = await Clinic.get(id=slot.clinic_id)
    visit = await book(borys, slot)
    entry = await join_waiting_list(anna, place)
    await cancel(borys, visit)
    await freed_slots.allocate()
    return {"WaitingListEntry": [entry], "Offer": [await the_offer(anna)]}


async def planned(adam: Account, slots: list[Slot]) -> dict[str, list[Any]]:
    """Another doctor's template and absence, with its reason."""
    place = await Clinic.get(id=slots[0].clinic_id)
    doctor = await cast.doctor(place, last_name="Nieobecna")
    schedule, _ = await publish(adam, doctor, place, line(2, 8, 9), valid_until=TUESDAY)
    begin = cast.warsaw(30, 8)
    report = await absence_rebooking.report(
        AbsenceNotice(doctor.id, begin, begin + timedelta(hours=1), SECRET), by=adam
    )
    return {"Schedule": [schedule], "Absence": [report.absence]}


async def called(adam: Account, visit: Visit) -> PhoneCall:
    """A telephone call to Anna, with its note."""
    patient = await Visit.find_patient(visit.id)
    await attendance.record_call(visit.id, CallReport(note=SECRET), patient=patient, actor=actor(adam))
    return await PhoneCall.get(visit_id=visit.id)


@pytest.fixture
async def world(slots: list[Slot]) -> World:
    anna, borys, adam = await cast.anna(phone="+48600700800"), await cast.borys(), await cast.adam()
    hers, his = await visits(anna, slots), await book(borys, slots[3])
    await post(MessageKind.STAFF_INVITED, adam)
    theirs = await cast.colleague("ewa@diamed.example", "Ewa Cicha", Role.ADMINISTRATOR)
    await staff.remove(theirs.id, by=adam)
    annas: dict[str, list[Any]] = {
        "Visit": hers,
        "Patient": [patient_of(anna)],
        "AuditEntry": await AuditEntry.filter(patient_id=anna.patient_id),
        "Message": await Message.filter(account_id=anna.id),
        "Slot": [slots[0], slots[2]],
        **await waiting(anna, borys, slots[5]),
        **await planned(adam, slots),
        "Call": [await called(adam, hers[0])],
    }
    partner, _ = await cast.partner(await Clinic.get(id=slots[0].clinic_id))
    adams: dict[str, list[Any]] = {
        "StaffMember": [adam, theirs],
        "Partner": [partner],
        "AuditEntry": await AuditEntry.filter(account_id=adam.id),
        "Message": await Message.filter(account_id=adam.id),
    }
    place = {"Clinic": slots[0].clinic_id, "Doctor": slots[0].doctor_id}
    words: Words = {kind: str(public_id(kind, key)) for kind, key in place.items()}
    words |= {"clinicId": words["Clinic"], "doctorId": words["Doctor"], "slotId": str(public_id("Slot", slots[4].id))}
    words |= {"visitId": str(public_id("Visit", his.id)), "patientId": str(public_id("Patient", patient_of(borys).id))}
    words |= {"search": "Żółć", "email": "anna@example.pl", "login": "anna@example.pl", "channel": "PHONE"}
    words |= {"Slot": words["slotId"], "Visit": words["visitId"], "Patient": words["patientId"], "id": words["visitId"]}
    ids = {kind: [str(public_id(kind, row.id)) for row in rows] for kind, rows in annas.items()}
    return World(
        annas=ids,
        adams={kind: [str(public_id(kind, row.id)) for row in rows] for kind, rows in adams.items()},
        annas_words=[
            "Anna",
            "Żółć",
            "anna@example.pl",
            "600700800",
            cast.ANNA_PESEL,
            SECRET,
            *(visit.reference for visit in hers),
            *(id_ for kind in OF_PATIENTS | OF_DESK | {"Message"} for id_ in ids[kind]),
        ],
        adams_words=["Adam", "adam@diamed.example", "Ewa Cicha", "ewa@diamed.example", "Zdrowie Razem"],
        annas_rows=[str(key) for key in (anna.id, anna.patient_id, *(visit.id for visit in hers))],
        adams_rows=[str(key) for key in (adam.id, theirs.id)],
        attacker=words,
    )


async def rows_with(keys: list[str], tables: str) -> list[tuple[str, str]]:
    """Every row in the database that contains one of the keys."""
    wanted = "|".join(keys)
    asked = (f"SELECT '{t}' AS name, t::text AS row FROM {t} t WHERE t::text ~ '{wanted}'" for t in tables.split(", "))
    return sorted((found["name"], found["row"]) for found in await database.fetch(" UNION ALL ".join(asked)))


async def caller(role: str) -> Client:
    if role == "anonymous":
        return Client()
    if role == "patient":
        account = await Account.get(email="borys@example.pl").select_related("patient")
    elif role == "receptionist":
        account = await cast.rita()
    else:
        account = await cast.colleague("lab@partner.example", "Laboratorium", Role.PARTNER)
    return await client_of(account)


async def heard(client: Client, path: Path, words: Words, target: str | None = None, *, for_staff: bool = False) -> str:
    """The whole text of the answer along the path; there must be no internal error."""
    text, variables = document(path, words, target, for_staff=for_staff)
    response = await client.post(json.dumps({"query": text, "variables": variables}).encode())
    codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
    assert codes <= {"UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT"}, (path, response.text)
    return json.dumps(response.json(), ensure_ascii=False)


def targets_of(path: Path, ids: dict[str, list[str]], *, wrong: int = 0) -> list[str]:
    """Two ids of the type that the path takes, and one each of as many wrong types, which change from path to path."""
    asked = NAMES[path.position[-1]]
    fitting = [id_ for kind, some in ids.items() for id_ in some[:2] if asked in ("", kind)]
    others = [some[0] for kind, some in ids.items() if asked not in ("", kind)]
    turn = PATHS.index(path) % max(len(others), 1)
    return fitting + (others[turn:] + others[:turn])[:wrong]


def told(answer: str, words: list[str], target: str | None) -> list[str]:
    """The words that occur in the answer, apart from the id that was sent."""
    plain = PUBLIC_ID.sub("", answer)  # an id may contain one of the words by chance
    return [word for word in words if word != target and word in (answer if PUBLIC_ID.fullmatch(word) else plain)]


def test_every_name_of_an_id_and_every_type_with_an_id_is_decided() -> None:
    assert {path.position[-1] for path in PATHS} == set(NAMES)
    assert set(node_types()) == PUBLIC | OF_PATIENTS | OF_DESK | OF_STAFF
    assert {kind for kind in NAMES.values() if kind} <= set(node_types())
    assert {path.node for path in PATHS if path.node} <= set(node_types()), "how can it be reached?"


def test_the_paths_are_all_there() -> None:
    named = {path.name for path in PATHS}
    assert {"query.node.id", "mutation.cancelVisit.input.visitId", "Doctor.nextFreeSlot.clinicId"} <= named
    assert "query.freeSlots.filter.doctorIds" in named
    assert len(named) == len(PATHS) >= 37


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize("role", ["anonymous", "patient", "partner"])
async def test_nothing_of_annas_is_seen_or_changed_by_others_along_any_path(
    role: str, world: World, tables: str
) -> None:
    client, before = await caller(role), await rows_with(world.annas_rows, tables)
    wrong = 2 if role == "patient" else 0  # tried for one role only: every role gets the same refusal
    for path in PATHS:
        for target in targets_of(path, world.annas, wrong=wrong) + targets_of(path, world.adams, wrong=wrong):
            answer = await heard(client, path, world.attacker, target)
            assert told(answer, [*world.annas_words, *world.adams_words], target) == [], (path, target, answer)
        assert await rows_with(world.annas_rows, tables) == before, path


@pytest.mark.usefixtures("unvalidated")
async def test_nothing_of_administrations_is_seen_or_changed_by_reception(world: World, tables: str) -> None:
    client, before = await caller("receptionist"), await rows_with(world.adams_rows, tables)
    for path in PATHS:
        for target in targets_of(path, world.adams):
            answer = await heard(client, path, world.attacker, target, for_staff=True)
            assert told(answer, world.adams_words, target) == [], (path, target, answer)
        assert await rows_with(world.adams_rows, tables) == before, path


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize("role", ["anonymous", "patient", "partner"])
async def test_nothing_of_annas_is_seen_by_others_without_an_id_either(role: str, world: World) -> None:
    client = await caller(role)
    for kind, name, _field in root_fields():
        answer = await heard(client, Path(kind, name, ()), world.attacker)
        assert told(answer, world.annas_words, None) == [], (name, answer)


async def test_authorised_callers_see_the_data_along_the_same_paths(world: World) -> None:
    """Otherwise the tests above would prove nothing."""
    anna = await client_of(await Account.get(email="anna@example.pl").select_related("patient"))
    adam = await client_of(await Account.get(email="adam@diamed.example"))
    node = Path("query", "node", ("id",))
    for kind in OF_PATIENTS:
        assert f'"{kind}"' in await heard(anna, node, world.attacker, world.annas[kind][0])
    for kind in OF_DESK:
        assert f'"{kind}"' in await heard(adam, node, world.attacker, world.annas[kind][0], for_staff=True)
    for kind in OF_STAFF:
        assert told(
            await heard(adam, node, world.attacker, world.adams[kind][0], for_staff=True), world.adams_words, None
        )
    cancelled = Path("mutation", "cancelVisit", ("input", "visitId"))
    assert "CANCELLED" in await heard(anna, cancelled, world.attacker, world.annas["Visit"][0])


async def test_what_is_not_for_the_caller_looks_like_what_is_not_there(world: World) -> None:
    borys, nothing = await caller("patient"), (await cast.slot(cast.warsaw(30, 9))).id
    for kind in sorted(OF_PATIENTS | OF_DESK | OF_STAFF):
        theirs, nobodys = (world.annas | world.adams)[kind][0], str(public_id(kind, nothing))
        for path in PATHS:
            if NAMES[path.position[-1]] in ("", kind):
                answers = [await heard(borys, path, world.attacker, id_) for id_ in (theirs, nobodys)]
                assert answers[0].replace(theirs, "") == answers[1].replace(nobodys, ""), (kind, path)


def test_every_field_of_a_node_is_asked_for() -> None:
    """The answers searched contain every field that could hold private data."""
    text, _ = document(Path("query", "node", ("id",)), {}, "x", for_staff=True)
    for name, type_ in node_types().items():
        assert isinstance(get_named_type(BUILT.type_map[name]), GraphQLObjectType)
        assert [field for field in type_.fields if f"{name}_{field}:" not in text] == []
