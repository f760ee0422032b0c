"""Schedules through the API, with documents as reception sends them."""

from datetime import timedelta
from typing import Any

import pytest

from infra import clock
from models.outbox import Message, MessageKind
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from schema.scalars import public_id
from tests import cast
from tests.support.execution import ask, codes
from tests.support.schedules import TUESDAY, line, publish
from tests.support.visits import book

CHANGES = """
    days { date newSlots withdrawnSlots } newSlots withdrawnSlots { id startsAt } visitsOutside { reference startsAt }
"""
REFUSED = """
    ... on Problem { message } ... on InvalidInput { fields { path code } }
    ... on SlotsOverlap { slots { startsAt endsAt clinic { name } } }
"""
PUBLISH = f"""
    mutation Publish($input: PublishScheduleInput!) {{ publishSchedule(input: $input) {{ __typename
        ... on PublishedSchedule {{ schedule {{ id filledUntil doctor {{ fullName }} clinic {{ name }} onSundays
            lines {{ weekday from until slotMinutes breaks {{ from until }} }} }} changes {{ {CHANGES} }} }}
        {REFUSED} }} }}
"""
PREVIEW = f"""
    mutation Preview($input: PublishScheduleInput!) {{ previewSchedule(input: $input) {{ __typename
        ... on ScheduleChanges {{ {CHANGES} }} {REFUSED} }} }}
"""
REPORT = """
    mutation Report($input: ReportAbsenceInput!) { reportAbsence(input: $input) { __typename
        ... on AbsenceReport { absence { id reason doctor { lastName } endsAt } withdrawnSlots
            affectedVisits { visit { reference startsAt } patient { lastName email phone }
                offer { id reason answer expiresAt slot { startsAt } visitId } } }
        ... on InvalidInput { fields { path code } } } }
"""
ADD = """mutation Add($input: AddSlotInput!) { addSlot(input: $input) { __typename
    ... on Slot { id startsAt endsAt isFree }
    ... on SlotsOverlap { message slots { startsAt } } ... on InvalidInput { fields { path } } } }"""
WITHDRAW = """mutation Withdraw($input: WithdrawSlotsInput!) { withdrawSlots(input: $input) { __typename
    ... on WithdrawnSlots { count } ... on SlotsNotFree { message slots { id } } } }"""
BLOCK = (
    """mutation Block($input: BlockSlotInput!) { blockSlot(input: $input) { __typename ... on Slot { id isFree } } }"""
)


CHANGE = f"""
    mutation Change($input: ChangeScheduleInput!) {{ changeSchedule(input: $input) {{ __typename
        ... on ChangedSchedule {{ before {{ id validUntil }} schedule {{ id validFrom validUntil }}
            changes {{ {CHANGES} withdrawnTotal }} }}
        {REFUSED} }} }}
"""
PREVIEW_CHANGE = f"""
    mutation PreviewChange($input: ChangeScheduleInput!) {{ previewScheduleChange(input: $input) {{ __typename
        ... on ScheduleChanges {{ {CHANGES} withdrawnTotal }} {REFUSED} }} }}
"""
PREVIEW_ABSENCE = """
    mutation PreviewAbsence($input: ReportAbsenceInput!) { previewAbsence(input: $input) { __typename
        ... on AbsencePreview { withdrawnSlots affectedVisits { reference } }
        ... on InvalidInput { fields { path code message } } } }
"""


async def place() -> tuple[Clinic, Doctor]:
    clinic = await cast.clinic()
    return clinic, await cast.doctor(clinic)


def week_of(doctor: Doctor, clinic: Clinic, **more: Any) -> dict[str, Any]:
    lines = [
        {
            "weekday": "TUESDAY",
            "from": "08:00",
            "until": "10:00",
            "slotMinutes": 30,
            "breaks": [{"from": "08:30", "until": "09:00"}],
        }
    ]
    return {
        "doctorId": public_id("Doctor", doctor.id),
        "clinicId": public_id("Clinic", clinic.id),
        "lines": lines,
        "validFrom": "2026-11-24",
        "validUntil": "2026-11-24",
        **more,
    }


