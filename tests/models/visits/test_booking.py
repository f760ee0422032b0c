"""Booking: one visit per slot, and no patient in two places at a time, whatever happens concurrently."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asyncpg import RaiseError

from infra import clock
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.outbox import Message, MessageKind, MessageState
from models.refusals.booking import SlotNotFound, SlotTaken, TooManyVisits, VisitsOverlap
from models.slots.slot import Slot
from models.values.visit_status import Channel, Status
from models.visits.visit import Visit
from models.visits.visit_history import VisitChange
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, check_invariants, count_rows
from tests.support.racing import only, race, tally, until_blocked
from tests.support.visits import book, hold, is_free, patient_of

NOTHING = {"visit": 0, "visit_change": 0, "message": 0, "event": 0, "audit_entry": 0}


async def test_a_free_slot_can_be_booked() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot, reason="ból głowy")
    assert (visit.starts_at, visit.ends_at, visit.patient_id) == (slot.starts_at, slot.ends_at, anna.patient_id)
    assert (visit.status, visit.channel, visit.reason) == (Status.BOOKED, Channel.ONLINE, "ból głowy")
    assert (visit.booked_at, visit.sequence, visit.cancelled_at) == (clock.now(), 0, None)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", visit.reference)
    assert (await Slot.get(id=slot.id)).visit_id == visit.id


async def test_a_booking_writes_history_letter_event_and_audit_entry_once() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    assert await count_rows() == {"visit": 1, "visit_change": 1, "message": 1, "event": 1, "audit_entry": 1}
    change, letter = await VisitChange.get(visit_id=visit.id), await Message.get(visit_id=visit.id)
    event, entry = await Event.get(), await AuditEntry.get()
    assert (change.kind, change.by, change.to_starts_at) == ("BOOKED", "patient", slot.starts_at)
    assert (letter.kind, letter.to, letter.state) == (MessageKind.VISIT_BOOKED, "anna@example.pl", MessageState.DUE)
    assert (event.happening, event.clinic_id) == (EventType.VISIT_BOOKED, slot.clinic_id)
    assert event.details == {"visit_reference": visit.reference, "slot_id": str(slot.id)}
    assert (entry.account_id, entry.patient_id, entry.subject_id) == (anna.id, anna.patient_id, visit.id)
    assert (entry.action, entry.outcome, entry.at) == ("visit_booked", "done", clock.now())


async def test_a_letter_names_neither_clinic_nor_doctor_nor_pesel_nor_reason() -> None:
    anna = await cast.anna()
    clinic = await cast.clinic("Poradnia onkologiczna")
    await book(anna, await cast.slot(at=clinic), reason="nowotwór")
    told = json.dumps((await Message.get()).details, ensure_ascii=False)
    assert not re.search("onkolog|Wiśniewska|nowotwór|Anna|Żółć", told, re.IGNORECASE)
    assert cast.ANNA_PESEL not in told


async def test_partners_learn_nothing_of_the_patient_from_an_event() -> None:
    anna = await cast.anna()
    await book(anna, await cast.slot(), reason="nowotwór")
    assert set((await Event.get()).details) == {"visit_reference", "slot_id"}


async def test_a_slot_that_is_not_there_cannot_be_booked() -> None:
    anna = await cast.anna()
    with pytest.raises(SlotNotFound):
        await Visit.book(uuid4(), patient=patient_of(anna), by=anna)
    assert await count_rows() == NOTHING


async def test_a_taken_slot_cannot_be_booked_again_not_even_by_its_patient() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await book(anna, slot)
    before = await count_rows()
    for somebody in (borys, anna):
        with pytest.raises(SlotTaken) as refusal:
            await book(somebody, slot)
        assert refusal.value.details == {"slot_id": str(slot.id)}
    assert await count_rows() == before


async def test_of_fifty_rivals_for_one_slot_exactly_one_wins_every_time() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=100)
    doctor, rivals = await cast.doctor(clinic), await cast.rivals(50)
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 20, at=clinic, by=doctor):
        outcomes = await race(*(book(rival, slot) for rival in rivals))
        assert tally(outcomes) == {"Visit": 1, "SlotTaken": 49}
        winner = only(Visit, outcomes)
        assert (await Slot.get(id=slot.id)).visit_id == winner.id
        await check_invariants()
    assert await count_rows() == dict.fromkeys(NOTHING, 20)
    await check_each_change_is_recorded_once()


async def test_fifty_patients_and_fifty_slots_in_any_order_leave_no_slot_taken_twice() -> None:
    """Everybody goes through the same slots in a different order, so that locks are requested in every order."""
    clinic = await cast.clinic(planned_visits_per_patient=100)
    doctor, rivals = await cast.doctor(clinic), await cast.rivals(12)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 12, at=clinic, by=doctor)

    async def walk(n: int) -> list[Any]:
        return [(await race(book(rivals[n], slots[(n * 5 + step) % 12])))[0] for step in range(12)]

    outcomes = [outcome for walked in await asyncio.gather(*(walk(n) for n in range(12))) for outcome in walked]
    assert tally(outcomes) == {"Visit": 12, "SlotTaken": 132}
    await check_each_change_is_recorded_once()


async def test_a_patient_who_books_two_overlapping_slots_at_once_gets_one() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=100)
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal", first_name="Jan")
    anna = await cast.anna()
    for hour in range(8, 18):
        one = await cast.slot(cast.warsaw(24, hour), at=clinic, by=ewa)
        two = await cast.slot(cast.warsaw(24, hour, 19), at=clinic, by=jan)
        outcomes = await race(book(anna, one), book(anna, two))
        assert tally(outcomes) == {"Visit": 1, "VisitsOverlap": 1}
        assert only(VisitsOverlap, outcomes).details == {"visit_id": str(only(Visit, outcomes).id)}
        assert await is_free(one) != await is_free(two)
    await check_each_change_is_recorded_once()


async def test_visits_that_only_touch_do_not_overlap() -> None:
    clinic, anna = await cast.clinic(), await cast.anna()
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    await book(anna, await cast.slot(cast.warsaw(24, 10), at=clinic, by=ewa))
    await book(anna, await cast.slot(cast.warsaw(24, 10, 20), at=clinic, by=jan))
    with pytest.raises(VisitsOverlap):
        await book(anna, await cast.slot(cast.warsaw(24, 9, 41), at=clinic, by=jan))


async def test_two_patients_may_be_in_one_hour_with_two_doctors() -> None:
    clinic = await cast.clinic()
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    two = await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    outcomes = await race(book(await cast.anna(), one), book(await cast.borys(), two))
    assert tally(outcomes) == {"Visit": 2}


async def test_a_patient_at_the_limit_less_one_who_books_two_at_once_gets_one() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=2)
    doctor = await cast.doctor(clinic)
    first, *slots = await cast.morning(cast.warsaw(24, 8).date(), 3, at=clinic, by=doctor)
    for rival in await cast.rivals(8):
        await book(rival, first)
        outcomes = await race(*(book(rival, slot) for slot in slots))
        assert tally(outcomes) == {"Visit": 1, "TooManyVisits": 1}
        assert only(TooManyVisits, outcomes).details == {"limit": 2}
        for visit in await Visit.filter(patient_id=rival.patient_id):
            await Visit.cancel(visit.id, patient=patient_of(rival), by=rival)


async def test_the_limit_counts_planned_visits_of_this_clinic_only() -> None:
    anna = await cast.anna()
    heart, skin = await cast.clinic(planned_visits_per_patient=1), await cast.clinic("Poradnia skórna")
    doctor = await cast.doctor(heart, skin)
    first = await book(anna, await cast.slot(cast.warsaw(24, 10), at=heart, by=doctor))
    await book(anna, await cast.slot(cast.warsaw(24, 11), at=skin, by=doctor))
    with pytest.raises(TooManyVisits):
        await book(anna, await cast.slot(cast.warsaw(24, 12), at=heart, by=doctor))
    await Visit.cancel(first.id, patient=patient_of(anna), by=anna)
    await book(anna, await cast.slot(cast.warsaw(24, 13), at=heart, by=doctor))


async def test_a_visit_that_is_over_no_longer_counts_towards_the_limit() -> None:
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=1)
    doctor = await cast.doctor(clinic)
    visit = await book(anna, await cast.slot(cast.warsaw(24, 10), at=clinic, by=doctor))
    later = await cast.slot(cast.warsaw(25, 10), at=clinic, by=doctor)
    with clock.pinned(visit.ends_at - timedelta(microseconds=1)), pytest.raises(TooManyVisits):
        await book(anna, later)
    with clock.pinned(visit.ends_at):
        await book(anna, later)


DISK_FULL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.mark.parametrize("table", ["visit", "visit_change", "message", "event", "audit_entry"])
async def test_a_failure_after_the_claim_leaves_nothing_behind(table: str, owner: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await hold(anna, slot)
    before = await count_rows()
    await owner.execute(DISK_FULL.format(table=table))
    try:
        with pytest.raises(RaiseError, match="the disk is full"):
            await book(anna, slot)
        with pytest.raises(RaiseError, match="the disk is full"):
            await book(anna, slot, key="k")
    finally:
        await owner.execute("DROP FUNCTION fail() CASCADE")
    after = await Slot.get(id=slot.id)
    assert (after.visit_id, after.held_by_id) == (None, anna.patient_id)
    assert await count_rows() == before
    await book(anna, slot, key="k")


async def test_a_client_that_goes_away_in_the_middle_leaves_a_whole_booking_or_none() -> None:
    clinic = await cast.clinic(planned_visits_per_patient=100)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 30, at=clinic, by=await cast.doctor(clinic))
    anna = await cast.anna()
    for n, slot in enumerate(slots):
        going = asyncio.create_task(book(anna, slot, key=f"key {n}"))
        await asyncio.sleep(n / 2000)
        going.cancel()
        await race(going)
    await check_each_change_is_recorded_once()
    for n, slot in enumerate(slots):
        assert (await book(anna, slot, key=f"key {n}")).slot_id == slot.id
    await check_each_change_is_recorded_once()
    assert await Visit.all().count() == 30


async def test_connections_cut_in_the_middle_break_no_promise_and_the_next_booking_works(stranger: Any) -> None:
    clinic = await cast.clinic(planned_visits_per_patient=100)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 10, at=clinic, by=await cast.doctor(clinic))
    rivals = await cast.rivals(10)

    async def cut() -> None:
        await asyncio.sleep(0.01)
        await stranger.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND usename = current_user"
        )

    await race(cut(), *(book(rival, slot) for rival in rivals for slot in slots))
    await check_invariants()
    await check_each_change_is_recorded_once()
    await book(await cast.anna(), await cast.slot(cast.warsaw(25, 10), at=clinic, by=await cast.doctor(clinic)))


async def test_booking_against_withdrawing_leaves_a_visit_or_a_withdrawn_slot(stranger: Any) -> None:
    clinic = await cast.clinic(planned_visits_per_patient=100)
    anna, doctor = await cast.anna(), await cast.doctor(clinic)
    withdraw = "UPDATE slot SET withdrawn_at = now() WHERE id = $1 AND visit_id IS NULL"
    for slot in await cast.morning(cast.warsaw(24, 8).date(), 20, at=clinic, by=doctor):
        withdrawn, booked = await race(stranger.execute(withdraw, slot.id), book(anna, slot))
        assert (withdrawn, type(booked).__name__) in {("UPDATE 0", "Visit"), ("UPDATE 1", "SlotNotBookable")}
    await check_each_change_is_recorded_once()


async def test_a_booking_waits_for_a_rival_around_the_code_and_then_yields(stranger: Any) -> None:
    """A person with SQL access has locked the slot's row in an open transaction; the model must wait for it."""
    anna, slot = await cast.anna(), await cast.slot()
    withdrawing = stranger.transaction()
    await withdrawing.start()
    await stranger.execute("UPDATE slot SET withdrawn_at = now() WHERE id = $1", slot.id)
    waiting = asyncio.create_task(book(anna, slot))
    await until_blocked()
    await withdrawing.commit()
    [outcome] = await race(waiting)
    assert (type(outcome).__name__, outcome.details) == ("SlotNotBookable", {"reason": "WITHDRAWN"})


