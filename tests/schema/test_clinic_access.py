"""Work limited to clinics: no path of the contract lets a receptionist read or change other clinics' data."""

import json
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from infra import database
from models.accounts.account import Account, Role
from models.outbox import Message
from models.visits import attendance
from models.visits.attendance import CallReport
from models.visits.phone_call import CallOutcome, PhoneCall
from models.visits.visit import Visit
from models.waiting import freed_slots
from schema.scalars import public_id
from tests import cast
from tests.schema.id_paths import ROOTS, Path, Words, all_paths, document, root_fields
from tests.schema.test_access import CALLERS, DECIDED, EVERYBODY
from tests.schema.test_objects import NAMES, rows_with, unvalidated, without_limits  # noqa: F401 - fixtures
from tests.support.client import Client, client_of, id_of
from tests.support.schedules import join_waiting_list, line, publish, report_absence, the_offer
from tests.support.visits import actor, book, cancel, patient_of

SECRET = "kanarek"
OF_STAFF = [
    name
    for name, decided in DECIDED.items()
    if decided[CALLERS.index("receptionist")] is None and decided is not EVERYBODY
]
LIMITED = ("Visit", "Offer", "WaitingListEntry", "Schedule", "Absence", "Message", "Call")


class World(NamedTuple):
    """The data of the other clinic, and those that Rita may use in her own."""

    theirs: dict[str, str]
    keys: list[str]
    canaries: list[str]
    words: Words
    rita: Client
    account: Account
    mine: Any
    visit: Visit


@pytest.fixture
async def world() -> World:
    adam, rita = await cast.adam(), await cast.rita()
    borys, celina = await cast.borys(), await cast.celina()
    mine, other = await cast.clinic("Moja poradnia"), await cast.clinic("Inna poradnia", planned_visits_per_patient=9)
    ewa, jan = await cast.doctor(mine), await cast.doctor(other, last_name="Inny")
    here, free = await cast.morning(cast.warsaw(24, 8).date(), 2, at=mine, by=ewa)
    away = await cast.doctor(other, last_name="Nieobecna")
    schedule, _ = await publish(adam, away, other, line(3, 8, 10))
    report = await report_absence(adam, away, 25)
    first, second, third = await cast.morning(cast.warsaw(26, 8).date(), 3, at=other, by=jan)
    visit = await book(borys, first, reason=f"{SECRET} w gardle")
    entry = await join_waiting_list(borys, other, first_day=cast.warsaw(26, 8).date())
    await cancel(celina, await book(celina, second))
    await freed_slots.allocate()
    offer = await the_offer(borys)
    called = CallReport(CallOutcome.NO_ANSWER, note=SECRET)
    await attendance.record_call(visit.id, called, patient=patient_of(borys), actor=actor(adam))
    own = await book(celina, here)
    things: dict[str, Any] = {
        "Clinic": other,
        "Doctor": away,
        "Slot": third,
        "Visit": visit,
        "Offer": offer,
        "WaitingListEntry": entry,
        "Schedule": schedule,
        "Absence": report.absence,
        "Message": await Message.filter(visit_id=visit.id).first(),
        "Call": await PhoneCall.get(),
    }
    theirs = {kind: str(public_id(kind, row.id)) for kind, row in things.items()}
    words: Words = {"clinicId": id_of(mine), "doctorId": id_of(ewa), "slotId": id_of(free), "visitId": id_of(own)}
    words |= {"patientId": id_of(patient_of(borys)), "search": "Nowak", "day": "2026-11-26", "channel": "PHONE"}
    words |= {"Patient": words["patientId"], "Visit": words["visitId"], "Slot": words["slotId"], "id": words["visitId"]}
    words |= {"Clinic": words["clinicId"], "Doctor": words["doctorId"], "startsAt": "2026-11-24T15:00:00+01:00"}
    words |= {kind: theirs[kind] for kind in LIMITED if kind != "Visit"}
    await Account.filter(id=rita.id).update(clinic_ids=[mine.id])
    return World(
        theirs=theirs,
        keys=[str(things[kind].id) for kind in ("Slot", *LIMITED)],
        canaries=[SECRET, visit.reference, *(theirs[kind] for kind in LIMITED)],
        words=words,
        rita=await client_of(await Account.get(id=rita.id)),
        account=rita,
        mine=mine,
        visit=visit,
    )


async def heard(world: World, path: Path, target: str | None = None) -> str:
    text, variables = document(path, world.words, target, for_staff=True, role="RECEPTIONIST")
    response = await world.rita.post(json.dumps({"query": text, "variables": variables}).encode())
    codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
    assert codes <= {"FORBIDDEN", "BAD_USER_INPUT"}, (path, response.text)
    return json.dumps(response.json(), ensure_ascii=False)


def told(answer: str, world: World, target: str | None = None) -> list[str]:
    return [word for word in world.canaries if word != target and word in answer]


def staff_paths() -> list[Path]:
    """The paths open to receptionists: their root fields, and fields of all types with an id."""
    return [path for path in all_paths() if path.node or path.field in OF_STAFF or path.field == "node"]