async def test_reception_previews_and_publishes_a_week() -> None:
    clinic, doctor = await place()
    rita, input_ = await cast.rita(), week_of(doctor, clinic)
    preview = await ask(rita, PREVIEW, input=input_)
    assert await Slot.all().count() == 0
    published = await ask(rita, PUBLISH, input=input_)
    assert published["changes"] == {name: value for name, value in preview.items() if name != "__typename"}
    assert published["changes"]["days"] == [{"date": "2026-11-24", "newSlots": 3, "withdrawnSlots": 0}]
    schedule = published["schedule"]
    assert schedule["lines"] == input_["lines"]
    assert schedule["clinic"] == {"name": "Poradnia kardiologiczna"}
    listed = await ask(rita, "query($id: ID!) { schedules(doctorId: $id) { id validFrom } }", id=input_["doctorId"])
    assert listed == [{"id": schedule["id"], "validFrom": "2026-11-24"}]


async def test_changing_a_week_lists_the_visits_that_fall_outside() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    published = await ask(rita, PUBLISH, input=week_of(doctor, clinic))
    visit = await book(anna, await Slot.filter(starts_at=cast.warsaw(24, 8)).get())
    afternoon = [{"weekday": "TUESDAY", "from": "14:00", "until": "15:00", "slotMinutes": 30}]
    changed = week_of(doctor, clinic, scheduleId=published["schedule"]["id"], lines=afternoon)
    done = (await ask(rita, PUBLISH, input=changed))["changes"]
    assert done["visitsOutside"] == [{"reference": visit.reference, "startsAt": "2026-11-24T08:00:00+01:00"}]
    assert [slot["startsAt"][11:16] for slot in done["withdrawnSlots"]] == ["09:00", "09:30"]


async def test_the_end_of_a_day_is_written_as_midnight() -> None:
    clinic, doctor = await place()
    night = [{"weekday": "TUESDAY", "from": "23:00", "until": "00:00", "slotMinutes": 30}]
    published = await ask(await cast.rita(), PUBLISH, input=week_of(doctor, clinic, lines=night))
    assert published["changes"]["newSlots"] == 2
    assert published["schedule"]["lines"][0]["until"] == "00:00"


async def test_a_clash_names_the_slots_and_their_clinic() -> None:
    here, there = await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor, rita = await cast.doctor(here, there), await cast.rita()
    await publish(rita, doctor, here, line(2, 9, 10), valid_until=TUESDAY)
    for document in (PREVIEW, PUBLISH):
        refused = await ask(rita, document, input=week_of(doctor, there))
        assert refused["__typename"] == "SlotsOverlap"
        assert refused["message"].startswith("The doctor already has slots at this time")
        assert [slot["clinic"]["name"] for slot in refused["slots"]] == ["Poradnia kardiologiczna"] * 2


async def test_a_flawed_template_is_named_by_its_lines() -> None:
    clinic, doctor = await place()
    lines = [{"weekday": "TUESDAY", "from": "10:00", "until": "09:00", "slotMinutes": 3}]
    refused = await ask(await cast.rita(), PUBLISH, input=week_of(doctor, clinic, lines=lines))
    assert [field["path"] for field in refused["fields"]] == [["lines", "0", "until"], ["lines", "0", "slotMinutes"]]


async def test_single_slots_are_added_withdrawn_and_blocked() -> None:
    clinic, doctor = await place()
    rita = await cast.rita()
    where = {"doctorId": public_id("Doctor", doctor.id), "clinicId": public_id("Clinic", clinic.id), "minutes": 20}
    one = await ask(rita, ADD, input={**where, "startsAt": "2026-11-24T18:00:00+01:00"})
    assert (one["endsAt"], one["isFree"]) == ("2026-11-24T18:20:00+01:00", True)
    clash = await ask(rita, ADD, input={**where, "startsAt": "2026-11-24T18:10:00+01:00"})
    assert clash["slots"] == [{"startsAt": "2026-11-24T18:00:00+01:00"}]
    two = await ask(rita, ADD, input={**where, "startsAt": "2026-11-24T19:00:00+01:00"})
    blocked = await ask(rita, BLOCK, input={"slotId": two["id"], "reason": "przegląd"})
    assert (blocked["id"], blocked["isFree"]) == (two["id"], False)
    await book(await cast.anna(), await Slot.get(starts_at=cast.warsaw(24, 18)))
    taken = await ask(rita, WITHDRAW, input={"slotIds": [one["id"]]})
    assert (taken["__typename"], taken["slots"]) == ("SlotsNotFree", [{"id": one["id"]}])


