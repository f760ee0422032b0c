"""Single slots: added only where the doctor has time, withdrawn or blocked only while they are free."""

from uuid import uuid4

import pytest

from infra import clock
from models.audit import AuditEntry
from models.events.event import Event, EventType
from models.refusals.booking import SlotNotFound
from models.refusals.refusal import InvalidInput
from models.refusals.schedule import SlotNotBlocked, SlotsNotFree, SlotsOverlap
from models.schedules import single_slots
from models.schedules.schedule import Schedule
from models.slots.absence import Absence
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.visits.visit import Visit
from tests import cast
from tests.support.racing import race, tally
from tests.support.schedules import TUESDAY, join_waiting_list, line, publish, report_absence, template, wall_times
from tests.support.visits import book, hold, is_free


async def test_a_slot_can_be_added_and_booked() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    slot = await single_slots.add(doctor.id, clinic.id, cast.warsaw(24, 18), 25, by=rita)
    assert (slot.starts_at, slot.ends_at) == (cast.warsaw(24, 18), cast.warsaw(24, 18, 25))
    assert (await Event.get()).details == {"doctor_id": str(doctor.id), "slot_ids": [str(slot.id)]}
    assert isinstance(await book(await cast.anna(), slot), Visit)


async def test_a_slot_over_the_switch_of_clocks_lasts_its_real_minutes() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    late = cast.warsaw(25, 1, 30, month=10).replace(year=2027, day=31)
    slot = await single_slots.add(doctor.id, clinic.id, late, 60, by=rita)
    assert (slot.ends_at - slot.starts_at).total_seconds() == 3600


async def test_an_added_slot_must_not_overlap_in_any_clinic() -> None:
    rita, here, there = await cast.rita(), await cast.clinic(), await cast.clinic("Poradnia okulistyczna")
    doctor = await cast.doctor(here, there)
    present = await cast.slot(cast.warsaw(24, 10), at=here, by=doctor)
    with pytest.raises(SlotsOverlap) as refused:
        await single_slots.add(doctor.id, there.id, cast.warsaw(24, 9, 50), 15, by=rita)
    assert refused.value.details["slot_ids"] == [str(present.id)]
    await single_slots.add(doctor.id, there.id, cast.warsaw(24, 9, 50), 10, by=rita)


async def test_of_many_who_add_the_same_slot_at_once_one_does() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    attempts = (single_slots.add(doctor.id, clinic.id, cast.warsaw(24, 18, n), 20, by=rita) for n in range(8))
    assert tally(await race(*attempts)) == {"Slot": 1, "SlotsOverlap": 7}


async def test_what_is_wrong_with_an_added_slot_is_named_at_once() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    stranger = await cast.doctor(await cast.clinic("Poradnia okulistyczna"))
    with pytest.raises(InvalidInput) as refused:
        await single_slots.add(stranger.id, clinic.id, cast.MONDAY, 0, by=rita)
    assert [flaw.path for flaw in refused.value.flaws] == [("doctorId",), ("minutes",), ("startsAt",)]


async def test_no_slot_is_added_while_the_doctor_is_absent() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    await report_absence(rita, doctor, 24)
    with pytest.raises(InvalidInput):
        await single_slots.add(doctor.id, clinic.id, cast.warsaw(24, 18), 20, by=rita)
    assert await Absence.all().count() == 1


async def test_free_slots_are_withdrawn_and_partners_notified() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    slots = await cast.morning(TUESDAY, 3, at=clinic, by=doctor)
    ids = [slot.id for slot in slots[:2]]
    assert await single_slots.withdraw(ids, by=rita) == 2
    assert await single_slots.withdraw(ids, by=rita) == 0, "said twice, done once"
    assert await wall_times() == ["24.11. 08:40"]
    [event] = await Event.all()
    assert (event.happening, event.details["slot_ids"]) == (EventType.SLOTS_WITHDRAWN, [str(id_) for id_ in ids])
    assert await AuditEntry.filter(action="withdraw_slots").count() == 2


async def test_what_is_not_free_is_named_and_nothing_is_withdrawn() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    slots = await cast.morning(TUESDAY, 4, at=clinic, by=await cast.doctor(clinic))
    await book(await cast.anna(), slots[0])
    await hold(await cast.borys(), slots[2])
    with pytest.raises(SlotsNotFree) as refused:
        await single_slots.withdraw([slot.id for slot in slots], by=rita)
    assert refused.value.details["slot_ids"] == [str(slots[0].id), str(slots[2].id)]
    assert await Slot.filter(withdrawn_at=None).count() == 4
    with pytest.raises(SlotNotFound):
        await single_slots.withdraw([slots[1].id, uuid4()], by=rita)
    with pytest.raises(InvalidInput):
        await single_slots.withdraw([], by=rita)


