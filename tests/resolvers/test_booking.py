"""Booking through the API: hold, book, move, cancel, with every refusal that a client can meet."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable
from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar

import settings
from infra import clock
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.visits.visit import Visit
from tests import cast
from tests.cast import warsaw
from tests.support.client import Client, client_of, deliver, id_of
from tests.support.invariants import check_each_change_is_recorded_once, check_invariants, count_rows
from tests.support.smtp_server import SmtpServer, body

UNKNOWN_SLOT = "Slot_AAAAAAAAAAAAAAAAAAAAAA"
UNKNOWN_VISIT = "Visit_AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture(autouse=True)
async def kept(nudges: list[str]) -> Any:
    """Checks after every test that the database's invariants hold and each change is recorded exactly once."""
    yield
    await check_invariants()
    await check_each_change_is_recorded_once()


def kinds(answers: list[Any]) -> dict[str, int]:
    return dict(Counter(answer["__typename"] for answer in answers))


async def book(client: Client, slot: Slot, **more: Any) -> Any:
    return await client.do("BookVisit", slotId=id_of(slot), **more)


async def move(client: Client, visit: Any, slot: Slot, **more: Any) -> Any:
    return await client.do("RescheduleVisit", visitId=visit["id"], slotId=id_of(slot), **more)


async def cancel(client: Client, visit: Any, **more: Any) -> Any:
    return await client.do("CancelVisit", visitId=visit["id"], **more)


async def free_ids(client: Client, clinic: Clinic) -> list[str]:
    return [node["id"] for node in (await client.ask("FreeSlots", filter={"clinicId": id_of(clinic)}))["nodes"]]


async def planned(client: Client) -> list[Any]:
    visits: list[Any] = (await client.ask("MyVisits"))["patient"]["plannedVisits"]["nodes"]
    return visits


async def past(client: Client) -> list[Any]:
    visits: list[Any] = (await client.ask("MyVisits"))["patient"]["pastVisits"]["nodes"]
    return visits


# ---------------------------------------------------------------- holding


async def test_a_held_slot_is_free_for_its_holder_and_for_nobody_else(
    anna: Client, borys: Client, nobody: Client
) -> None:
    slot = await cast.slot()
    clinic = await slot.clinic
    held = await anna.do("HoldSlot", slotId=id_of(slot))
    assert (held["__typename"], held["slot"]["id"], held["slot"]["isFree"]) == ("SlotHold", id_of(slot), True)
    assert held["expiresAt"] == "2026-11-23T09:05:00+01:00"
    assert [await free_ids(client, clinic) for client in (anna, borys, nobody)] == [[id_of(slot)], [], []]
    assert (await borys.ask("Node", id=id_of(slot)))["isFree"] is False
    assert (await borys.do("HoldSlot", slotId=id_of(slot)))["__typename"] == "SlotTaken"
    assert (await book(borys, slot))["__typename"] == "SlotTaken"
    assert (await book(anna, slot))["__typename"] == "Visit"


async def test_a_slot_that_cannot_be_booked_is_held_only_for_moving_a_visit(anna: Client) -> None:
    clinic = await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    elsewhere = await cast.clinic("Poradnia okulistyczna")
    meanwhile = await cast.slot(one.starts_at, at=elsewhere, by=await cast.doctor(elsewhere))
    visit = await book(anna, one)
    refused = await anna.do("HoldSlot", slotId=id_of(two))
    assert (refused["__typename"], refused["limit"]) == ("TooManyVisits", 1)
    refused = await anna.do("HoldSlot", slotId=id_of(meanwhile))
    assert (refused["__typename"], refused["visit"]["id"]) == ("VisitsOverlap", visit["id"])
    held = await anna.do("HoldSlot", slotId=id_of(two), visitId=visit["id"])
    assert (held["__typename"], held["expiresAt"]) == ("SlotHold", "2026-11-23T09:05:00+01:00")
    assert (await move(anna, visit, two))["__typename"] == "Visit"