async def test_an_absence_is_reported_and_ended() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    slots = await cast.morning(TUESDAY, 2, at=clinic, by=doctor)
    await cast.morning(TUESDAY + timedelta(days=1), 1, at=clinic, by=doctor)
    visit = await book(anna, slots[0])
    period = {"from": "2026-11-24T00:00:00+01:00", "until": "2026-11-25T00:00:00+01:00"}
    report = await ask(rita, REPORT, input={"doctorId": public_id("Doctor", doctor.id), "reason": "choroba", **period})
    assert report["withdrawnSlots"] == 1
    [affected] = report["affectedVisits"]
    assert affected["visit"]["reference"] == visit.reference
    assert affected["patient"] == {"lastName": "Żółć", "email": "anna@example.pl", "phone": "+48501234567"}
    assert affected["offer"]["slot"] == {"startsAt": "2026-11-25T08:00:00+01:00"}
    assert (affected["offer"]["reason"], affected["offer"]["answer"]) == ("DOCTOR_ABSENT", "OPEN")
    assert affected["offer"]["visitId"] == public_id("Visit", visit.id)
    listed = "query($id: ID!) { absences(doctorId: $id) { id reason } }"
    of_doctor: dict[str, Any] = {"id": public_id("Doctor", doctor.id)}
    absence = {"id": report["absence"]["id"], "reason": "choroba"}
    assert await ask(rita, listed, **of_doctor) == [absence]
    end = "mutation($id: ID!) { endAbsence(input: {absenceId: $id}) { endedAt } }"
    assert (await ask(rita, end, id=absence["id"]))["endedAt"] == "2026-11-23T09:00:00+01:00"
    assert await ask(rita, listed, **of_doctor) == []
    assert await ask(rita, end, id=public_id("Absence", doctor.id)) is None


async def test_administration_keeps_clinics_and_doctors() -> None:
    adam = await cast.adam()
    clinic = await ask(
        adam,
        """mutation { openClinic(input: {name: "Poradnia serca", address: "ul. Długa 1", phone: "22 111 11 11",
            daysAhead: 30}) { ... on Clinic { id name rules { daysAhead minimumNoticeMinutes } } } }""",
    )
    assert clinic["rules"] == {"daysAhead": 30, "minimumNoticeMinutes": 60}
    changed = await ask(
        adam,
        """mutation($id: ID!) { changeClinic(input: {clinicId: $id, cancelUntilMinutes: 60})
            { ... on Clinic { name rules { daysAhead cancelUntilMinutes } } } }""",
        id=clinic["id"],
    )
    assert changed == {"name": "Poradnia serca", "rules": {"daysAhead": 30, "cancelUntilMinutes": 60}}
    doctor = await ask(
        adam,
        """mutation($id: ID!) { addDoctor(input: {firstName: "Ewa", lastName: "Nowa", specialties: ["kardiolog"],
            licence: "5425740", clinicIds: [$id]}) { ... on Doctor { id fullName clinics { name } } } }""",
        id=clinic["id"],
    )
    assert doctor["clinics"] == [{"name": "Poradnia serca"}]
    change = """mutation($id: ID!) { changeDoctor(input: {doctorId: $id, title: "lek.", licence: "5425741"})
        { ... on Doctor { fullName } ... on InvalidInput { fields { path code } } } }"""
    refused = await ask(adam, change, id=doctor["id"])
    assert refused["fields"] == [{"path": ["licence"], "code": "MALFORMED"}]
    renamed = await ask(adam, change.replace(', licence: "5425741"', ""), id=doctor["id"])
    assert renamed == {"fullName": "lek. Ewa Nowa"}


@pytest.mark.parametrize(("who", "code"), [("nobody", "UNAUTHENTICATED"), ("anna", "FORBIDDEN"), ("rita", "FORBIDDEN")])
async def test_only_administration_changes_clinics_and_doctors(who: str, code: str) -> None:
    account = None if who == "nobody" else await getattr(cast, who)()
    clinic, doctor = await place()
    ids = {"id": public_id("Doctor", doctor.id), "clinic": public_id("Clinic", clinic.id)}
    for administrators in (
        """mutation { openClinic(input: {name: "a", address: "b", phone: "c"}) { __typename } }""",
        """mutation($clinic: ID!) { changeClinic(input: {clinicId: $clinic}) { __typename } }""",
        """mutation($clinic: ID!) { addDoctor(input: {firstName: "A", lastName: "B", specialties: [],
            clinicIds: [$clinic]}) { __typename } }""",
        """mutation($id: ID!) { changeDoctor(input: {doctorId: $id}) { __typename } }""",
    ):
        assert await codes(account, administrators, **ids) == [code]


