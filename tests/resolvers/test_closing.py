"""Closing through the API: an administrator previews, closes and reopens; refusals name what is closed."""

from datetime import date

import pytest

from infra import clock
from models.schedules.schedule import Schedule
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from tests import cast
from tests.support.client import Client, client_of, id_of
from tests.support.schedules import TUESDAY, line, publish
from tests.support.visits import book_for

CHANGES = """withdrawnSlots endedHolds withdrawnOffers schedules { id } waitingListEntries visitsTotal
    visits(first: 1) { nodes { id patient { lastName } } pageInfo { hasNextPage endCursor } }"""
PREVIEW = """mutation M($input: CloseClinicInput!) { previewCloseClinic(input: $input) {
    __typename ... on ClosingChanges { %s } ... on Problem { message } } }"""
CLOSE = """mutation M($input: CloseClinicInput!) { closeClinic(input: $input) {
    __typename ... on ClosedClinic { clinic { closedFrom } changes { %s } } ... on ClinicClosed { closedFrom } } }"""
REOPEN = (
    "mutation M($input: ReopenClinicInput!) { reopenClinic(input: $input) { ... on ReopenedClinic { restoredSlots } } }"
)
RETIRE = """mutation M($input: RetireDoctorInput!) { retireDoctor(input: $input) {
    ... on RetiredDoctor { doctor { retiredFrom } changes { visitsTotal } } } }"""
REINSTATE = """mutation M($input: ReinstateDoctorInput!) { reinstateDoctor(input: $input) {
    ... on ReinstatedDoctor { doctor { retiredFrom } restoredSlots } } }"""
BOOK = """mutation M($input: BookVisitInput!) { bookVisit(input: $input) {
    __typename ... on SlotNotBookable { reason message } } }"""
PUBLISH = """mutation M($input: PublishScheduleInput!) { publishSchedule(input: $input) {
    __typename ... on ClinicClosed { closedFrom message } ... on DoctorRetired { retiredFrom } } }"""
WEEK = {
    "validFrom": "2026-12-07",
    "lines": [{"weekday": "FRIDAY", "from": "08:00", "until": "09:00", "slotMinutes": 30}],
}


class Place:
    def __init__(self, clinic: Clinic, doctor: Doctor, schedule: Schedule, adam: Client) -> None:
        self.clinic, self.doctor, self.schedule, self.adam = clinic, doctor, schedule, adam


@pytest.fixture
async def place(fresh: None) -> Place:
    """A clinic with four slots on the first of December, two of them booked by telephone."""
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor, until = await cast.doctor(clinic), date(2026, 12, 1)
    days = {"valid_from": TUESDAY, "valid_until": until}
    schedule, plan = await publish(adam, doctor, clinic, line(2, 8, 10, 30), **days)
    december = [slot for slot in plan.fresh if clock.local(slot.starts_at).date() == until]
    dorota = await cast.dorota(adam)
    for slot in december[:2]:
        await book_for(adam, dorota, slot)
    return Place(clinic, doctor, schedule, await client_of(adam))


async def test_an_administrator_sees_what_closing_means_and_does_it(place: Place) -> None:
    closing = {"clinicId": id_of(place.clinic), "from": "2026-12-01"}
    told = await place.adam.ask(PREVIEW % CHANGES, input=closing)
    assert (told["withdrawnSlots"], told["visitsTotal"], told["schedules"]) == (2, 2, [{"id": id_of(place.schedule)}])
    assert told["visits"]["pageInfo"]["hasNextPage"], "the list has pages"
    done = await place.adam.ask(CLOSE % CHANGES, input=closing)
    assert done["clinic"] == {"closedFrom": "2026-12-01"}
    assert {**done["changes"], "__typename": "ClosingChanges", "visits": None} == {**told, "visits": None}
    later = await place.adam.ask(CLOSE % CHANGES, input=closing | {"from": "2026-12-08"})
    assert later == {"__typename": "ClinicClosed", "closedFrom": "2026-12-01"}
    [call, _] = await place.adam.ask('{ callList(day: "2026-12-01") { reason } }')
    assert call == {"reason": "PLACE_CLOSED"}
    assert await place.adam.ask(REOPEN, input={"clinicId": id_of(place.clinic)}) == {"restoredSlots": 2}


async def test_what_is_closed_is_refused_by_name_and_shown_to_staff_alone(place: Place, anna: Client) -> None:
    free = await anna.ask(
        "query Q($f: FreeSlotsFilter!) { freeSlots(filter: $f) { nodes { id startsAt } } }",
        f={"clinicId": id_of(place.clinic)},
    )
    await place.adam.ask(CLOSE % CHANGES, input={"clinicId": id_of(place.clinic), "from": "2026-12-01"})
    refused = await anna.ask(BOOK, input={"slotId": free["nodes"][-1]["id"]})
    assert (refused["__typename"], refused["reason"]) == ("SlotNotBookable", "CLOSED")
    week = {"doctorId": id_of(place.doctor), "clinicId": id_of(place.clinic), **WEEK}
    published = await place.adam.ask(PUBLISH, input=week)
    assert (published["__typename"], published["closedFrom"]) == ("ClinicClosed", "2026-12-01")
    assert "2026-12-01" in published["message"]
    with clock.pinned(cast.warsaw(1, 9, month=12)):
        staff, patient = await client_of(await cast.rita()), await client_of(await cast.borys())
        clinics, doctors = (
            "{ clinics { nodes { closedFrom doctors { nodes { id } } } } }",
            "{ doctors { nodes { clinics { id } } } }",
        )
        assert (await staff.ask(clinics))["nodes"][0]["closedFrom"] == "2026-12-01"
        assert len((await staff.ask(doctors))["nodes"][0]["clinics"]) == 1
        for somebody in (patient, Client()):
            assert (await somebody.ask(clinics))["nodes"] == []
            assert (await somebody.ask(doctors))["nodes"] == [{"clinics": []}]


async def test_a_doctor_retires_and_comes_back(place: Place) -> None:
    doctor = {"doctorId": id_of(place.doctor)}
    gone = await place.adam.ask(RETIRE, input=doctor | {"from": "2026-12-01"})
    assert gone == {"doctor": {"retiredFrom": "2026-12-01"}, "changes": {"visitsTotal": 2}}
    week = {**doctor, "clinicId": id_of(place.clinic), **WEEK}
    assert (await place.adam.ask(PUBLISH, input=week))["retiredFrom"] == "2026-12-01"
    with clock.pinned(cast.warsaw(1, 9, month=12)):
        assert (await Client().ask("{ doctors { nodes { id } } }"))["nodes"] == []
        assert (await Client().ask("{ clinics { nodes { doctors { nodes { id } } } } }"))["nodes"] == [
            {"doctors": {"nodes": []}}
        ]
    assert await place.adam.ask(REINSTATE, input=doctor) == {"doctor": {"retiredFrom": None}, "restoredSlots": 2}
