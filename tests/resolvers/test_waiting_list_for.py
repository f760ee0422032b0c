"""The waiting list for reception: whom it can add, whom it sees, whom it must telephone, and who comes next."""

from typing import Any

from infra import clock
from models.audit import AuditEntry
from models.outbox import Message, MessageState
from models.waiting import freed_slots
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.support.execution import ask, do, id_of
from tests.support.schedules import join_waiting_list
from tests.support.visits import book, cancel, patient_of

LIST = """query($filter: WaitingListFilter!, $first: Int! = 50, $after: String) {
    waitingList(filter: $filter, first: $first, after: $after) {
        nodes { id joinedAt patient { lastName phone } clinic { name } doctor { lastName } }
        pageInfo { hasNextPage endCursor } } }"""
TELL = "query($clinicId: ID) { offersToTell(clinicId: $clinicId) { id patient { lastName phone } slot { id } } }"
WISH = {"from": "2026-11-24", "until": "2026-12-24"}


async def names(rita: Any, **conditions: Any) -> list[str]:
    found = await ask(rita, LIST, filter=conditions)
    return [node["patient"]["lastName"] for node in found["nodes"]]


async def test_a_caller_without_an_account_waits_is_offered_a_slot_telephoned_and_booked() -> None:
    rita, borys, clinic = await cast.rita(), await cast.borys(), await cast.clinic()
    dorota = await cast.dorota(rita)
    slot = await cast.slot(at=clinic)
    visit = await book(borys, slot)
    with clock.pinned(cast.warsaw(23, 6)):  # before service hours
        joined = await do(
            rita,
            "joinWaitingListFor",
            "... on WaitingListEntry { id }",
            patientId=id_of(dorota),
            clinicId=id_of(clinic),
            **WISH,
        )
        again = await do(
            rita,
            "joinWaitingListFor",
            "... on WaitingListEntry { id }",
            patientId=id_of(dorota),
            clinicId=id_of(clinic),
            **WISH,
        )
    assert joined == again
    assert await AuditEntry.filter(action="join_waiting_list", account_id=rita.id, patient_id=dorota.id).count() == 1
    assert await ask(rita, TELL) == []
    await cancel(borys, visit)
    await freed_slots.allocate()
    [offer] = await ask(rita, TELL, clinicId=id_of(clinic))
    assert offer["patient"] == {"lastName": "Dzwoniąca", "phone": "+48226210000"}
    assert offer["slot"] == {"id": id_of(slot)}
    assert await ask(rita, TELL, clinicId=id_of(await cast.clinic("Inna"))) == []
    accepted = await do(rita, "acceptOffer", "... on Visit { patient { lastName } }", offerId=offer["id"])
    assert accepted["patient"] == {"lastName": "Dzwoniąca"}
    assert await ask(rita, TELL) == []
    assert await names(rita) == []


async def test_a_patient_is_telephoned_only_if_every_message_has_failed() -> None:
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    visit = await book(borys, await cast.slot(at=clinic))
    await join_waiting_list(anna, clinic)
    await cancel(borys, visit)
    await freed_slots.allocate()
    assert await ask(rita, TELL) == []
    offered = Message.filter(kind="term_offered")
    assert await offered.count() == 2  # a letter and a text message
    await offered.filter(medium="email").update(state=MessageState.FAILED)
    assert await ask(rita, TELL) == []
    await offered.update(state=MessageState.FAILED)
    assert [offer["patient"]["lastName"] for offer in await ask(rita, TELL)] == ["Żółć"]


