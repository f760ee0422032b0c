"""The desk through the API: a caller is booked, moved, marked and telephoned, and every refusal has its own type."""

from typing import Any

import pytest

from infra import clock
from models.accounts.account import Account, Language
from models.audit import AuditEntry
from models.outbox import Message, MessageState
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.values.visit_status import Channel
from models.visits.visit import Visit
from tests import cast
from tests.support.execution import answer, ask, code, do, id_of
from tests.support.invariants import check_invariants
from tests.support.visits import book, hold

VISIT = "... on Visit { id reference status channel startsAt history { kind by channel reason overrideReason } }"
NOBODY, NOTHING, NOWHERE = "Patient_AAAAAAAAAAAAAAAAAAAAAA", "Visit_AAAAAAAAAAAAAAAAAAAAAA", "Slot_" + "A" * 22


@pytest.fixture(autouse=True)
async def kept(fresh: None) -> Any:
    yield
    await check_invariants()


async def morning(count: int, **rules: Any) -> list[Slot]:
    clinic = await cast.clinic(**rules)
    return await cast.morning(cast.warsaw(24, 8).date(), count, at=clinic, by=await cast.doctor(clinic))


async def booked(rita: Account, slot: Slot) -> Any:
    patient = await cast.dorota(rita)
    return await do(rita, "bookFor", VISIT, slotId=id_of(slot), patientId=id_of(patient))


async def test_a_callers_visit_from_the_first_call_to_the_end_of_the_visit() -> None:
    rita, [one, two] = await cast.rita(), await morning(2)
    patient = await do(
        rita,
        "registerPatient",
        "... on Patient { id peselMasked email phone }",
        firstName="Dorota",
        lastName="Dzwoniąca",
        pesel=cast.DOROTA_PESEL,
        phone="22 621 00 00",
    )
    assert patient | {"id": ""} == {
        "__typename": "Patient",
        "id": "",
        "peselMasked": "*******5604",
        "email": None,
        "phone": "+48226210000",
    }
    visit = await do(rita, "bookFor", VISIT, slotId=id_of(one), patientId=patient["id"], reason="kontrola")
    assert (visit["status"], visit["channel"]) == ("BOOKED", "PHONE")
    moved = await do(rita, "rescheduleFor", VISIT, visitId=visit["id"], slotId=id_of(two), channel="RECEPTION")
    assert (moved["id"], moved["reference"], moved["channel"]) == (visit["id"], visit["reference"], "PHONE")
    with clock.pinned(two.starts_at):
        for mutation, status in (("markArrived", "ARRIVED"), ("markFulfilled", "FULFILLED")):
            assert (await do(rita, mutation, VISIT, visitId=visit["id"]))["status"] == status
        told = await do(rita, "markNoShow", "... on StatusNotChangeable { status wanted reason }", visitId=visit["id"])
    assert told == {
        "__typename": "StatusNotChangeable",
        "message": "A visit that is FULFILLED cannot become NO_SHOW.",
        "status": "FULFILLED",
        "wanted": "NO_SHOW",
        "reason": "STATUS",
    }
    history = (await ask(rita, "query($id: ID!) { node(id: $id) { %s } }" % VISIT, id=visit["id"]))["history"]  # noqa: UP031 - the text is full of braces
    assert [(change["kind"], change["by"], change["channel"]) for change in history] == [
        ("BOOKED", "reception", "PHONE"),
        ("MOVED", "reception", "RECEPTION"),
        ("ARRIVED", "reception", "RECEPTION"),
        ("FULFILLED", "reception", "RECEPTION"),
    ]
    assert await Message.all().count() == 0


async def test_reception_is_not_gated_by_service_hours() -> None:
    rita, [one, two] = await cast.rita(), await morning(2)
    with clock.pinned(cast.warsaw(23, 23)):
        visit = await booked(rita, one)
        assert (await do(rita, "rescheduleFor", visitId=visit["id"], slotId=id_of(two)))["__typename"] == "Visit"
        assert (await do(rita, "cancelFor", VISIT, visitId=visit["id"]))["status"] == "CANCELLED"


async def test_an_overridden_rule_is_in_history_and_audit_trail_with_the_colleagues_name() -> None:
    rita, adam, [slot] = await cast.rita(), await cast.adam(), await morning(1, days_ahead=0)
    patient = await cast.dorota(rita)
    wish = {"slotId": id_of(slot), "patientId": id_of(patient)}
    refused = await do(rita, "bookFor", "... on SlotNotBookable { reason }", **wish)
    assert (refused["__typename"], refused["reason"]) == ("SlotNotBookable", "TOO_FAR_AHEAD")
    assert refused["message"].endswith("Reception can override this rule with a reason (override).")
    visit = await do(rita, "bookFor", VISIT, **wish, override={"reason": "prosi lekarz"})
    assert [change["overrideReason"] for change in visit["history"]] == ["prosi lekarz"]
    trail = (
        "query($id: ID!) { auditTrail(subjectId: $id) { nodes { action who staffName overrideReason passedOver } } }"
    )
    assert (await ask(adam, trail, id=visit["id"]))["nodes"] == [
        {
            "action": "visit_booked",
            "who": "reception",
            "staffName": "Rita Recepcyjna",
            "overrideReason": "prosi lekarz",
            "passedOver": ["TOO_FAR_AHEAD"],
        }
    ]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "PESEL 44051401359", "a\0b"])