@pytest.mark.parametrize(("who", "code"), [("nobody", "UNAUTHENTICATED"), ("anna", "FORBIDDEN")])
async def test_only_the_desk_plans(who: str, code: str) -> None:
    account = None if who == "nobody" else await getattr(cast, who)()
    clinic, doctor = await place()
    ids = {"id": public_id("Doctor", doctor.id), "clinic": public_id("Clinic", clinic.id)}
    slot = public_id("Slot", (await cast.slot(at=clinic, by=doctor)).id)
    begin = {"from": "2026-11-24T00:00:00+01:00", "until": "2026-11-25T00:00:00+01:00"}
    for document, input_ in (
        (PUBLISH, week_of(doctor, clinic)),
        (PREVIEW, week_of(doctor, clinic)),
        (CHANGE, {"scheduleId": public_id("Schedule", doctor.id), "from": "2026-11-24", "lines": []}),
        (PREVIEW_CHANGE, {"scheduleId": public_id("Schedule", doctor.id), "from": "2026-11-24", "lines": []}),
        (PREVIEW_ABSENCE, {"doctorId": ids["id"], "reason": "x", **begin}),
        (WITHDRAW, {"slotIds": [slot]}),
        (BLOCK, {"slotId": slot, "reason": "x"}),
        (REPORT, {"doctorId": ids["id"], "reason": "x", **begin}),
        (ADD, {"doctorId": ids["id"], "clinicId": ids["clinic"], "minutes": 20, "startsAt": begin["until"]}),
    ):
        assert await codes(account, document, input=input_) == [code]
    assert await codes(account, "query($id: ID!) { schedules(doctorId: $id) { id } }", **ids) == [code]
    assert await codes(account, "query($id: ID!) { absences(doctorId: $id) { id } }", **ids) == [code]
    assert await Slot.filter(withdrawn_at=None).count() == 1


async def test_a_template_is_changed_from_a_given_day_as_its_preview_says() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    published = await ask(rita, PUBLISH, input=week_of(doctor, clinic, validUntil="2026-12-01"))
    visit = await book(anna, await Slot.filter(starts_at=cast.warsaw(1, 8, month=12)).get())
    change = {
        "scheduleId": published["schedule"]["id"],
        "from": "2026-12-01",
        "lines": [{"weekday": "TUESDAY", "from": "14:00", "until": "15:00", "slotMinutes": 30}],
    }
    preview = await ask(rita, PREVIEW_CHANGE, input=change)
    assert await Slot.filter(withdrawn_at=None).count() == 6
    done = await ask(rita, CHANGE, input=change)
    assert done["changes"] == {name: value for name, value in preview.items() if name != "__typename"}
    assert done["changes"]["withdrawnTotal"] == 2
    assert done["changes"]["visitsOutside"] == [{"reference": visit.reference, "startsAt": "2026-12-01T08:00:00+01:00"}]
    assert done["before"] == {"id": change["scheduleId"], "validUntil": "2026-11-30"}
    assert (done["schedule"]["validFrom"], done["schedule"]["validUntil"]) == ("2026-12-01", "2026-12-01")
    ended = await ask(rita, CHANGE, input=change | {"lines": []})
    assert ended["schedule"] is None
    unknown = await ask(rita, CHANGE, input=change | {"scheduleId": public_id("Schedule", doctor.id)})
    assert unknown == {"__typename": "ScheduleNotFound", "message": "There is no such schedule."}
    late = await ask(rita, CHANGE, input=change | {"from": "2026-11-22"})
    assert late["fields"] == [{"path": ["from"], "code": "OUT_OF_RANGE"}]


async def test_an_absence_is_previewed_and_its_end_reaches_the_patient() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    visit = await book(anna, await cast.slot(at=clinic, by=doctor))
    await cast.slot(cast.warsaw(24, 11), at=clinic, by=doctor)
    wall = {
        "doctorId": public_id("Doctor", doctor.id),
        "reason": "x",
        "from": "2026-11-24T00:00",
        "until": "2026-11-25T00:00",
    }
    seen = await ask(rita, PREVIEW_ABSENCE, input=wall)
    assert seen == {
        "__typename": "AbsencePreview",
        "withdrawnSlots": 1,
        "affectedVisits": [{"reference": visit.reference}],
    }
    report = await ask(rita, REPORT, input=wall)
    assert (report["withdrawnSlots"], len(report["affectedVisits"])) == (1, 1)
    assert report["absence"]["endsAt"] == "2026-11-25T00:00:00+01:00"
    end = "mutation($id: ID!) { endAbsence(input: {absenceId: $id}) { endedAt } }"
    assert (await ask(rita, end, id=report["absence"]["id"]))["endedAt"]
    assert await Message.filter(kind=MessageKind.VISIT_TAKES_PLACE).count() == 2


