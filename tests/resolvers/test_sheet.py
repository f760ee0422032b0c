"""Reception's sheet: all slots of a day, their states and patients, in a constant number of statements."""

from typing import Any

import pytest

from infra import clock
from models.accounts.account import Account
from models.schedules import single_slots
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.waiting import freed_slots
from tests import cast
from tests.support.execution import ask, code, do, id_of
from tests.support.schedules import join_waiting_list, report_absence
from tests.support.statement_count import count_statements
from tests.support.visits import book, book_for, cancel, hold, patient_of

SLOTS = """query($filter: SlotsFilter!, $first: Int! = 100, $after: String) {
    slots(filter: $filter, first: $first, after: $after) {
        nodes { id startsAt state heldUntil blockReason doctor { lastName } absence { reason }
            offer { patient { lastName } } visit { reference patient { lastName phone } } }
        pageInfo { hasNextPage endCursor } } }"""
DAY = {"day": "2026-11-24"}


async def sheet(rita: Account, **more: Any) -> list[Any]:
    found = await ask(rita, SLOTS, filter={**DAY, **more})
    nodes: list[Any] = found["nodes"]
    return nodes


@pytest.fixture
async def day() -> tuple[Account, Clinic, list[Slot]]:
    """One doctor's slots of the day, one in each state."""
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 8, at=clinic, by=doctor)
    await hold(anna, slots[1])
    await book(borys, slots[4])
    await single_slots.block(slots[5].id, "remont", by=rita)
    await Slot.filter(id=slots[7].id).update(withdrawn_at=clock.now())
    clock.advance(cast.warsaw(23, 9, 1) - clock.now())
    await report_absence(rita, doctor, 24, 10, 11)
    visit = await book(borys, slots[2])
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    await Slot.filter(id=slots[3].id).update(queued_at=clock.now())
    return rita, clinic, slots


async def test_every_slot_of_the_day_is_there_with_what_has_become_of_it(
    day: tuple[Account, Clinic, list[Slot]],
) -> None:
    rita, _clinic, slots = day
    found = await sheet(rita)
    assert [(node["id"], node["state"]) for node in found] == [
        (id_of(slot), state)
        for slot, state in zip(
            slots[:7], ["FREE", "HELD", "OFFERED", "KEPT", "BOOKED", "BLOCKED", "ABSENT"], strict=True
        )
    ]
    assert found[1]["heldUntil"] is not None
    assert found[2]["offer"] == {"patient": {"lastName": "Żółć"}}
    assert found[4]["visit"]["patient"] == {"lastName": "Nowak", "phone": "+48501234567"}
    assert found[5]["blockReason"] == "remont"
    assert found[6]["absence"] == {"reason": "choroba"}
    assert [node["state"] for node in await sheet(rita, states=["WITHDRAWN", "ABSENT"])] == ["ABSENT", "WITHDRAWN"]


async def test_one_slot_fetched_by_its_id_is_in_the_same_state(day: tuple[Account, Clinic, list[Slot]]) -> None:
    rita, _clinic, slots = day
    states = {node["id"]: node["state"] for node in await sheet(rita)}
    for slot in slots[:7]:
        one = await ask(rita, "query($id: ID!) { node(id: $id) { ... on Slot { state } } }", id=id_of(slot))
        assert one["state"] == states[id_of(slot)]


async def test_a_booked_slot_whose_doctor_will_be_absent_is_booked_and_says_so() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    await book(anna, await cast.slot(at=clinic, by=doctor))
    await report_absence(rita, doctor, 24)
    [node] = await sheet(rita)
    assert (node["state"], node["absence"]) == ("BOOKED", {"reason": "choroba"})


async def test_conditions_narrow_the_sheet_and_pages_neither_skip_nor_repeat() -> None:
    rita, one, two = await cast.rita(), await cast.clinic("Poradnia A"), await cast.clinic("Poradnia B")
    zofia, adam = await cast.doctor(one, last_name="Zawada"), await cast.doctor(two, last_name="Adamska")
    for doctor, clinic in ((zofia, one), (adam, two)):
        await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=doctor)
    whole = await sheet(rita)
    assert [node["doctor"]["lastName"] for node in whole] == ["Adamska", "Zawada"] * 3
    for conditions, names in (
        ({"clinicIds": [id_of(one)]}, {"Zawada"}),
        ({"doctorIds": [id_of(adam)]}, {"Adamska"}),
        ({"clinicIds": [id_of(one)], "doctorIds": [id_of(adam)]}, set()),
        ({"states": []}, set()),
    ):
        assert {node["doctor"]["lastName"] for node in await sheet(rita, **conditions)} == names
    for first in (1, 2, 5):
        seen, after = list[str](), None
        while True:
            page = await ask(rita, SLOTS, filter=DAY, first=first, after=after)
            seen += [node["id"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert seen == [node["id"] for node in whole]
    week = {"from": "2026-11-24T08:20:00+01:00", "until": "2026-11-24T08:40:00+01:00"}
    assert len((await ask(rita, SLOTS, filter=week))["nodes"]) == 2


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"from": "2026-11-24T00:00:00+01:00"},
        {**DAY, "from": "2026-11-24T00:00:00+01:00", "until": "2026-11-25T00:00:00+01:00"},
        {"from": "2026-11-24T00:00:00+01:00", "until": "2026-12-25T00:00:01+01:00"},
    ],
)
async def test_a_sheet_is_of_a_day_or_of_a_month_at_most(conditions: dict[str, Any]) -> None:
    assert await code(await cast.rita(), SLOTS, filter=conditions) == "BAD_USER_INPUT"