async def test_a_hold_says_that_it_ends_at_the_notice(anna: Client) -> None:
    slot = await cast.slot(cast.warsaw(23, 10, 3))
    held = await anna.do("HoldSlot", slotId=id_of(slot))
    assert held["expiresAt"] == "2026-11-23T09:03:00+01:00"


async def test_a_hold_lapses_by_itself_on_the_second(anna: Client, borys: Client, nobody: Client) -> None:
    slot = await cast.slot()
    await anna.do("HoldSlot", slotId=id_of(slot))
    clock.advance(timedelta(minutes=settings.HOLD_MINUTES) - timedelta(seconds=1))
    assert (await borys.do("HoldSlot", slotId=id_of(slot)))["__typename"] == "SlotTaken"
    clock.advance(timedelta(seconds=1))
    assert await free_ids(nobody, await slot.clinic) == [id_of(slot)]
    assert (await borys.do("HoldSlot", slotId=id_of(slot)))["__typename"] == "SlotHold"
    assert (await book(anna, slot))["__typename"] == "SlotTaken"


async def test_holding_again_does_not_prolong_and_holding_another_lets_the_first_go(anna: Client) -> None:
    clinic = await cast.clinic()
    first, second = await cast.morning(date(2026, 11, 24), 2, at=clinic, by=await cast.doctor(clinic))
    begun = await anna.do("HoldSlot", slotId=id_of(first))
    clock.advance(timedelta(minutes=2))
    assert (await anna.do("HoldSlot", slotId=id_of(first)))["expiresAt"] == begun["expiresAt"]
    await anna.do("HoldSlot", slotId=id_of(second))
    assert await free_ids(Client(), clinic) == [id_of(first)]


async def test_a_released_slot_is_free_at_once_and_only_the_holder_can_release(anna: Client, borys: Client) -> None:
    slot = await cast.slot()
    await anna.do("HoldSlot", slotId=id_of(slot))
    assert await borys.do("ReleaseSlot", slotId=id_of(slot)) is False
    assert await free_ids(borys, await slot.clinic) == []
    assert await anna.do("ReleaseSlot", slotId=id_of(slot)) is True
    assert await anna.do("ReleaseSlot", slotId=id_of(slot)) is False
    assert await free_ids(borys, await slot.clinic) == [id_of(slot)]
    assert await anna.do("ReleaseSlot", slotId=UNKNOWN_SLOT) is False


# ---------------------------------------------------------------- booking


async def test_a_booked_visit_is_answered_whole(anna: Client, nudges: list[str]) -> None:
    slot = await cast.slot()
    visit = await book(anna, slot, reason="ból głowy")
    assert nudges == ["send_letters"]
    assert visit.pop("id").startswith("Visit_")
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", visit.pop("reference"))
    assert "BEGIN:VCALENDAR" in visit.pop("calendar")
    assert visit == {
        "__typename": "Visit",
        "status": "BOOKED",
        "startsAt": "2026-11-24T10:00:00+01:00",
        "endsAt": "2026-11-24T10:20:00+01:00",
        "reason": "ból głowy",
        "bookedAt": "2026-11-23T09:00:00+01:00",
        "channel": "ONLINE",
        "cancellableUntil": "2026-11-24T10:00:00+01:00",
        "cancelledAt": None,
        "clinic": {"id": id_of(await slot.clinic), "name": "Poradnia kardiologiczna"},
        "doctor": {"id": id_of(await slot.doctor), "fullName": "dr n. med. Ewa Wiśniewska"},
        "history": [
            {
                "at": "2026-11-23T09:00:00+01:00",
                "kind": "BOOKED",
                "fromStartsAt": None,
                "toStartsAt": "2026-11-24T10:00:00+01:00",
                "by": "patient",
                "reason": None,
            }
        ],
    }