async def test_a_visit_of_another_patient_is_not_to_be_found() -> None:
    anna, celina = await cast.anna(), await cast.celina()
    visit = await book(anna, await cast.slot())
    assert await Visit.find_for_patient(visit.id, patient_of(celina)) is None
    assert (await Visit.find_for_patient(visit.id, patient_of(anna)) or visit).id == visit.id
    assert await Visit.list_page(patient_of(celina).id, None, 10, past=False) == []


async def test_planned_visits_come_soonest_first_and_all_others_latest_first() -> None:
    anna, clinic = await cast.anna(), await cast.clinic(planned_visits_per_patient=9)
    slots = await cast.morning(cast.warsaw(24, 8).date(), 5, at=clinic, by=await cast.doctor(clinic))
    visits = [await book(anna, slot) for slot in slots]
    await Visit.cancel(visits[4].id, patient=patient_of(anna), by=anna)
    with clock.pinned(visits[1].ends_at):
        planned = await Visit.list_page(patient_of(anna).id, None, 10, past=False)
        past = await Visit.list_page(patient_of(anna).id, None, 10, past=True)
        rest = await Visit.list_page(patient_of(anna).id, (past[0].starts_at, past[0].id), 10, past=True)
    assert [visit.id for visit in planned] == [visits[2].id, visits[3].id]
    assert [visit.id for visit in past] == [visits[4].id, visits[1].id, visits[0].id]
    assert [visit.id for visit in rest] == [visits[1].id, visits[0].id]
