"""The waiting list and offers through the API, with documents as patients and reception send them."""

from typing import Any

from infra import clock
from models.slots.slot import Slot
from models.waiting import freed_slots
from schema.scalars import public_id
from tests import cast
from tests.support.execution import ask, codes
from tests.support.schedules import TUESDAY, holder_of, join_waiting_list, report_absence, the_offer
from tests.support.visits import book, cancel

JOIN = """
    mutation Join($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename
        ... on WaitingListEntry { id clinic { name } doctor { lastName } from until weekdays earliest latest
            offer { expiresAt } }
        ... on InvalidInput { fields { path code } } ... on TooManyVisits { limit }
        ... on OutsideServiceHours { opensAt } } }
"""
MINE = """{ me { patient { waitingList { nodes { id offer { expiresAt slot { id isFree startsAt } } } }
    offers { id reason answer visitId slot { id isFree } } } } }"""
ACCEPT = """mutation($id: ID!) { acceptOffer(input: {offerId: $id}) { __typename ... on Problem { message }
    ... on OutsideServiceHours { opensAt }
    ... on Visit { id startsAt channel history { kind by } } } }"""
DECLINE = "mutation($id: ID!) { declineOffer(input: {offerId: $id}) }"
LEAVE = "mutation($id: ID!) { leaveWaitingList(input: {entryId: $id}) }"


def wish(clinic_id: Any, **more: Any) -> dict[str, Any]:
    return {"clinicId": public_id("Clinic", clinic_id), "from": "2026-11-24", "until": "2026-12-24", **more}


async def test_a_patient_waits_is_offered_a_slot_and_books_it(nudges: list[str]) -> None:
    clinic, anna, zofia = await cast.clinic(), await cast.anna(), (await cast.rivals(1))[0]
    slot = await cast.slot(at=clinic)
    visit = await book(zofia, slot)
    joined = await ask(
        anna, JOIN, input=wish(clinic.id, earliest="08:00", latest="12:30", weekdays=["TUESDAY", "MONDAY"])
    )
    assert joined == {
        "__typename": "WaitingListEntry",
        "id": joined["id"],
        "clinic": {"name": clinic.name},
        "doctor": None,
        "from": "2026-11-24",
        "until": "2026-12-24",
        "weekdays": ["MONDAY", "TUESDAY"],
        "earliest": "08:00",
        "latest": "12:30",
        "offer": None,
    }
    await ask(
        zofia,
        "mutation($id: ID!) { cancelVisit(input: {visitId: $id}) { __typename } }",
        id=public_id("Visit", visit.id),
    )
    assert "offer_slots" in nudges
    await freed_slots.allocate()
    mine = (await ask(anna, MINE))["patient"]
    [entry], [offer] = mine["waitingList"]["nodes"], mine["offers"]
    there = {"id": public_id("Slot", slot.id), "isFree": True}
    assert entry["offer"] == {
        "expiresAt": "2026-11-23T10:00:00+01:00",
        "slot": {**there, "startsAt": "2026-11-24T10:00:00+01:00"},
    }
    assert (offer["reason"], offer["answer"], offer["slot"]) == ("WAITING_LIST", "OPEN", there)
    node = await ask(anna, "query($id: ID!) { node(id: $id) { ... on WaitingListEntry { until } } }", id=entry["id"])
    assert node == {"until": "2026-12-24"}
    booked = await ask(anna, "mutation($id: ID!) { bookVisit(input: {slotId: $id}) { __typename } }", id=there["id"])
    assert booked == {"__typename": "Visit"}
    assert (await ask(anna, MINE))["patient"] == {"waitingList": {"nodes": []}, "offers": []}


async def test_joining_is_refused_as_the_contract_says() -> None:
    clinic, anna = await cast.clinic(planned_visits_per_patient=1), await cast.anna()
    flawed = await ask(anna, JOIN, input=wish(clinic.id, until="2026-11-01"))
    assert flawed["fields"] == [{"path": ["until"], "code": "OUT_OF_RANGE"}]
    await book(anna, await cast.slot(at=clinic))
    assert await ask(anna, JOIN, input=wish(clinic.id)) == {"__typename": "TooManyVisits", "limit": 1}
    with clock.pinned(cast.warsaw(23, 22)):
        closed = await ask(anna, JOIN, input=wish(clinic.id))
    assert closed == {"__typename": "OutsideServiceHours", "opensAt": "2026-11-24T07:00:00+01:00"}