async def test_a_booked_slot_is_free_for_nobody_and_the_visit_is_planned(anna: Client, nobody: Client) -> None:
    slot = await cast.slot()
    visit = await book(anna, slot)
    assert await free_ids(nobody, await slot.clinic) == []
    assert [mine["id"] for mine in await planned(anna)] == [visit["id"]]
    assert await past(anna) == []
    [letter] = await deliver()
    assert (letter["to"], letter["attachments"][0]["contentType"]) == ("anna@example.pl", "text/calendar")


async def test_a_booking_is_answered_while_the_mail_server_is_down_and_the_letter_comes_when_it_is_back(
    anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp_server = SmtpServer()
    async with smtp_server.open():
        monkeypatch.setattr(settings, "SMTP_URL", f"smtp://127.0.0.1:{smtp_server.port}")
    visit = await book(anna, await cast.slot())
    assert visit["__typename"] == "Visit"
    await deliver()
    assert smtp_server.mails == []
    async with smtp_server.open():
        clock.advance(timedelta(seconds=30))
        await deliver()
    assert [visit["reference"] in body(mail, "plain") for mail in smtp_server.mails] == [True]


async def test_twenty_rivals_and_one_slot_make_one_visit(nobody: Client) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    slot, *others = await cast.morning(date(2026, 11, 24), 3, at=clinic, by=doctor)
    rivals = [await client_of(account, address=f"10.0.0.{n}") for n, account in enumerate(await cast.rivals(20))]
    answers = await asyncio.gather(*(book(rival, slot) for rival in rivals))
    assert kinds(answers) == {"Visit": 1, "SlotTaken": 19}
    for answer in answers:
        if answer["__typename"] == "SlotTaken":
            assert [other["id"] for other in answer["alternatives"]] == [id_of(other) for other in others]
    assert await Visit.all().count() == 1
    assert id_of(slot) not in await free_ids(nobody, clinic)


async def test_twenty_rivals_and_one_slot_make_one_hold() -> None:
    slot = await cast.slot()
    rivals = [await client_of(account) for account in await cast.rivals(20)]
    answers = await asyncio.gather(*(rival.do("HoldSlot", slotId=id_of(slot)) for rival in rivals))
    assert kinds(answers) == {"SlotHold": 1, "SlotTaken": 19}


async def test_one_patient_on_ten_screens_books_one_slot_once(anna: Client) -> None:
    slot = await cast.slot()
    screens = [await client_of(anna.account) for _ in range(10)]
    assert kinds(await asyncio.gather(*(book(screen, slot) for screen in screens))) == {"Visit": 1, "SlotTaken": 9}
    assert len(await planned(anna)) == 1


async def test_one_patient_cannot_book_two_slots_at_one_time_even_at_once(anna: Client) -> None:
    slots = [await cast.slot(warsaw(24, 10, minute)) for minute in (0, 5, 10, 15)]
    answers = await asyncio.gather(*(book(anna, slot) for slot in slots))
    assert kinds(answers) == {"Visit": 1, "VisitsOverlap": 3}
    [mine] = await planned(anna)
    assert {answer["visit"]["id"] for answer in answers if "visit" in answer} == {mine["id"]}


async def test_two_patients_can_swap_their_slots_through_a_third_but_not_directly(anna: Client, borys: Client) -> None:
    clinic = await cast.clinic()
    first, second, third = await cast.morning(date(2026, 11, 24), 3, at=clinic, by=await cast.doctor(clinic))
    hers, his = await book(anna, first), await book(borys, second)
    direct = await asyncio.gather(move(anna, hers, second), move(borys, his, first))
    assert kinds(list(direct)) == {"SlotTaken": 2}
    for visit, client, slot in ((hers, anna, third), (his, borys, first), (hers, anna, second)):
        assert (await move(client, visit, slot))["__typename"] == "Visit"


async def test_alternatives_are_of_the_same_doctor_first_then_of_the_same_clinic(anna: Client, borys: Client) -> None:
    clinic = await cast.clinic()
    same, other = await cast.doctor(clinic), await cast.doctor(clinic)
    taken = await cast.slot(warsaw(24, 10), at=clinic, by=same)
    colleague = await cast.slot(warsaw(24, 10), at=clinic, by=other)
    later = [await cast.slot(warsaw(day, 10), at=clinic, by=same) for day in (26, 27)]
    await cast.slot(warsaw(24, 10))  # in another clinic
    await cast.slot(warsaw(24, 9), at=clinic, by=same)  # earlier
    await book(anna, taken)
    refused = await book(borys, taken)
    assert [slot["id"] for slot in refused["alternatives"]] == [*(id_of(slot) for slot in later), id_of(colleague)]
    assert all(slot["isFree"] for slot in refused["alternatives"])


# ---------------------------------------------------------------- refusals


async def test_a_slot_that_is_not_there_is_not_found(anna: Client) -> None:
    visit = await book(anna, await cast.slot())
    before = await count_rows()
    for answer in (
        await anna.do("HoldSlot", slotId=UNKNOWN_SLOT),
        await anna.do("BookVisit", slotId=UNKNOWN_SLOT),
        await anna.do("RescheduleVisit", visitId=visit["id"], slotId=UNKNOWN_SLOT),
    ):
        assert answer == {"__typename": "SlotNotFound", "message": "There is no such slot."}
    assert await count_rows() == before


@pytest.mark.parametrize(
    ("starts_at", "reason"),
    [
        (warsaw(23, 8), "IN_THE_PAST"),
        (warsaw(23, 9), "IN_THE_PAST"),
        (warsaw(23, 9, 59), "NOTICE_TOO_SHORT"),
        (warsaw(23, 10), None),
        (warsaw(30, 23), None),
        (warsaw(1, 0, month=12), "TOO_FAR_AHEAD"),
    ],
)
async def test_a_refusal_names_the_rule_of_the_clinic(starts_at: Any, reason: str | None, anna: Client) -> None:
    clinic = await cast.clinic(days_ahead=7, minimum_notice_minutes=60)
    slot, other = await cast.slot(starts_at, at=clinic), await cast.slot(warsaw(25, 10), at=clinic)
    visit = await book(anna, other)
    held, moved = await anna.do("HoldSlot", slotId=id_of(slot)), await move(anna, visit, slot)
    await cancel(anna, visit)
    booked = await book(anna, slot)
    if reason is None:
        assert [answer["__typename"] for answer in (held, moved, booked)] == ["SlotHold", "Visit", "Visit"]
    else:
        assert {answer["__typename"] for answer in (held, moved, booked)} == {"SlotNotBookable"}
        assert {answer["because"] for answer in (held, moved, booked)} == {reason}


async def test_a_withdrawn_slot_cannot_be_booked(anna: Client) -> None:
    slot = await cast.slot()
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
    assert (await book(anna, slot))["because"] == "WITHDRAWN"
    assert (await anna.ask("Node", id=id_of(slot)))["isFree"] is False


async def test_a_patient_is_in_one_place_at_a_time(anna: Client) -> None:
    mine = await book(anna, await cast.slot(warsaw(24, 10)))
    refused = await book(anna, await cast.slot(warsaw(24, 10, 10)))
    assert (refused["__typename"], refused["visit"]) == (
        "VisitsOverlap",
        {"id": mine["id"], "startsAt": "2026-11-24T10:00:00+01:00"},
    )
    assert (await book(anna, await cast.slot(warsaw(24, 10, 20))))["__typename"] == "Visit"
    other = await book(anna, await cast.slot(warsaw(25, 10)))
    refused = await move(anna, other, await cast.slot(warsaw(24, 9, 50)))
    assert (refused["__typename"], refused["visit"]["id"]) == ("VisitsOverlap", mine["id"])


async def test_a_clinic_limits_the_planned_visits_of_a_patient(anna: Client, borys: Client) -> None:
    clinic = await cast.clinic(planned_visits_per_patient=2)
    slots = await cast.morning(date(2026, 11, 24), 4, at=clinic, by=await cast.doctor(clinic))
    first = await book(anna, slots[0])
    await book(anna, slots[1])
    refused = await book(anna, slots[2])
    assert (refused["__typename"], refused["limit"]) == ("TooManyVisits", 2)
    elsewhere = await book(anna, await cast.slot(warsaw(25, 10)))
    assert elsewhere["__typename"] == "Visit"
    refused = await move(anna, elsewhere, slots[2])
    assert (refused["__typename"], refused["limit"]) == ("TooManyVisits", 2)
    assert (await move(anna, first, slots[2]))["__typename"] == "Visit"
    assert (await book(borys, slots[3]))["__typename"] == "Visit"


async def test_another_patients_visit_is_not_found(anna: Client, celina: Client) -> None:
    visit, other = await book(anna, await cast.slot()), await cast.slot(warsaw(25, 10))
    not_found = {"__typename": "VisitNotFound", "message": "There is no such visit."}
    for id_ in (visit["id"], UNKNOWN_VISIT):
        assert await celina.do("RescheduleVisit", visitId=id_, slotId=id_of(other)) == not_found
        assert await celina.do("CancelVisit", visitId=id_) == not_found
        assert await celina.ask("Node", id=id_) is None
    assert [mine["status"] for mine in await planned(anna)] == ["BOOKED"]
    assert await planned(celina) == []


async def test_a_visit_can_be_changed_until_the_clinics_hour_and_not_after(anna: Client) -> None:
    clinic = await cast.clinic(cancel_until_minutes=120)
    slot, other = await cast.slot(warsaw(24, 10), at=clinic), await cast.slot(warsaw(25, 10), at=clinic)
    visit = await book(anna, slot)
    assert visit["cancellableUntil"] == "2026-11-24T08:00:00+01:00"
    with clock.pinned(warsaw(24, 8)):
        anna = await client_of(anna.account)
        for answer in (await move(anna, visit, other), await cancel(anna, visit)):
            assert answer["__typename"] == "VisitNotChangeable"
            assert (answer["notNow"], answer["until"]) == ("BOOKED", "2026-11-24T08:00:00+01:00")
    with clock.pinned(warsaw(24, 7, 59)):
        assert (await cancel(await client_of(anna.account), visit))["status"] == "CANCELLED"


async def test_a_cancelled_visit_stays_cancelled(anna: Client) -> None:
    visit, other = await book(anna, await cast.slot()), await cast.slot(warsaw(25, 10))
    await cancel(anna, visit)
    for answer in (await move(anna, visit, other), await cancel(anna, visit)):
        assert (answer["__typename"], answer["notNow"]) == ("VisitNotChangeable", "CANCELLED")


async def test_refusals_speak_both_languages(anna: Client) -> None:
    slot = await cast.slot()
    visit = await book(anna, slot)
    await cancel(anna, visit)
    actions: list[Any] = [
        lambda: anna.do("BookVisit", slotId=UNKNOWN_SLOT),
        lambda: cancel(anna, visit),
        lambda: anna.do("CancelVisit", visitId=UNKNOWN_VISIT),
    ]
    for action in actions:
        told = set()
        for language in ("pl-PL,pl;q=0.9", "en-GB", "de, en;q=0.5, pl;q=0.4"):
            anna.headers["accept-language"] = language
            told.add((await action())["message"])
        assert len(told) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"reason": "x" * 501},
        {"reason": "x" * 200_000},
        {"reason": "gło\0wa"},
        {"idempotencyKey": "x" * 129},
        {"idempotencyKey": "\0"},
    ],
    ids=["501", "200,000", "NUL", "long key", "NUL key"],
)
async def test_texts_that_cannot_be_kept_change_nothing(more: dict[str, str], anna: Client) -> None:
    slot, other = await cast.slot(), await cast.slot(warsaw(25, 10))
    visit = await book(anna, other)
    before = await count_rows()
    assert await anna.code("BookVisit", input={"slotId": id_of(slot), **more}) == "BAD_USER_INPUT"
    assert await anna.code("CancelVisit", input={"visitId": visit["id"], **more}) == "BAD_USER_INPUT"
    assert await count_rows() == before