@pytest.mark.parametrize(
    ("starts_at", "code"),
    [
        ("2027-03-28T02:30", "TIME_MISSING"),
        ("2027-03-28T02:00:00", "TIME_MISSING"),
        ("2026-10-25T02:30", "TIME_AMBIGUOUS"),
        ("2027-10-31T02:59", "TIME_AMBIGUOUS"),
        ("2026-11-27T10:00:30+01:00", "MALFORMED"),
        ("2026-11-27T10:00:30", "MALFORMED"),
        ("2026-11-27T10:00:00.5+01:00", "MALFORMED"),
    ],
)
async def test_a_slots_time_is_a_whole_minute_that_the_clocks_show_once(starts_at: str, code: str) -> None:
    clinic, doctor = await place()
    slot = {"doctorId": public_id("Doctor", doctor.id), "clinicId": public_id("Clinic", clinic.id), "minutes": 20}
    add = ADD.replace("fields { path }", "fields { path code message }")
    with clock.pinned(cast.warsaw(20, 9, month=10)):
        refused = await ask(await cast.rita(), add, input=slot | {"startsAt": starts_at})
    [field] = refused["fields"]
    assert (field["path"], field["code"]) == (["startsAt"], code)
    assert await Slot.all().count() == 0


@pytest.mark.parametrize(
    ("starts_at", "instant"),
    [
        ("2026-11-27T18:00", "2026-11-27T18:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ("2027-03-28T03:00", "2027-03-28T03:00:00+02:00"),
        ("2026-10-25T03:00", "2026-10-25T03:00:00+01:00"),
    ],
)
async def test_staff_give_the_clocks_time_or_say_which_of_two_it_is(starts_at: str, instant: str) -> None:
    clinic, doctor = await place()
    slot = {"doctorId": public_id("Doctor", doctor.id), "clinicId": public_id("Clinic", clinic.id), "minutes": 20}
    with clock.pinned(cast.warsaw(20, 9, month=10)):
        added = await ask(await cast.rita(), ADD, input=slot | {"startsAt": starts_at})
    assert added["startsAt"] == instant


@pytest.mark.parametrize("part", ["from", "until"])
async def test_a_templates_times_are_whole_minutes(part: str) -> None:
    clinic, doctor = await place()
    line_: dict[str, Any] = {"weekday": "TUESDAY", "from": "08:00", "until": "10:00", "slotMinutes": 30}
    line_["breaks"] = [{"from": "08:30", "until": "09:00"}]
    line_["breaks"][0][part] = "08:45:30"
    line_[part] = "09:30:01" if part == "until" else "08:00:01"
    refused = await ask(await cast.rita(), PUBLISH, input=week_of(doctor, clinic, lines=[line_]))
    paths = [field["path"] for field in refused["fields"] if field["code"] == "MALFORMED"]
    assert paths == [["lines", "0", part], ["lines", "0", "breaks", "0", part]]


async def test_filters_of_staff_take_the_clocks_time_and_patients_give_the_offset() -> None:
    clinic, doctor = await place()
    rita, anna = await cast.rita(), await cast.anna()
    await cast.slot(cast.warsaw(24, 10), at=clinic, by=doctor)
    free = """query($clinic: ID!, $begin: DateTime!) { freeSlots(filter: {clinicId: $clinic, from: $begin}) {
        nodes { startsAt } } }"""
    clinic_id = public_id("Clinic", clinic.id)
    assert len((await ask(rita, free, clinic=clinic_id, begin="2026-11-24T10:00"))["nodes"]) == 1
    assert len((await ask(rita, free, clinic=clinic_id, begin="2026-11-24T10:01"))["nodes"]) == 0
    for who in (anna, None):
        assert await codes(who, free, clinic=clinic_id, begin="2026-11-24T10:00") == ["BAD_USER_INPUT"]
    visits = "query($begin: DateTime!) { visits(filter: {from: $begin}) { nodes { id } } }"
    messages = "query($begin: DateTime!) { messages(filter: {from: $begin}) { nodes { id } } }"
    for document in (visits, messages):
        assert (await ask(rita, document, begin="2026-11-24T10:00"))["nodes"] == []
        assert await codes(rita, document, begin="2027-03-28T02:30") == ["BAD_USER_INPUT"]