async def test_a_sheet_of_many_visits_costs_as_many_statements_as_one_of_few() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    slots = await cast.morning(cast.warsaw(24, 8).date(), 12, at=clinic, by=await cast.doctor(clinic))
    patients = await cast.rivals(12)
    await book(patients[0], slots[0])
    _, for_one = await count_statements(sheet(rita))
    for patient, slot in zip(patients[1:], slots[1:], strict=True):
        await book(patient, slot)
    found, for_twelve = await count_statements(sheet(rita))
    assert len([node for node in found if node["visit"]]) == 12
    assert for_twelve == for_one


async def test_what_came_of_calls_is_on_the_list_and_on_the_patients_card() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    visit = await book_for(rita, dorota, await cast.slot())
    called = await do(
        rita,
        "markCalled",
        visitId=id_of(visit),
        outcome="NO_ANSWER",
        againAt="2026-11-23T15:00:00+01:00",
        note="nie odbiera",
    )
    assert called["__typename"] == "Visit"
    told = "{ outcome againAt note staffName visit { id } }"
    tried = {
        "outcome": "NO_ANSWER",
        "againAt": "2026-11-23T15:00:00+01:00",
        "note": "nie odbiera",
        "staffName": "Rita Recepcyjna",
        "visit": {"id": id_of(visit)},
    }
    listed = await ask(rita, '{ callList(day: "2026-11-24") { calls %s } }' % told)  # noqa: UP031 - full of braces
    assert listed == [{"calls": [tried]}]
    asked = "query($id: ID!) { node(id: $id) { ... on Patient { calls { nodes { id ...on Call %s } } } } }" % told  # noqa: UP031 - full of braces
    [card] = (await ask(rita, asked, id=id_of(dorota)))["calls"]["nodes"]
    again = await ask(rita, "query($id: ID!) { node(id: $id) { ... on Call %s } }" % told, id=card.pop("id"))  # noqa: UP031 - full of braces
    assert card == again == tried
    refused = await do(rita, "markCalled", visitId=id_of(visit), againAt="2026-11-23T15:00:00+01:00")
    assert refused["__typename"] == "InvalidInput"


async def test_a_mark_is_taken_back_and_history_says_by_whom() -> None:
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), await cast.slot())
    with clock.pinned(visit.starts_at):
        await do(rita, "markArrived", visitId=id_of(visit))
        clock.advance(cast.warsaw(24, 10, 1) - clock.now())
        undone = await do(
            rita, "undoStatus", "... on Visit { status history { kind staffName reason } }", visitId=id_of(visit)
        )
    assert undone["status"] == "BOOKED"
    assert undone["history"][-1] == {"kind": "UNDONE", "staffName": "Rita Recepcyjna", "reason": None}
    refused = await do(rita, "undoStatus", "... on StatusNotChangeable { reason }", visitId=id_of(visit))
    assert (refused["__typename"], refused["reason"]) == ("StatusNotChangeable", "NOT_MARKED")
    long = await do(
        rita, "undoStatus", "... on InvalidInput { fields { code } }", visitId=id_of(visit), reason="x" * 501
    )
    assert long["fields"] == [{"code": "TOO_LONG"}]


async def test_free_slots_and_messages_of_one_local_day() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    for day, hour in ((24, 0), (24, 23), (25, 0)):
        await cast.slot(cast.warsaw(day, hour), at=clinic, by=doctor)
    asked = "query($f: FreeSlotsFilter!) { freeSlots(filter: $f) { nodes { startsAt } } }"
    found = await ask(anna, asked, f={"clinicId": id_of(clinic), **DAY})
    assert [node["startsAt"][:13] for node in found["nodes"]] == ["2026-11-24T00", "2026-11-24T23"]
    await book(anna, await Slot.get(starts_at=cast.warsaw(24, 23)))
    messages = "query($f: MessagesFilter!) { messages(filter: $f) { nodes { kind } } }"
    for on, count in (("2026-11-23", 1), ("2026-11-22", 0), ("2026-11-24", 0)):
        assert len((await ask(rita, messages, f={"day": on}))["nodes"]) == count


async def test_a_walk_in_who_was_seen_is_recorded_with_a_reason() -> None:
    rita, anna, slot = await cast.rita(), await cast.anna(), await cast.slot(cast.warsaw(23, 8))
    given = {"patientId": id_of(patient_of(anna)), "slotId": id_of(slot), "overrideReason": "z bólem, bez rezerwacji"}
    recorded = await do(rita, "recordVisit", "... on Visit { status history { kind overrideReason } }", **given)
    assert recorded["status"] == "FULFILLED"
    assert recorded["history"] == [{"kind": "RECORDED", "overrideReason": "z bólem, bez rezerwacji"}]
    assert (await do(rita, "recordVisit", **given))["__typename"] == "SlotTaken"
    unknown = {**given, "patientId": "Patient_" + "A" * 22}
    assert (await do(rita, "recordVisit", **unknown))["__typename"] == "PatientNotFound"