async def test_a_reason_is_kept_as_it_was_written(anna: Client) -> None:
    words = "  <b>„ból”</b> 🤕\n\t'; DROP TABLE visit; -- " + "ż" * 400
    visit = await book(anna, await cast.slot(), reason=words)
    assert visit["reason"] == words
    assert (await book(anna, await cast.slot(warsaw(25, 10)), reason=""))["reason"] is None


# ---------------------------------------------------------------- moving and cancelling


async def test_a_moved_visit_keeps_id_and_reference_and_frees_its_old_slot(anna: Client, nobody: Client) -> None:
    clinic = await cast.clinic()
    first, second = await cast.morning(date(2026, 11, 24), 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book(anna, first, reason="kontrola")
    clock.advance(timedelta(minutes=1))
    moved = await move(anna, visit, second)
    same = ("id", "reference", "reason", "bookedAt", "status")
    assert {name: moved[name] for name in same} == {name: visit[name] for name in same}
    assert moved["startsAt"] == "2026-11-24T08:20:00+01:00"
    assert await free_ids(nobody, clinic) == [id_of(first)]
    assert [(change["kind"], change["fromStartsAt"], change["toStartsAt"]) for change in moved["history"]] == [
        ("BOOKED", None, "2026-11-24T08:00:00+01:00"),
        ("MOVED", "2026-11-24T08:00:00+01:00", "2026-11-24T08:20:00+01:00"),
    ]


async def test_a_move_that_fails_leaves_the_old_slot(anna: Client, borys: Client, nobody: Client) -> None:
    slot, taken = await cast.slot(), await cast.slot(warsaw(25, 10))
    visit = await book(anna, slot)
    await book(borys, taken)
    assert (await move(anna, visit, taken))["__typename"] == "SlotTaken"
    assert [mine["startsAt"] for mine in await planned(anna)] == ["2026-11-24T10:00:00+01:00"]
    assert await free_ids(nobody, await slot.clinic) == []


async def test_moving_to_the_same_slot_changes_nothing(anna: Client) -> None:
    slot = await cast.slot()
    visit = await book(anna, slot)
    before = await count_rows()
    assert await move(anna, visit, slot) == visit
    assert await count_rows() == before


async def test_a_cancelled_visit_frees_its_slot_and_is_past(anna: Client, borys: Client) -> None:
    slot = await cast.slot()
    visit = await book(anna, slot)
    clock.advance(timedelta(minutes=1))
    cancelled = await cancel(anna, visit, reason="wyjazd")
    assert (cancelled["status"], cancelled["cancelledAt"]) == ("CANCELLED", "2026-11-23T09:01:00+01:00")
    last = cancelled["history"][-1]
    assert (last["kind"], last["reason"], last["fromStartsAt"]) == ("CANCELLED", "wyjazd", visit["startsAt"])
    assert await planned(anna) == []
    assert [mine["id"] for mine in await past(anna)] == [visit["id"]]
    assert (await book(borys, slot))["__typename"] == "Visit"


async def test_a_calendar_follows_the_visit_through_its_changes(anna: Client) -> None:
    clinic = await cast.clinic("Poradnia onkologiczna")
    first, second = await cast.morning(date(2026, 11, 24), 2, at=clinic, by=await cast.doctor(clinic))
    states = [await book(anna, first, reason="nowotwór")]
    states.append(await move(anna, states[0], second))
    states.append(await cancel(anna, states[0]))
    told = []
    for state in states:
        calendar = Calendar.from_ical(state["calendar"])
        event: Any = calendar.walk("VEVENT")[0]
        begins = event["dtstart"].dt.isoformat()
        told.append((str(calendar["method"]), int(event["sequence"]), str(event["status"]), begins))
        assert not re.search("onkolog|nowotwór|Wiśniewska|kardiolog", state["calendar"], re.IGNORECASE)
        assert state["reference"] in str(event["description"])
    assert told == [
        ("REQUEST", 0, "CONFIRMED", "2026-11-24T07:00:00+00:00"),
        ("REQUEST", 1, "CONFIRMED", "2026-11-24T07:20:00+00:00"),
        ("CANCEL", 2, "CANCELLED", "2026-11-24T07:20:00+00:00"),
    ]
    assert len({str(Calendar.from_ical(state["calendar"]).walk("VEVENT")[0]["uid"]) for state in states}) == 1
    [letter] = await deliver()  # letters about earlier, outdated changes are not sent
    assert "METHOD:CANCEL" in letter["attachments"][0]["text"]
    assert "SEQUENCE:2" in letter["attachments"][0]["text"]


async def test_planned_visits_come_soonest_first_past_ones_latest_first(anna: Client) -> None:
    clinic = await cast.clinic(planned_visits_per_patient=9)
    doctor = await cast.doctor(clinic)
    days = (27, 24, 26, 25, 28)
    visits = {day: await book(anna, await cast.slot(warsaw(day, 10), at=clinic, by=doctor)) for day in days}
    await cancel(anna, visits[28])
    with clock.pinned(warsaw(25, 10, 20)):  # the visits of the 24th and 25th are over
        anna = await client_of(anna.account)
        read: dict[str, list[str]] = {"planned": [], "past": []}
        for name, field in (("planned", "plannedVisits"), ("past", "pastVisits")):
            after = None
            while True:
                page = (await anna.ask("MyVisits", first=1, **{name: after}))["patient"][field]
                read[name] += [visit["id"] for visit in page["nodes"]]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
    assert read["planned"] == [visits[day]["id"] for day in (26, 27)]
    assert read["past"] == [visits[day]["id"] for day in (28, 25, 24)]


# ---------------------------------------------------------------- idempotency


async def test_the_same_key_with_the_same_wish_is_the_first_answer_again(anna: Client) -> None:
    slot, other = await cast.slot(), await cast.slot(warsaw(25, 10))
    first = await book(anna, slot, reason="x", idempotencyKey="k1")
    assert await book(anna, slot, reason="x", idempotencyKey="k1") == first
    moved = await move(anna, first, other, idempotencyKey="k2")
    assert await move(anna, first, other, idempotencyKey="k2") == moved
    cancelled = await cancel(anna, first, idempotencyKey="k3")
    assert await cancel(anna, first, idempotencyKey="k3") == cancelled
    assert await count_rows() == {"visit": 1, "visit_change": 3, "message": 3, "event": 3, "audit_entry": 3}


async def test_a_refusal_is_an_answer_that_is_repeated_too(anna: Client, borys: Client) -> None:
    slot = await cast.slot()
    visit = await book(borys, slot)
    refused = await book(anna, slot, idempotencyKey="k")
    await cancel(borys, visit)
    again = await book(anna, slot, idempotencyKey="k")
    assert refused["__typename"] == again["__typename"] == "SlotTaken"
    assert (await book(anna, slot, idempotencyKey="another"))["__typename"] == "Visit"


async def test_the_same_key_with_another_wish_is_refused(anna: Client) -> None:
    slot, other = await cast.slot(), await cast.slot(warsaw(25, 10))
    visit = await book(anna, slot, idempotencyKey="k")
    before = await count_rows()
    for answer in (
        await book(anna, other, idempotencyKey="k"),
        await book(anna, slot, reason="x", idempotencyKey="k"),
        await move(anna, visit, other, idempotencyKey="k"),
        await cancel(anna, visit, idempotencyKey="k"),
    ):
        assert answer["__typename"] == "KeyReused"
    assert await count_rows() == before


async def test_a_key_belongs_to_its_account_and_is_kept_for_a_day(anna: Client, borys: Client) -> None:
    slots = [await cast.slot(warsaw(day, 10)) for day in (25, 26, 27)]
    assert (await book(anna, slots[0], idempotencyKey="k"))["__typename"] == "Visit"
    assert (await book(borys, slots[1], idempotencyKey="k"))["__typename"] == "Visit"
    clock.advance(timedelta(hours=24, seconds=1))
    anna = await client_of(anna.account)
    assert (await book(anna, slots[2], idempotencyKey="k"))["__typename"] == "Visit"


async def test_one_key_sent_ten_times_at_once_books_once(anna: Client) -> None:
    slot = await cast.slot()
    answers = await asyncio.gather(*(book(anna, slot, idempotencyKey="k") for _ in range(10)))
    assert kinds(answers) == {"Visit": 10}
    assert len({answer["id"] for answer in answers}) == 1
    assert (await count_rows())["visit"] == 1


# ---------------------------------------------------------------- all at once


async def test_a_busy_minute_ends_with_every_promise_kept() -> None:
    """Eight patients hold, book, move and cancel the same six slots at once."""
    clinic = await cast.clinic()
    slots = await cast.morning(date(2026, 11, 24), 6, at=clinic, by=await cast.doctor(clinic))
    clients = [await client_of(account) for account in await cast.rivals(8)]

    async def patient(n: int, client: Client) -> list[str]:
        answers: list[Any] = [await client.do("HoldSlot", slotId=id_of(slots[n % 6]))]
        visit = await book(client, slots[n % 6])
        answers.append(visit)
        for step in (1, 2, 3):
            if visit["__typename"] == "Visit":
                answers.append(await move(client, visit, slots[(n + step) % 6]))
        if visit["__typename"] == "Visit" and n % 2:
            answers.append(await cancel(client, visit))
        return [answer["__typename"] for answer in answers]

    async def all_of_them(work: list[Awaitable[list[str]]]) -> set[str]:
        return {kind for found in await asyncio.gather(*work) for kind in found}

    seen = await all_of_them([patient(n, client) for n, client in enumerate(clients)])
    assert seen <= {"SlotHold", "SlotTaken", "Visit"}
    assert "Visit" in seen


async def test_past_visits_are_told_apart_from_cancelled_ones(anna: Client) -> None:
    asked = """query($status: [VisitStatus!], $first: Int! = 50, $after: String) { me { patient {
        pastVisits(status: $status, first: $first, after: $after) { nodes { id } pageInfo { endCursor } } } } }"""
    clinic = await cast.clinic(planned_visits_per_patient=9)
    doctor = await cast.doctor(clinic)
    visits = [await book(anna, slot) for slot in await cast.morning(date(2026, 11, 24), 4, at=clinic, by=doctor)]
    for visit in visits[2:]:
        await cancel(anna, visit)

    async def past(**more: Any) -> list[str]:
        found = await anna.ask(asked, **more)
        return [node["id"] for node in found["patient"]["pastVisits"]["nodes"]]

    with clock.pinned(warsaw(24, 18)):
        client = await client_of(anna.account)
        anna.headers = client.headers
        ids = [visit["id"] for visit in reversed(visits)]
        assert await past() == ids
        assert await past(status=["CANCELLED"]) == ids[:2]
        assert await past(status=["BOOKED", "FULFILLED"]) == ids[2:]
        assert await past(status=[]) == []
        page = (await anna.ask(asked, status=["CANCELLED"], first=1))["patient"]["pastVisits"]
        assert await past(status=["CANCELLED"], after=page["pageInfo"]["endCursor"]) == ids[1:2]
