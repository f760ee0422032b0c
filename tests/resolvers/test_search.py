"""Search: anybody finds clinics, doctors and free slots, page by page, whatever they type."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from infra import clock
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from tests import cast
from tests.cast import warsaw
from tests.support.client import Client, id_of

HEART, EYES = "Poradnia kardiologiczna", "Poradnia okulistyczna Żółć"


async def pages(client: Client, document: str, first: int, **variables: Any) -> list[str]:
    """The ids of all rows, read page by page."""
    seen: list[str] = []
    after = None
    while True:
        page = await client.ask(document, first=first, after=after, **variables)
        ids = [node["id"] for node in page["nodes"]]
        info = page["pageInfo"]
        assert [edge["node"]["id"] for edge in page["edges"]] == ids
        assert 0 < len(ids) <= first
        assert info["hasPreviousPage"] == (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        seen += ids
        if not info["hasNextPage"]:
            return seen
        after = info["endCursor"]


async def names(client: Client, search: str) -> list[str]:
    return [node["name"] for node in (await client.ask("Clinics", search=search))["nodes"]]


async def starts(client: Client, clinic: Clinic, **conditions: Any) -> list[str]:
    found = await client.ask("FreeSlots", filter={"clinicId": id_of(clinic), **conditions}, first=100)
    return [node["startsAt"] for node in found["nodes"]]


async def test_a_clinic_is_answered_whole(nobody: Client) -> None:
    clinic = await cast.clinic(HEART, description="Serce.", days_ahead=30, minimum_notice_minutes=90)
    [told] = (await nobody.ask("Clinics"))["nodes"]
    assert told == {
        "id": id_of(clinic),
        "name": HEART,
        "description": "Serce.",
        "address": "ul. Długa 1, 00-238 Warszawa",
        "phone": "22 111 11 11",
        "rules": {
            "daysAhead": 30,
            "minimumNoticeMinutes": 90,
            "cancelUntilMinutes": 0,
            "plannedVisitsPerPatient": 3,
        },
    }


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("kardio", [HEART]),
        ("KARDIO", [HEART]),
        ("zolc", [EYES]),
        ("ŻÓŁĆ", [EYES]),
        ("  poradnia   k", [HEART]),
        ("", [HEART, EYES]),
        ("poradnia", [HEART, EYES]),
        ("neurolog", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("'; DROP TABLE clinic; --", []),
        ("\u0130\u1e9e\ufdfa", []),
    ],
)
async def test_clinics_are_found_by_any_part_of_their_name(search: str, found: list[str], nobody: Client) -> None:
    await cast.clinic(EYES)
    await cast.clinic(HEART)
    assert await names(nobody, search) == found


async def test_doctors_are_found_by_name_specialty_and_clinic(nobody: Client) -> None:
    heart, eyes = await cast.clinic(HEART), await cast.clinic(EYES)
    await cast.doctor(heart, last_name="Żak", first_name="Łukasz")
    await cast.doctor(eyes, last_name="Abacka", specialties=["okulista", "chirurg"])

    async def found(**variables: Any) -> list[str]:
        return [node["lastName"] for node in (await nobody.ask("Doctors", **variables))["nodes"]]

    assert await found() == ["Abacka", "Żak"]
    assert await found(search="zak luk") == ["Żak"]
    assert await found(search="CHIRURG") == ["Abacka"]
    assert await found(clinicId=id_of(heart)) == ["Żak"]
    assert await found(clinicId=id_of(heart), search="abacka") == []


async def test_a_doctor_is_answered_whole(nobody: Client) -> None:
    doctor = await cast.doctor(await cast.clinic())
    [told] = (await nobody.ask("Doctors"))["nodes"]
    assert told == {
        "id": id_of(doctor),
        "title": "dr n. med.",
        "firstName": "Ewa",
        "lastName": "Wiśniewska",
        "fullName": "dr n. med. Ewa Wiśniewska",
        "specialties": ["kardiolog"],
    }


@pytest.mark.parametrize("first", [1, 2, 3, 7, 100])
async def test_pages_neither_skip_nor_repeat(first: int, nobody: Client) -> None:
    clinics = [await cast.clinic("Poradnia bez zmian") for _ in range(3)]  # with equal names, the id decides the order
    doctors = [await cast.doctor(clinics[0]) for _ in range(4)]
    slots = [
        slot for doctor in doctors[:2] for slot in await cast.morning(date(2026, 11, 24), 3, at=clinics[0], by=doctor)
    ]
    assert set(await pages(nobody, "Clinics", first)) == {id_of(clinic) for clinic in clinics}
    assert set(await pages(nobody, "Doctors", first)) == {id_of(doctor) for doctor in doctors}
    found = await pages(nobody, "FreeSlots", first, filter={"clinicId": id_of(clinics[0])})
    assert sorted(found) == sorted(id_of(slot) for slot in slots)


async def test_a_page_goes_on_behind_the_last_row_seen_whatever_happened_to_it(nobody: Client, anna: Client) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(date(2026, 11, 24), 4, at=clinic, by=doctor)
    wanted = {"clinicId": id_of(clinic)}
    page = await nobody.ask("FreeSlots", filter=wanted, first=2)
    await anna.do("BookVisit", slotId=id_of(slots[1]))
    await cast.slot(warsaw(24, 7, 40), at=clinic, by=doctor)
    rest = await nobody.ask("FreeSlots", filter=wanted, first=2, after=page["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["nodes"]] == [id_of(slot) for slot in slots[2:]]


async def test_an_empty_page_has_no_cursors(nobody: Client) -> None:
    page = await nobody.ask("Clinics")
    assert page == {
        "nodes": [],
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


@pytest.mark.parametrize("first", [0, -1, 101, 2_147_483_647, -2_147_483_648])
async def test_a_page_has_one_to_a_hundred_rows(first: int, nobody: Client, anna: Client) -> None:
    clinic = id_of(await cast.clinic())
    codes = [
        await nobody.code("Clinics", first=first),
        await nobody.code("Doctors", first=first),
        await nobody.code("FreeSlots", filter={"clinicId": clinic}, first=first),
        await anna.code("AccessLog", first=first),
    ]
    assert codes == ["BAD_USER_INPUT"] * 4


@pytest.mark.parametrize(
    ("document", "first", "code"),
    [
        ("DoctorsOfClinics", 0, "BAD_USER_INPUT"),
        ("DoctorsOfClinics", -2_147_483_648, "BAD_USER_INPUT"),
        ("DoctorsOfClinics", 101, "QUERY_TOO_COMPLEX"),
        ("MyVisits", 0, "BAD_USER_INPUT"),
        ("MyVisits", 101, "BAD_USER_INPUT"),
        ("MyVisits", 2_147_483_647, "QUERY_TOO_COMPLEX"),
    ],
)
async def test_a_nested_page_also_has_one_to_a_hundred_rows_unless_too_costly(
    document: str, first: int, code: str, anna: Client
) -> None:
    await cast.clinic()
    assert await anna.code(document, first=first) == code


@pytest.mark.parametrize("cursor", ["", "x", "\0", "ąę", "A" * 100_000, "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "null"])
async def test_a_made_up_cursor_is_refused_everywhere(cursor: str, nobody: Client, anna: Client) -> None:
    clinic = id_of(await cast.clinic())
    for answer in (
        await nobody.code("Clinics", after=cursor),
        await nobody.code("Doctors", after=cursor),
        await nobody.code("FreeSlots", filter={"clinicId": clinic}, after=cursor),
        await nobody.code("DoctorsOfClinics", after=cursor),
        await anna.code("AccessLog", after=cursor),
        await anna.code("MyVisits", planned=cursor),
        await anna.code("MyVisits", past=cursor),
    ):
        assert answer == "BAD_USER_INPUT"


async def test_a_cursor_of_one_list_opens_no_other(nobody: Client) -> None:
    clinic = await cast.clinic()
    cursor = (await nobody.ask("Clinics"))["pageInfo"]["endCursor"]
    assert await nobody.code("Doctors", after=cursor) == "BAD_USER_INPUT"
    assert await nobody.code("FreeSlots", filter={"clinicId": id_of(clinic)}, after=cursor) == "BAD_USER_INPUT"
    assert await nobody.code("Clinics", after=cursor[:-1] + ("A" if cursor[-1] != "A" else "B")) == "BAD_USER_INPUT"


IDS = ["", "x", "Clinic", "Clinic_", "_", "\0", "Clinic_\0", "Clinic_ąę", "Clinic_" + "A" * 100_000, "Visit_x", 5, "١٢"]


@pytest.mark.parametrize("id_", IDS, ids=range(len(IDS)))
async def test_what_was_never_an_id_is_refused_everywhere(id_: Any, nobody: Client, anna: Client) -> None:
    for answer in (
        await nobody.code("Node", id=id_),
        await nobody.code("Doctors", clinicId=id_),
        await nobody.code("FreeSlots", filter={"clinicId": id_}),
        await nobody.code("FreeSlots", filter={"clinicId": id_of(await cast.clinic()), "doctorIds": [id_]}),
        await nobody.code("FreeDays", clinicId=id_, **{"from": "2026-11-24", "until": "2026-11-24"}),
        await anna.code("HoldSlot", input={"slotId": id_}),
        await anna.code("ReleaseSlot", input={"slotId": id_}),
        await anna.code("BookVisit", input={"slotId": id_}),
        await anna.code("RescheduleVisit", input={"visitId": id_, "slotId": id_}),
        await anna.code("CancelVisit", input={"visitId": id_}),
    ):
        assert answer == "BAD_USER_INPUT"


async def test_an_id_of_another_kind_is_refused(nobody: Client, anna: Client) -> None:
    slot = await cast.slot()
    clinic, doctor = id_of(await slot.clinic), id_of(await slot.doctor)
    assert await nobody.code("Doctors", clinicId=doctor) == "BAD_USER_INPUT"
    assert await nobody.code("FreeSlots", filter={"clinicId": doctor}) == "BAD_USER_INPUT"
    assert await anna.code("BookVisit", input={"slotId": clinic}) == "BAD_USER_INPUT"
    disguised = "Slot_" + clinic.partition("_")[2]
    assert (await anna.do("BookVisit", slotId=disguised))["__typename"] == "SlotNotFound"


async def test_whatever_has_an_id_is_found_by_it(nobody: Client, anna: Client) -> None:
    slot = await cast.slot()
    for row in (slot, await slot.clinic, await slot.doctor):
        found = await nobody.ask("Node", id=id_of(row))
        assert (found["__typename"], found["id"]) == (type(row).__name__, id_of(row))
    visit = await anna.do("BookVisit", slotId=id_of(slot))
    assert (await anna.ask("Node", id=visit["id"]))["reference"] == visit["reference"]
    me = (await anna.ask("Me"))["patient"]
    assert (await anna.ask("Node", id=me["id"]))["peselMasked"] == "*******7589"


async def test_annas_objects_are_found_by_nobody_else(anna: Client, celina: Client, nobody: Client) -> None:
    visit = await anna.do("BookVisit", slotId=id_of(await cast.slot()))
    me = (await anna.ask("Me"))["patient"]
    for stranger in (celina, nobody):
        assert await stranger.ask("Node", id=visit["id"]) is None
        assert await stranger.ask("Node", id=me["id"]) is None


async def test_ids_are_opaque_and_stay_the_same(nobody: Client) -> None:
    slot = await cast.slot()
    first, second = [(await nobody.ask("Clinics"))["nodes"][0]["id"] for _ in range(2)]
    assert first == second
    assert slot.clinic_id.hex not in first.replace("-", "")


async def test_free_slots_come_in_time_order_with_clinic_and_doctor(nobody: Client) -> None:
    clinic = await cast.clinic()
    late = await cast.slot(warsaw(25, 10), at=clinic)
    early = await cast.slot(warsaw(24, 10), at=clinic)
    await cast.slot(warsaw(24, 9))  # in another clinic
    found = (await nobody.ask("FreeSlots", filter={"clinicId": id_of(clinic)}))["nodes"]
    assert [node["id"] for node in found] == [id_of(early), id_of(late)]
    assert (found[0]["startsAt"], found[0]["endsAt"]) == ("2026-11-24T10:00:00+01:00", "2026-11-24T10:20:00+01:00")
    assert (found[0]["isFree"], found[0]["clinic"]["name"]) == (True, HEART)
    assert found[0]["doctor"]["fullName"] == "dr n. med. Ewa Wiśniewska"


@pytest.mark.parametrize(
    ("conditions", "hours"),
    [
        ({}, [8, 9, 10, 11]),
        ({"from": "2026-11-24T09:00:00+01:00"}, [9, 10, 11]),
        ({"from": "2026-11-24T08:00:00Z"}, [9, 10, 11]),
        ({"until": "2026-11-24T10:00:00+01:00"}, [8, 9]),
        ({"earliest": "09:00"}, [9, 10, 11]),
        ({"latest": "09:00"}, [8, 9]),
        ({"earliest": "09:00:00", "latest": "10:59"}, [9, 10]),
        ({"earliest": "12:00", "latest": "08:00"}, []),
        ({"weekdays": ["TUESDAY"]}, [8, 9, 10, 11]),
        ({"weekdays": ["MONDAY", "SUNDAY"]}, []),
        ({"weekdays": []}, []),
        ({"doctorIds": []}, []),
        ({"from": "2026-11-25T00:00:00+01:00", "until": "2026-11-24T00:00:00+01:00"}, []),
        ({"from": "1900-01-01T00:00:00Z", "until": "2200-12-31T23:59:59-12:00"}, [8, 9, 10, 11]),
    ],
)
async def test_conditions_narrow_the_slots(conditions: dict[str, Any], hours: list[int], nobody: Client) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    for hour in (8, 9, 10, 11):
        await cast.slot(warsaw(24, hour), at=clinic, by=doctor)
    expected = [f"2026-11-24T{hour:02}:00:00+01:00" for hour in hours]
    assert await starts(nobody, clinic, **conditions) == expected


async def test_slots_of_some_doctors_only(nobody: Client) -> None:
    clinic = await cast.clinic()
    first, second = await cast.doctor(clinic), await cast.doctor(clinic)
    await cast.slot(warsaw(24, 8), at=clinic, by=first)
    await cast.slot(warsaw(24, 9), at=clinic, by=second)
    assert await starts(nobody, clinic, doctorIds=[id_of(second)]) == ["2026-11-24T09:00:00+01:00"]
    assert len(await starts(nobody, clinic, doctorIds=[id_of(first), id_of(second)])) == 2


async def test_what_cannot_be_booked_is_not_shown(nobody: Client, anna: Client) -> None:
    clinic = await cast.clinic(days_ahead=7, minimum_notice_minutes=60)
    doctor = await cast.doctor(clinic)
    for moment in (warsaw(23, 8), warsaw(23, 9, 59), warsaw(23, 10), warsaw(30, 23), warsaw(1, 0, month=12)):
        await cast.slot(moment, at=clinic)
    withdrawn = await cast.slot(warsaw(24, 10), at=clinic, by=doctor)
    await Slot.filter(id=withdrawn.id).update(withdrawn_at=clock.now())
    taken = await cast.slot(warsaw(24, 11), at=clinic, by=doctor)
    await anna.do("BookVisit", slotId=id_of(taken))
    assert await starts(nobody, clinic) == ["2026-11-23T10:00:00+01:00", "2026-11-30T23:00:00+01:00"]


DATES: list[Any] = [
    "",
    "x",
    "2026-11-31",
    "2026-13-01",
    "26-11-24",
    "2026-11-24T00:00:00Z",
    "0000-01-01",
    "1899-12-31",
    "2201-01-01",
]
DATES += [
    "9999-12-31",
    "2026-1-1",
    "\0",
    "2026-11-24\0",
    "２０２６-11-24",
    "2" * 100_000,
    " 2026-11-24",
    20261124,
    None,
    True,
    [],
]


@pytest.mark.parametrize("value", DATES, ids=range(len(DATES)))
async def test_an_invalid_date_is_refused(value: Any, nobody: Client) -> None:
    clinic = id_of(await cast.clinic())
    days = {"from": value, "until": value}
    assert await nobody.code("FreeDays", clinicId=clinic, **days) == "BAD_USER_INPUT"


MOMENTS: list[Any] = [
    "",
    "x",
    "2026-11-24",
    "2026-11-24T10:00:00",
    "2026-11-24 10:00:00Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T10:60Z",
]
MOMENTS += ["2026-11-24T10:00:60Z", "2026-11-24T10:00+99:99", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
MOMENTS += [
    "1899-12-31T23:59:59Z",
    "2026-11-24T10:00:00.1234567Z",
    "\0",
    "2026-11-24T10:00Z\0",
    "2" * 100_000,
    1,
    True,
    {},
]


@pytest.mark.parametrize("value", MOMENTS, ids=range(len(MOMENTS)))
async def test_an_invalid_date_time_is_refused(value: Any, nobody: Client) -> None:
    clinic = id_of(await cast.clinic())
    for name in ("from", "until"):
        assert await nobody.code("FreeSlots", filter={"clinicId": clinic, name: value}) == "BAD_USER_INPUT"


TIMES = [
    "",
    "x",
    "24:00",
    "7:00",
    "07:60",
    "07",
    "0700",
    "07:00Z",
    "07:00:00.5",
    "\0",
    "07:00\0",
    "0" * 100_000,
    7,
    True,
    [],
]


@pytest.mark.parametrize("value", TIMES, ids=range(len(TIMES)))
async def test_an_invalid_time_is_refused(value: Any, nobody: Client) -> None:
    clinic = id_of(await cast.clinic())
    for name in ("earliest", "latest"):
        assert await nobody.code("FreeSlots", filter={"clinicId": clinic, name: value}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("search", ["\0", "kardio\0", "x" * 101, "x" * 200_000])
async def test_a_search_is_a_hundred_characters_of_text(search: str, nobody: Client) -> None:
    assert await nobody.code("Clinics", search=search) == "BAD_USER_INPUT"
    assert await nobody.code("Doctors", search=search) == "BAD_USER_INPUT"


async def test_a_calendar_counts_the_free_slots_of_each_local_day(nobody: Client, anna: Client) -> None:
    clinic = await cast.clinic()
    first, second = await cast.doctor(clinic), await cast.doctor(clinic)
    tuesday = await cast.morning(date(2026, 11, 24), 3, at=clinic, by=first)
    await cast.slot(warsaw(24, 0, 10), at=clinic, by=second)  # Monday in UTC
    await cast.slot(warsaw(26, 23, 50), at=clinic, by=second)
    await anna.do("BookVisit", slotId=id_of(tuesday[0]))

    async def days(first_day: int, last_day: int, **more: Any) -> list[tuple[str, int, str]]:
        span = {"from": f"2026-11-{first_day}", "until": f"2026-11-{last_day}"}
        found = await nobody.ask("FreeDays", clinicId=id_of(clinic), **span, **more)
        return [(day["date"], day["freeSlots"], day["firstStartsAt"]) for day in found]

    whole = [
        ("2026-11-24", 3, "2026-11-24T00:10:00+01:00"),
        ("2026-11-26", 1, "2026-11-26T23:50:00+01:00"),
    ]
    assert await days(23, 30) == whole
    assert await days(24, 24) == whole[:1]
    assert await days(25, 25) == []
    assert await days(23, 30, doctorId=id_of(first)) == [("2026-11-24", 2, "2026-11-24T08:20:00+01:00")]
    assert await days(23, 30, earliest="08:00", latest="08:20") == [("2026-11-24", 1, "2026-11-24T08:20:00+01:00")]
    assert await days(23, 30, earliest="09:00") == whole[1:]
    assert await days(23, 30, weekdays=["TUESDAY"]) == whole[:1]
    assert await days(23, 30, weekdays=["MONDAY"]) == await days(23, 30, weekdays=[]) == []


@pytest.mark.parametrize(
    ("from_", "until", "is_allowed"),
    [
        ("2026-11-23", "2026-11-23", True),
        ("2026-11-23", "2027-02-22", True),
        ("2026-11-23", "2027-02-23", False),
        ("2026-11-24", "2026-11-23", False),
        ("1900-01-01", "2200-12-31", False),
        ("1900-01-01", "1900-01-02", True),
        ("2200-12-31", "2200-12-31", True),
    ],
)
async def test_a_calendar_shows_at_most_92_days(from_: str, until: str, is_allowed: bool, nobody: Client) -> None:
    clinic = id_of(await cast.clinic())
    answer = await nobody.send("FreeDays", clinicId=clinic, **{"from": from_, "until": until})
    assert ("errors" not in answer) == is_allowed
    if not is_allowed:
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_next_free_slot_of_doctors_and_clinics(nobody: Client, anna: Client) -> None:
    heart, eyes = await cast.clinic(HEART), await cast.clinic(EYES)
    both = await cast.doctor(heart, eyes)
    await cast.doctor(eyes, last_name="Bez Terminów")
    first = await cast.slot(warsaw(24, 10), at=eyes, by=both)
    second = await cast.slot(warsaw(25, 10), at=heart, by=both)

    async def next_terms(document: str) -> list[str | None]:
        some_slots = [node["nextFreeSlot"] for node in (await nobody.ask(document))["nodes"]]
        return [slot and slot["id"] for slot in some_slots]

    assert await next_terms("DoctorsWithTerms") == [None, id_of(first)]
    assert await next_terms("ClinicsWithTerms") == [id_of(second), id_of(first)]
    in_heart = await nobody.ask("NextTermOf", id=id_of(both), clinicId=id_of(heart))
    assert in_heart["nextFreeSlot"]["id"] == id_of(second)
    await anna.do("BookVisit", slotId=id_of(first))
    assert await next_terms("DoctorsWithTerms") == [None, id_of(second)]
    assert await next_terms("ClinicsWithTerms") == [id_of(second), None]


async def test_doctors_of_a_clinic_come_page_by_page(nobody: Client) -> None:
    clinic = await cast.clinic()
    for name in ("Abacka", "Babacka", "Cabacka"):
        await cast.doctor(clinic, last_name=name)
    [first] = (await nobody.ask("DoctorsOfClinics", first=2))["nodes"]
    assert [doctor["lastName"] for doctor in first["doctors"]["nodes"]] == ["Abacka", "Babacka"]
    after = first["doctors"]["pageInfo"]["endCursor"]
    [rest] = (await nobody.ask("DoctorsOfClinics", first=2, after=after))["nodes"]
    assert [doctor["lastName"] for doctor in rest["doctors"]["nodes"]] == ["Cabacka"]
    assert rest["doctors"]["pageInfo"]["hasNextPage"] is False


async def test_reading_changes_nothing(nobody: Client) -> None:
    slot = await cast.slot()
    wanted = {"clinicId": id_of(await slot.clinic)}
    before = await Slot.get(id=slot.id).values()
    await asyncio.gather(*(nobody.ask("FreeSlots", filter=wanted) for _ in range(5)))
    assert await Slot.get(id=slot.id).values() == before
    assert await Doctor.all().count() == 1
    clock.advance(timedelta(days=2))
    assert await starts(nobody, await slot.clinic) == []