async def test_a_withdrawal_that_races_a_booking_never_takes_a_booked_slot() -> None:
    rita, clinic, anna = await cast.rita(), await cast.clinic(planned_visits_per_patient=99), await cast.anna()
    for slot in await cast.morning(TUESDAY, 10, at=clinic, by=await cast.doctor(clinic)):
        booked, withdrawn = await race(book(anna, slot), single_slots.withdraw([slot.id], by=rita))
        assert isinstance(booked, Visit) == isinstance(withdrawn, SlotsNotFree)


async def test_a_blocked_slot_stays_blocked_when_its_template_changes() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    schedule, plan = await publish(rita, doctor, clinic, line(2, 8, 10), valid_until=TUESDAY)
    blocked = await single_slots.block(plan.fresh[1].id, " przegląd aparatu ", by=rita)
    assert (blocked.closed_reason, await is_free(blocked)) == ("przegląd aparatu", False)
    await Schedule.publish(template(doctor, clinic, line(2, 8, 11), valid_until=TUESDAY), schedule.id, by=rita)
    assert await wall_times() == ["24.11. 08:00", "24.11. 09:00", "24.11. 09:30", "24.11. 10:00", "24.11. 10:30"]


async def test_only_a_free_slot_is_blocked_and_only_with_a_reason() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    with pytest.raises(InvalidInput):
        await single_slots.block(slot.id, "  ", by=rita)
    await book(await cast.anna(), slot)
    with pytest.raises(SlotsNotFree):
        await single_slots.block(slot.id, "przegląd", by=rita)


async def test_a_slot_that_is_added_goes_to_those_who_wait_first() -> None:
    rita, clinic, borys = await cast.rita(), await cast.clinic(), await cast.borys()
    doctor = await cast.doctor(clinic)
    await join_waiting_list(await cast.anna(), clinic)
    slot = await single_slots.add(doctor.id, clinic.id, cast.warsaw(24, 18), 25, by=rita)
    assert not (await Slot.get(id=slot.id)).is_free_for(borys.patient_id)


async def test_a_blocked_slot_is_opened_again_once_and_told() -> None:
    rita, slot = await cast.rita(), await cast.slot()
    await single_slots.block(slot.id, "przegląd", by=rita)
    outcomes = await race(*(single_slots.unblock(slot.id, by=rita) for _ in range(3)))
    assert tally(outcomes) == {"Slot": 1, "SlotNotBlocked": 2}
    now = await Slot.get(id=slot.id)
    assert (now.closed_reason, now.is_free_for(None)) == (None, True)
    assert await Event.filter(happening=EventType.SLOTS_PUBLISHED).count() == 1
    assert await AuditEntry.filter(action="unblock_slot", subject_id=slot.id, account_id=rita.id).count() == 1


async def test_only_a_blocked_slot_to_come_is_opened_again_and_only_where_there_is_room() -> None:
    rita, clinic = await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    one, two, three = await cast.morning(TUESDAY, 3, at=clinic, by=doctor)
    await single_slots.withdraw([one.id], by=rita)
    with pytest.raises(SlotNotBlocked):
        await single_slots.unblock(one.id, by=rita)
    with pytest.raises(SlotNotFound):
        await single_slots.unblock(uuid4(), by=rita)
    await single_slots.block(two.id, "przegląd", by=rita)
    await single_slots.add(doctor.id, clinic.id, two.starts_at, 20, by=rita)
    with pytest.raises(SlotsOverlap):
        await single_slots.unblock(two.id, by=rita)
    await single_slots.block(three.id, "przegląd", by=rita)
    await report_absence(rita, doctor, 24)
    with pytest.raises(InvalidInput):
        await single_slots.unblock(three.id, by=rita)
    with clock.pinned(three.starts_at), pytest.raises(SlotNotBlocked):
        await single_slots.unblock(three.id, by=rita)


async def test_a_slot_that_is_opened_again_goes_to_those_who_wait_first() -> None:
    rita, slot, borys = await cast.rita(), await cast.slot(), await cast.borys()
    await single_slots.block(slot.id, "przegląd", by=rita)
    await join_waiting_list(await cast.anna(), await Clinic.get(id=slot.clinic_id))
    await single_slots.unblock(slot.id, by=rita)
    assert not (await Slot.get(id=slot.id)).is_free_for(borys.patient_id)