async def test_an_override_needs_a_reason_that_can_be_kept(reason: str) -> None:
    rita, [slot] = await cast.rita(), await morning(1)
    given = {"slotId": id_of(slot), "patientId": NOBODY, "override": {"reason": reason}}
    document = "mutation($i: BookForInput!) { bookFor(input: $i) { __typename } }"
    patient = await cast.dorota(rita)
    assert await code(rita, document, i=given | {"patientId": id_of(patient)}) == "BAD_USER_INPUT"
    assert await Visit.all().count() == 0


@pytest.mark.parametrize("channel", [Channel.ONLINE, Channel.PARTNER])
async def test_reception_does_not_act_in_the_name_of_other_channels(channel: Channel) -> None:
    rita, [slot] = await cast.rita(), await morning(1)
    patient = await cast.dorota(rita)
    given = {"slotId": id_of(slot), "patientId": id_of(patient), "channel": channel.value}
    document = "mutation($i: BookForInput!) { bookFor(input: $i) { __typename } }"
    assert await code(rita, document, i=given) == "BAD_USER_INPUT"


async def test_what_is_not_there_is_refused_by_its_name() -> None:
    rita, [slot] = await cast.rita(), await morning(1)
    patient = id_of(await cast.dorota(rita))
    there, nowhere = id_of(slot), NOWHERE
    wishes: list[tuple[str, dict[str, Any], str]] = [
        ("bookFor", {"slotId": there, "patientId": NOBODY}, "PatientNotFound"),
        ("bookFor", {"slotId": nowhere, "patientId": patient}, "SlotNotFound"),
        ("rescheduleFor", {"slotId": there, "visitId": NOTHING}, "VisitNotFound"),
        ("cancelFor", {"visitId": NOTHING}, "VisitNotFound"),
        ("markArrived", {"visitId": NOTHING}, "VisitNotFound"),
        ("markFulfilled", {"visitId": NOTHING}, "VisitNotFound"),
        ("markNoShow", {"visitId": NOTHING}, "VisitNotFound"),
        ("markCalled", {"visitId": NOTHING}, "VisitNotFound"),
        ("changePatient", {"patientId": NOBODY}, "PatientNotFound"),
        ("invitePatient", {"patientId": NOBODY, "email": "n@example.pl"}, "PatientNotFound"),
        ("revealPesel", {"patientId": NOBODY}, "PatientNotFound"),
        ("resendMessage", {"messageId": "Message_" + "A" * 22}, "MessageNotFound"),
    ]
    for mutation, given, kind in wishes:
        refused = await do(rita, mutation, **given)
        assert refused["__typename"] == kind, mutation
        assert refused["message"]


async def test_a_taken_slot_has_alternatives_and_an_overlap_names_the_other_visit() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor, other = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    beside = await cast.slot(cast.warsaw(24, 8), at=clinic, by=other)
    visit = await booked(rita, one)
    patient = (await Visit.get()).patient_id
    taken = await do(
        rita,
        "bookFor",
        "... on SlotTaken { alternatives { id } }",
        slotId=id_of(one),
        patientId=id_of((await cast.borys()).patient),
    )
    assert [slot["id"] for slot in taken["alternatives"]] == [id_of(two), id_of(beside)]
    overlap = await do(
        rita,
        "bookFor",
        "... on VisitsOverlap { visit { reference patient { lastName } } }",
        slotId=id_of(beside),
        patientId=id_of((await Visit.get(patient_id=patient).select_related("patient")).patient),
    )
    assert overlap["visit"] == {"reference": visit["reference"], "patient": {"lastName": "Dzwoniąca"}}


async def test_a_repeated_request_with_its_key_gets_the_first_answer() -> None:
    rita, [one, two] = await cast.rita(), await morning(2)
    patient = id_of(await cast.dorota(rita))
    first = await do(rita, "bookFor", VISIT, slotId=id_of(one), patientId=patient, idempotencyKey="k")
    again = await do(rita, "bookFor", VISIT, slotId=id_of(one), patientId=patient, idempotencyKey="k")
    other = await do(rita, "bookFor", VISIT, slotId=id_of(two), patientId=patient, idempotencyKey="k")
    assert (again["id"], other["__typename"]) == (first["id"], "KeyReused")