async def test_reception_sees_who_waits_in_order_of_joining_and_narrows_it() -> None:
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    doctor, other = await cast.doctor(clinic), await cast.doctor(clinic)
    await join_waiting_list(borys, clinic, doctor, last_day=cast.warsaw(25, 0).date())
    clock.advance(cast.warsaw(23, 9, 5) - clock.now())
    await join_waiting_list(anna, clinic)
    assert await names(rita) == ["Nowak", "Żółć"]
    assert await names(rita, clinicId=id_of(clinic)) == ["Nowak", "Żółć"]
    assert await names(rita, doctorId=id_of(doctor)) == ["Nowak", "Żółć"]
    assert await names(rita, doctorId=id_of(other)) == ["Żółć"]
    assert await names(rita, day="2026-11-26") == ["Żółć"]
    assert await names(rita, clinicId=id_of(await cast.clinic("Inna"))) == []
    assert await names(rita, patientId=id_of(patient_of(anna))) == ["Żółć"]
    assert await AuditEntry.filter(action="open_record", patient_id=anna.patient_id).count() == 1
    page = await ask(rita, LIST, filter={}, first=1)
    rest = await ask(rita, LIST, filter={}, first=1, after=page["pageInfo"]["endCursor"])
    assert [node["patient"]["lastName"] for node in rest["nodes"]] == ["Żółć"]


async def test_reception_ends_an_entry_for_a_reason_and_its_slot_goes_to_the_next_in_order() -> None:
    rita, anna, borys, clinic = await cast.rita(), await cast.anna(), await cast.borys(), await cast.clinic()
    visit = await book(borys, await cast.slot(at=clinic))
    first = await join_waiting_list(anna, clinic)
    clock.advance(cast.warsaw(23, 9, 5) - clock.now())
    dorota = await cast.dorota(rita)
    await do(rita, "joinWaitingListFor", patientId=id_of(dorota), clinicId=id_of(clinic), **WISH)
    await cancel(borys, visit)
    await freed_slots.allocate()
    assert await ask(rita, TELL) == []  # Anna is first in the list, and she got a letter
    ended = await do(rita, "leaveWaitingListFor", entryId=id_of(first), reason="poszła gdzie indziej")
    assert ended["__typename"] == "WaitingListEntry"
    await freed_slots.allocate()
    assert [offer["patient"]["lastName"] for offer in await ask(rita, TELL)] == ["Dzwoniąca"]
    assert (await WaitingListEntry.get(id=first.id)).end_reason == "poszła gdzie indziej"
    assert await AuditEntry.filter(action="leave_waiting_list", account_id=rita.id, patient_id=anna.patient_id).exists()
    for given, refusal in (
        ({"entryId": id_of(first), "reason": "jeszcze raz"}, "WaitingListEntryNotFound"),
        ({"entryId": id_of(first), "reason": " "}, "InvalidInput"),
        ({"entryId": "WaitingListEntry_" + "A" * 22, "reason": "x"}, "WaitingListEntryNotFound"),
    ):
        assert (await do(rita, "leaveWaitingListFor", **given))["__typename"] == refusal


async def test_nobody_is_put_there_who_is_unknown_or_has_too_much_planned() -> None:
    rita, clinic = await cast.rita(), await cast.clinic(planned_visits_per_patient=1)
    dorota = await cast.dorota(rita)
    wish: dict[str, Any] = {"clinicId": id_of(clinic), **WISH}
    unknown = "Patient_" + "A" * 22
    assert (await do(rita, "joinWaitingListFor", patientId=unknown, **wish))["__typename"] == "PatientNotFound"
    await do(rita, "joinWaitingListFor", patientId=id_of(dorota), **wish)
    more = await do(rita, "joinWaitingListFor", patientId=id_of(dorota), earliest="08:00", **wish)
    assert more["__typename"] == "TooManyVisits"
    wrong = await do(rita, "joinWaitingListFor", patientId=id_of(dorota), **{**wish, "until": "2026-11-01"})
    assert wrong["__typename"] == "InvalidInput"


async def test_a_card_shows_reception_what_its_patient_waits_for() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    entry = await join_waiting_list(anna, clinic)
    asked = "query($id: ID!) { node(id: $id) { ... on Patient { waitingList { nodes { id } } } } }"
    assert (await ask(rita, asked, id=id_of(patient_of(anna))))["waitingList"]["nodes"] == [{"id": id_of(entry)}]