async def rows(world: World, tables: str) -> list[tuple[str, str]]:
    """Rows about the other clinic, except the traces that requests leave: audit entries, kept answers and rates."""
    found = await rows_with(world.keys, tables)
    return [row for row in found if row[0] not in ("audit_entry", "kept_answer", "rate")]


async def test_the_paths_of_staff_are_found() -> None:
    assert len(OF_STAFF) > 45
    assert len(staff_paths()) > 40
    assert set(LIMITED) <= set(NAMES.values()) | {"Call"}
    assert ROOTS["mutation"]


@pytest.mark.usefixtures("unvalidated")
async def test_nothing_of_another_clinic_is_read_or_changed_along_any_path(world: World, tables: str) -> None:
    before = await rows(world, tables)
    found = {}
    for path in staff_paths():
        for kind, target in world.theirs.items():
            if NAMES[path.position[-1]] in ("", kind) and (
                known := told(await heard(world, path, target), world, target)
            ):
                found[path.name, kind] = known
    assert found == {}
    assert await rows(world, tables) == before


@pytest.mark.usefixtures("unvalidated")
async def test_no_list_shows_anything_of_another_clinic(world: World, tables: str) -> None:
    before, found = await rows(world, tables), {}
    for kind, name, _ in root_fields():
        if name in OF_STAFF and kind == "query" and (known := told(await heard(world, Path(kind, name, ())), world)):
            found[name] = known
    assert found == {}
    assert await rows(world, tables) == before


async def test_a_patients_record_shows_only_what_is_theirs(world: World) -> None:
    patient = world.words["patientId"]
    fields = "plannedVisits { nodes { id } } pastVisits { nodes { id } } waitingList { nodes { id } } offers { id }"
    document = f"query Q($id: ID!) {{ node(id: $id) {{ ... on Patient {{ {fields} calls {{ nodes {{ id }} }} }} }} }}"
    answer = await world.rita.ask(document, id=patient)
    assert [answer[name] for name in ("plannedVisits", "pastVisits", "waitingList", "calls")] == [{"nodes": []}] * 4
    assert answer["offers"] == []


CANCEL = "mutation M($id: ID!) { cancelFor(input: { visitId: $id }) { __typename ... on Problem { message } } }"


async def test_an_action_is_refused_by_its_type(world: World) -> None:
    refused = await world.rita.ask(CANCEL, id=world.theirs["Visit"])
    assert refused["__typename"] == "ClinicNotYours"
    assert "is not yours" in refused["message"]
    assert (await Visit.get(id=world.visit.id)).status == "BOOKED"
    accept = "mutation M($id: ID!) { acceptOffer(input: { offerId: $id }) { __typename } }"
    assert (await world.rita.ask(accept, id=world.theirs["Offer"]))["__typename"] == "ClinicNotYours"
    declined = "mutation M($id: ID!) { declineOffer(input: { offerId: $id }) }"
    assert await world.rita.code(declined, id=world.theirs["Offer"]) == "FORBIDDEN"


async def test_work_in_their_own_clinics_is_still_possible(world: World) -> None:
    own = world.words["visitId"]
    assert [one["id"] for one in (await world.rita.ask("{ visits(filter: {}) { nodes { id } } }"))["nodes"]] == [own]
    assert (await world.rita.ask(CANCEL, id=own))["__typename"] == "Visit"


async def test_a_limit_applies_at_once_and_not_to_administrators(world: World) -> None:
    await Account.filter(id=world.account.id).update(role=Role.ADMINISTRATOR)
    seen = await world.rita.ask('{ visits(filter: { day: "2026-11-26" }) { nodes { id } } }')
    assert world.theirs["Visit"] in [one["id"] for one in seen["nodes"]]
    await Account.filter(id=world.account.id).update(role=Role.RECEPTIONIST)
    assert (await world.rita.ask('{ visits(filter: { day: "2026-11-26" }) { nodes { id } } }'))["nodes"] == []
    await Account.filter(id=world.account.id).update(clinic_ids=None)
    assert (await world.rita.ask(CANCEL, id=world.theirs["Visit"]))["__typename"] == "Visit"


async def test_an_absence_is_reported_only_by_staff_of_all_the_doctors_clinics(world: World) -> None:
    doctor = await cast.doctor(world.mine, world.visit.clinic, last_name="Obojga")
    begin = cast.warsaw(27, 8)
    document = """mutation M($doctor: ID!, $from: DateTime!, $until: DateTime!) {
        reportAbsence(input: { doctorId: $doctor, from: $from, until: $until, reason: "x" }) { __typename } }"""
    times = {"from": begin.isoformat(), "until": (begin + timedelta(hours=8)).isoformat()}
    assert (await world.rita.ask(document, doctor=id_of(doctor), **times))["__typename"] == "ClinicNotYours"
    assert (await world.rita.ask(document, doctor=world.words["doctorId"], **times))["__typename"] == "AbsenceReport"
    assert await database.fetch("SELECT 1 FROM absence WHERE doctor_id = :id::uuid", {"id": doctor.id}) == []
