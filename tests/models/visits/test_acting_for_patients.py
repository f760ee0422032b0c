"""Reception acts for patients under the same rules; a reason can override a clinic's rule, never an invariant."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from infra import clock
from models.audit import AuditEntry
from models.outbox import Message
from models.refusals.booking import (
    KeyReused,
    SlotNotBookable,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitsOverlap,
)
from models.refusals.refusal import Refusal
from models.slots.slot import Slot
from models.values.visit_status import Channel, Status
from models.visits import attendance
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, check_invariants, count_rows
from tests.support.racing import only, race, tally
from tests.support.visits import WHY, actor, book, book_for, cancel_for, hold, move_for, patient_of


async def test_a_caller_without_email_is_booked_moved_and_cancelled_and_no_letter_is_written() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    dorota, doctor = await cast.dorota(rita), await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    visit = await book_for(rita, dorota, one, reason="kontrola")
    assert (visit.channel, visit.status, visit.patient_id) == (Channel.PHONE, Status.BOOKED, dorota.id)
    visit = await move_for(rita, visit, two)
    assert visit.starts_at == two.starts_at
    visit = await cancel_for(rita, visit, reason="wyjazd")
    assert visit.status == Status.CANCELLED
    history = await VisitChange.filter(visit_id=visit.id).order_by("at", "id")
    assert [(change.kind, change.by, change.channel) for change in history] == [
        ("BOOKED", "reception", Channel.PHONE),
        ("MOVED", "reception", Channel.PHONE),
        ("CANCELLED", "reception", Channel.PHONE),
    ]
    assert [change.override_reason for change in history] == [None, None, None]
    assert await Message.all().count() == 0
    entries = await AuditEntry.filter(subject_id=visit.id).order_by("at", "id")
    assert {(entry.account_id, entry.patient_id, entry.role) for entry in entries} == {
        (rita.id, dorota.id, "RECEPTIONIST")
    }


async def test_a_patient_with_an_account_is_written_to_when_reception_acts() -> None:
    rita, anna, slot = await cast.rita(), await cast.anna(), await cast.slot()
    visit = await book_for(rita, patient_of(anna), slot)
    assert (await Message.get(visit_id=visit.id)).to == "anna@example.pl"
    await check_each_change_is_recorded_once()


async def test_reception_books_at_any_hour() -> None:
    rita, anna, slot = await cast.rita(), await cast.anna(), await cast.slot()
    with clock.pinned(cast.warsaw(23, 23, 30)):
        assert (await book_for(rita, patient_of(anna), slot)).status == Status.BOOKED


async def too_near(clinic: Any, doctor: Any, patient: Any) -> tuple[Slot, str]:
    return await cast.slot(cast.warsaw(23, 9, 59), at=clinic, by=doctor), "NOTICE_TOO_SHORT"


async def too_far(clinic: Any, doctor: Any, patient: Any) -> tuple[Slot, str]:
    return await cast.slot(clock.now() + timedelta(days=92), at=clinic, by=doctor), "TOO_FAR_AHEAD"


async def one_too_many(clinic: Any, doctor: Any, patient: Any) -> tuple[Slot, str]:
    by, slots = await cast.roman(), await cast.morning(cast.warsaw(24, 8).date(), 4, at=clinic, by=doctor)
    for slot in slots[:3]:
        await book_for(by, patient, slot)
    return slots[3], "PLANNED_VISITS"


@pytest.mark.parametrize("rule", [too_near, too_far, one_too_many])
async def test_a_rule_of_the_clinic_is_passed_over_only_with_a_reason_which_is_audited(rule: Any) -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    dorota = await cast.dorota(rita)
    slot, name = await rule(clinic, await cast.doctor(clinic), dorota)
    before = await count_rows()
    with pytest.raises((SlotNotBookable, TooManyVisits)) as refused:
        await book_for(rita, dorota, slot)
    assert refused.value.clinic_rule == name
    assert await count_rows() == before
    visit = await book_for(rita, dorota, slot, WHY)
    entry = await AuditEntry.get(subject_id=visit.id)
    assert (entry.override_reason, entry.passed_over, entry.account_id) == (WHY, name, rita.id)
    assert (await VisitChange.get(visit_id=visit.id)).override_reason == WHY


async def test_several_rules_at_once_are_all_named_in_the_audit_trail() -> None:
    rita, clinic = await cast.rita(), await cast.clinic(planned_visits_per_patient=0)
    slot = await cast.slot(cast.warsaw(23, 9, 30), at=clinic, by=await cast.doctor(clinic))
    visit = await book_for(rita, await cast.dorota(rita), slot, WHY)
    assert (await AuditEntry.get(subject_id=visit.id)).passed_over == "NOTICE_TOO_SHORT, PLANNED_VISITS"


async def test_a_reason_that_was_not_needed_is_no_override() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    visit = await book_for(rita, await cast.dorota(rita), slot, WHY)
    entry = await AuditEntry.get(subject_id=visit.id)
    assert (entry.override_reason, entry.passed_over) == (None, None)
    assert (await VisitChange.get(visit_id=visit.id)).override_reason is None


async def past(slot: Slot) -> None:
    clock.advance(slot.starts_at - clock.now())


async def withdrawn(slot: Slot) -> None:
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())


async def taken(slot: Slot) -> None:
    await book(await cast.borys(), slot)


async def held(slot: Slot) -> None:
    await hold(await cast.borys(), slot)


@pytest.mark.parametrize("obstacle", [past, withdrawn, taken, held])
async def test_no_reason_passes_over_a_past_withdrawn_taken_or_held_slot(obstacle: Any) -> None:
    rita, slot = await cast.rita(), await cast.slot()
    dorota = await cast.dorota(rita)
    await obstacle(slot)
    before = await count_rows()
    with pytest.raises((SlotNotBookable, SlotTaken)) as refused:
        await book_for(rita, dorota, slot, WHY)
    assert refused.value.clinic_rule is None
    assert await count_rows() == before


async def test_no_reason_puts_a_patient_in_two_places_at_once() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    dorota = await cast.dorota(rita)
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    two = await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    visit = await book_for(rita, dorota, one)
    with pytest.raises(VisitsOverlap) as refused:
        await book_for(rita, dorota, two, WHY)
    assert refused.value.details == {"visit_id": str(visit.id)}


async def test_cancel_until_yields_to_a_reason_also_when_the_visit_has_begun_and_the_doctor_has_not() -> None:
    rita, clinic = await cast.rita(), await cast.clinic(cancel_until_minutes=120)
    doctor, dorota = await cast.doctor(clinic), await cast.dorota(rita)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    later = await cast.slot(cast.warsaw(25, 8), at=clinic, by=doctor)
    visit, other = await book_for(rita, dorota, one), await book_for(rita, dorota, two)
    with clock.pinned(one.starts_at + timedelta(minutes=5)):
        for attempt in (cancel_for(rita, visit), move_for(rita, visit, later)):
            with pytest.raises(VisitNotChangeable):
                await attempt
        assert (await cancel_for(rita, visit, "lekarz zachorował")).status == Status.CANCELLED
        assert (await move_for(rita, other, later, "lekarz zachorował")).starts_at == later.starts_at
    entries = await AuditEntry.exclude(passed_over=None)
    assert {(entry.action, entry.passed_over) for entry in entries} == {
        ("visit_cancelled", "CANCEL_UNTIL"),
        ("visit_moved", "CANCEL_UNTIL"),
    }


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.NO_SHOW, Status.CANCELLED])
async def test_what_is_over_is_not_cancelled_whatever_the_reason(status: Status) -> None:
    rita, slot = await cast.rita(), await cast.slot()
    visit = await book_for(rita, await cast.dorota(rita), slot)
    if status == Status.CANCELLED:
        await cancel_for(rita, visit)
    else:
        await Visit.filter(id=visit.id).update(status=status)
    with pytest.raises(VisitNotChangeable):
        await cancel_for(rita, visit, WHY)


async def test_somebody_who_has_come_is_moved_only_with_a_reason_and_is_expected_again() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    visit = await book_for(rita, await cast.dorota(rita), one)
    await Visit.filter(id=visit.id).update(status=Status.ARRIVED)
    with pytest.raises(VisitNotChangeable):
        await move_for(rita, visit, two)
    assert (await move_for(rita, visit, two, "lekarz zachorował")).status == Status.BOOKED


async def test_a_patient_has_no_override() -> None:
    anna, slot = await cast.anna(), await cast.slot(cast.warsaw(23, 9, 30))
    with pytest.raises(SlotNotBookable):
        await book(anna, slot)


async def test_two_receptionists_want_the_last_slot_and_one_gets_it() -> None:
    rita, roman, clinic = await cast.rita(), await cast.roman(), await cast.clinic(planned_visits_per_patient=100)
    dorota, borys = await cast.dorota(rita), patient_of(await cast.borys())
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 15, at=clinic, by=await cast.doctor(clinic)):
        outcomes = await race(book_for(rita, dorota, slot, WHY), book_for(roman, borys, slot, WHY))
        assert tally(outcomes) == {"Visit": 1, "SlotTaken": 1}
        assert (await Slot.get(id=slot.id)).visit_id == only(Visit, outcomes).id


async def test_a_receptionist_and_a_patient_want_the_same_slot_and_one_gets_it() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic(planned_visits_per_patient=100)
    dorota = await cast.dorota(rita)
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 15, at=clinic, by=await cast.doctor(clinic)):
        outcomes = await race(book(anna, slot), book_for(rita, dorota, slot))
        assert tally(outcomes) == {"Visit": 1, "SlotTaken": 1}
        await check_invariants()


async def test_reception_books_for_a_patient_who_books_the_same_slot_and_there_is_one_visit() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic(planned_visits_per_patient=100)
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 10, at=clinic, by=await cast.doctor(clinic)):
        outcomes = await race(book(anna, slot), book_for(rita, patient_of(anna), slot))
        assert tally(outcomes) == {"Visit": 1, "SlotTaken": 1}
    await check_each_change_is_recorded_once()


async def test_reception_moves_a_visit_while_its_patient_cancels_it() -> None:
    rita, anna, clinic = await cast.rita(), await cast.anna(), await cast.clinic(planned_visits_per_patient=100)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 20, at=clinic, by=await cast.doctor(clinic))
    for one, two in zip(slots[::2], slots[1::2], strict=True):
        visit = await book(anna, one)
        cancelling = Visit.cancel(visit.id, patient=patient_of(anna), by=anna)
        moved, cancelled = await race(move_for(rita, visit, two), cancelling)
        assert isinstance(cancelled, Visit)
        assert isinstance(moved, Visit | VisitNotChangeable)
        assert (await Visit.get(id=visit.id)).status == Status.CANCELLED
        assert {(await Slot.get(id=slot.id)).visit_id for slot in (one, two)} == {None}
    await check_each_change_is_recorded_once()


async def test_a_repeated_request_with_its_key_is_done_once_and_another_request_is_refused() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    dorota = await cast.dorota(rita)
    repeated = await asyncio.gather(*(book_for(rita, dorota, one, key="k") for _ in range(5)))
    assert {visit.id for visit in repeated} == {repeated[0].id}
    for other in (book_for(rita, dorota, two, key="k"), book_for(rita, dorota, one, WHY, key="k")):
        with pytest.raises(KeyReused):
            await other
    assert await Visit.all().count() == 1


async def test_a_refusal_with_a_key_is_the_same_refusal_again() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    dorota = await cast.dorota(rita)
    await taken(slot)
    told: list[Refusal] = []
    for _ in range(2):
        with pytest.raises(SlotTaken) as refused:
            await book_for(rita, dorota, slot, key="k")
        told.append(refused.value)
    assert told[0].details == told[1].details == {"slot_id": str(slot.id)}


async def test_the_trail_says_from_which_status_a_visit_was_cancelled() -> None:
    rita, anna = await cast.rita(), await cast.anna()
    visit = await book(anna, await cast.slot(cast.warsaw(23, 12)))
    await attendance.mark(visit.id, Status.ARRIVED, patient=patient_of(anna), actor=actor(rita))
    await cancel_for(rita, visit, WHY)
    entry = await AuditEntry.get(action="visit_cancelled")
    assert entry.changes == {"status": ["ARRIVED", "CANCELLED"]}