async def test_why_not_bookable_names_every_rule_in_the_readers_language() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    slot = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    patient = await cast.dorota(rita)
    await hold(await cast.borys(), slot)
    await Clinic.filter(id=clinic.id).update(minimum_notice_minutes=3 * 24 * 60, planned_visits_per_patient=0)
    document = """query($s: ID!, $p: ID) { whyNotBookable(slotId: $s, patientId: $p) { __typename message
        ... on SlotNotBookable { reason } ... on SlotHeld { heldUntil } ... on TooManyVisits { limit } } }"""
    found = await ask(rita, document, Language.PL, s=id_of(slot), p=id_of(patient))
    assert [(each["__typename"], each.get("reason"), each.get("limit")) for each in found] == [
        ("SlotNotBookable", "NOTICE_TOO_SHORT", None),
        ("SlotHeld", None, None),
        ("TooManyVisits", None, 0),
    ]
    assert found[1]["heldUntil"] == "2026-11-23T09:05:00+01:00"
    assert "Rejestracja może pominąć tę regułę" in found[0]["message"]
    assert "nie można pominąć" in found[1]["message"]
    assert await ask(rita, document, s=NOWHERE, p=NOBODY) == [
        {"__typename": "SlotNotFound", "message": "There is no such slot."},
        {"__typename": "PatientNotFound", "message": "There is no such patient."},
    ]


async def test_reception_sees_slots_beyond_the_clinics_rules_and_nobody_else_does() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    near = await cast.slot(cast.warsaw(23, 9, 30), at=clinic, by=doctor)
    far = await cast.slot(cast.warsaw(1, 8, month=3).replace(year=2027), at=clinic, by=doctor)
    await cast.slot(cast.warsaw(23, 8), at=clinic, by=doctor)
    document = "query($f: FreeSlotsFilter!) { freeSlots(filter: $f) { nodes { id } } }"
    wish = {"clinicId": id_of(clinic)}
    assert (await ask(rita, document, f=wish))["nodes"] == []
    found = await ask(rita, document, f=wish | {"beyondRules": True})
    assert [slot["id"] for slot in found["nodes"]] == [id_of(near), id_of(far)]
    assert await code(anna, document, f=wish | {"beyondRules": True}) == "FORBIDDEN"
    assert await code(None, document, f=wish | {"beyondRules": True}) == "UNAUTHENTICATED"


async def test_the_call_list_is_worked_off() -> None:
    rita, [slot] = await cast.rita(), await morning(1)
    visit = await booked(rita, slot)
    document = """query($d: Date!, $c: ID) { callList(day: $d, clinicId: $c) {
        reason phone message { state } visit { id patient { lastName } } } }"""
    assert await ask(rita, document, d="2026-11-24") == [
        {
            "reason": "NO_EMAIL",
            "phone": "+48226210000",
            "message": None,
            "visit": {"id": visit["id"], "patient": {"lastName": "Dzwoniąca"}},
        }
    ]
    called = await do(rita, "markCalled", VISIT, visitId=visit["id"], note="przyjdzie")
    assert called["history"][-1] | {"overrideReason": None} == {
        "kind": "CALLED",
        "by": "reception",
        "channel": "PHONE",
        "reason": "przyjdzie",
        "overrideReason": None,
    }
    assert await ask(rita, document, d="2026-11-24", c=id_of(await slot.clinic)) == []


async def test_a_message_that_failed_is_seen_with_its_reason_and_sent_again() -> None:
    rita, anna, [slot] = await cast.rita(), await cast.anna(), await morning(1)
    visit = await book(anna, slot)
    await Message.all().update(state=MessageState.FAILED, reason="SMTP 550: no such mailbox")
    document = """query($f: MessagesFilter!) { messages(filter: $f) { nodes {
        id kind medium state reason to visit { id } } } }"""
    [failed] = (await ask(rita, document, f={"visitId": id_of(visit), "state": "FAILED"}))["nodes"]
    assert failed | {"id": ""} == {
        "id": "",
        "kind": "VISIT_BOOKED",
        "medium": "EMAIL",
        "state": "FAILED",
        "to": "anna@example.pl",
        "reason": "SMTP 550: no such mailbox",
        "visit": {"id": id_of(visit)},
    }
    again = await do(rita, "resendMessage", "... on Message { id state }", messageId=failed["id"])
    assert again["__typename"] == "Message"
    assert again["id"] != failed["id"]
    assert await AuditEntry.filter(action="resend_message", patient_id=anna.patient_id).count() == 1


async def test_the_content_of_a_letter_cannot_be_read() -> None:
    result = await answer("{ messages(filter: {}) { nodes { details } } }", await cast.rita())
    assert [error.extensions["code"] for error in result.errors] == ["GRAPHQL_VALIDATION_FAILED"]