async def test_leaving_is_possible_at_any_hour_and_for_oneself_only() -> None:
    clinic, anna, borys = await cast.clinic(), await cast.anna(), await cast.borys()
    entry = public_id("WaitingListEntry", (await join_waiting_list(anna, clinic)).id)
    with clock.pinned(cast.warsaw(23, 23)):
        assert await ask(borys, LEAVE, id=entry) is False
        assert await ask(borys, "query($id: ID!) { node(id: $id) { id } }", id=entry) is None
        assert await ask(anna, LEAVE, id=entry) is True
        assert await ask(anna, LEAVE, id=entry) is False


async def test_a_patient_accepts_the_slot_that_is_offered_for_an_absence() -> None:
    clinic, anna, borys = await cast.clinic(), await cast.anna(), await cast.borys()
    doctor = await cast.doctor(clinic)
    visit = await book(anna, await cast.slot(at=clinic, by=doctor))
    await cast.slot(cast.warsaw(25, 10), at=clinic, by=doctor)
    await report_absence(await cast.rita(), doctor, 24)
    [offer] = (await ask(anna, MINE))["patient"]["offers"]
    assert offer["visitId"] == public_id("Visit", visit.id)
    node = "query($id: ID!) { node(id: $id) { ... on Offer { answer } } }"
    assert await ask(anna, node, id=offer["id"]) == {"answer": "OPEN"}
    assert await ask(borys, node, id=offer["id"]) is None
    assert (await ask(borys, ACCEPT, id=offer["id"]))["__typename"] == "OfferNotFound"
    assert await ask(borys, DECLINE, id=offer["id"]) is False
    with clock.pinned(cast.warsaw(23, 22)):
        assert (await ask(anna, ACCEPT, id=offer["id"]))["__typename"] == "OutsideServiceHours"
    moved = await ask(anna, ACCEPT, id=offer["id"])
    assert (moved["id"], moved["startsAt"]) == (offer["visitId"], "2026-11-25T10:00:00+01:00")
    assert moved["history"] == [{"kind": "BOOKED", "by": "patient"}, {"kind": "MOVED", "by": "patient"}]


async def test_reception_answers_for_a_caller_at_any_hour() -> None:
    clinic, anna, rita = await cast.clinic(), await cast.anna(), await cast.rita()
    doctor = await cast.doctor(clinic)
    await book(anna, await cast.slot(at=clinic, by=doctor))
    await cast.slot(cast.warsaw(25, 10), at=clinic, by=doctor)
    await report_absence(rita, doctor, 24)
    offer = public_id("Offer", (await the_offer(anna)).id)
    with clock.pinned(cast.warsaw(23, 22)):
        moved = await ask(rita, ACCEPT, id=offer)
    assert moved["history"][-1] == {"kind": "MOVED", "by": "reception"}
    [entry] = (await ask(anna, "{ me { patient { accessLog(first: 1) { nodes { who what } } } } }"))["patient"][
        "accessLog"
    ]["nodes"]
    assert entry == {"who": "reception", "what": "A visit was moved."}


async def test_a_declined_slot_is_offered_to_the_next_at_once(nudges: list[str]) -> None:
    clinic, anna, borys, rita = await cast.clinic(), await cast.anna(), await cast.borys(), await cast.rita()
    [zofia] = await cast.rivals(1)
    [slot] = await cast.morning(TUESDAY, 1, at=clinic, by=await cast.doctor(clinic))
    visit = await book(zofia, slot)
    for account in (anna, borys):
        await join_waiting_list(account, clinic)
    await cancel(zofia, visit)
    await freed_slots.allocate()
    first = public_id("Offer", (await the_offer(anna)).id)
    assert await ask(rita, DECLINE, id=first) is True
    assert nudges == ["offer_slots"]
    await freed_slots.allocate()
    assert await holder_of(slot) == borys.patient_id
    over = await ask(anna, ACCEPT, id=first)
    assert (over["__typename"], over["message"][:19]) == ("OfferOver", "This offer is over:")
    second = public_id("Offer", (await the_offer(borys)).id)
    booked = await ask(rita, ACCEPT, id=second)
    assert (booked["__typename"], booked["channel"]) == ("Visit", "PHONE")
    assert (await Slot.get()).held_by_id is None


async def test_callers_who_may_not_wait_are_refused() -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    some = public_id("Offer", clinic.id)
    for account, code in ((None, "UNAUTHENTICATED"), (rita, "FORBIDDEN")):
        assert await codes(account, JOIN, input=wish(clinic.id)) == [code]
        assert await codes(account, LEAVE, id=public_id("WaitingListEntry", clinic.id)) == [code]
    for document in (ACCEPT, DECLINE):
        assert await codes(None, document, id=some) == ["UNAUTHENTICATED"]
