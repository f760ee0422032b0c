"""Availability: the list shows free slots that match the filter, by time, with no gap or repeat between pages."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra import clock
from models.slots import availability
from models.slots.availability import FreeDay, FreeSlot, SlotFilter
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from tests import cast
from tests.cast import WARSAW, warsaw
from tests.support.visits import book, hold, patient_of

TUESDAY = date(2026, 11, 24)


async def found(wanted: SlotFilter, patient_id: UUID | None = None, limit: int = 1000) -> list[FreeSlot]:
    return await availability.find_free_slots(wanted, patient_id, None, limit)


async def wall_times(wanted: SlotFilter) -> list[str]:
    return [clock.local(slot.starts_at).strftime("%d %H:%M") for slot in await found(wanted)]


async def every_hour(day: datetime, count: int, at: Clinic, by: Doctor) -> list[Slot]:
    start = day.astimezone(UTC)
    return [await cast.slot(start + timedelta(hours=n), at=at, by=by) for n in range(count)]


async def test_slots_come_in_time_order_with_clinic_and_doctor() -> None:
    clinic = await cast.clinic()
    ewa, jan = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    late, early = await cast.slot(warsaw(24, 12), at=clinic, by=ewa), await cast.slot(warsaw(24, 8), at=clinic, by=jan)
    slots = await found(SlotFilter())
    assert [slot.id for slot in slots] == [early.id, late.id]
    assert [(slot.clinic.name, slot.doctor.last_name) for slot in slots] == [
        ("Poradnia kardiologiczna", "Kowal"),
        ("Poradnia kardiologiczna", "Wiśniewska"),
    ]


async def test_clinic_and_doctors_narrow_the_list() -> None:
    heart, skin = await cast.clinic(), await cast.clinic("Poradnia skórna")
    ewa, jan = await cast.doctor(heart, skin), await cast.doctor(heart, last_name="Kowal")
    at_heart = await cast.slot(warsaw(24, 8), at=heart, by=ewa)
    at_skin = await cast.slot(warsaw(24, 9), at=skin, by=ewa)
    jan_s = await cast.slot(warsaw(24, 10), at=heart, by=jan)
    wishes: list[tuple[SlotFilter, list[Slot]]] = [
        (SlotFilter(), [at_heart, at_skin, jan_s]),
        (SlotFilter(clinic_id=heart.id), [at_heart, jan_s]),
        (SlotFilter(clinic_id=heart.id, doctor_ids=[ewa.id]), [at_heart]),
        (SlotFilter(doctor_ids=[ewa.id]), [at_heart, at_skin]),
        (SlotFilter(doctor_ids=[ewa.id, jan.id]), [at_heart, at_skin, jan_s]),
        (SlotFilter(doctor_ids=[]), []),
        (SlotFilter(clinic_id=uuid4()), []),
        (SlotFilter(clinic_id=skin.id, doctor_ids=[jan.id]), []),
    ]
    for wanted, slots in wishes:
        assert [slot.id for slot in await found(wanted)] == [slot.id for slot in slots]


async def test_from_is_included_and_until_is_not() -> None:
    clinic = await cast.clinic()
    await every_hour(warsaw(24, 8), 4, clinic, await cast.doctor(clinic))
    assert await wall_times(SlotFilter(from_=warsaw(24, 9), until=warsaw(24, 11))) == ["24 09:00", "24 10:00"]
    late = SlotFilter(from_=warsaw(24, 9) + timedelta(microseconds=1), until=warsaw(24, 11) + timedelta(microseconds=1))
    assert await wall_times(late) == ["24 10:00", "24 11:00"]
    assert await wall_times(SlotFilter(from_=warsaw(24, 11), until=warsaw(24, 9))) == []


@pytest.mark.parametrize("sunday", [datetime(2026, 10, 25, tzinfo=WARSAW), datetime(2027, 3, 28, tzinfo=WARSAW)])
async def test_times_of_the_day_are_those_of_the_wall_clock_on_both_sides_of_a_clock_change(sunday: datetime) -> None:
    with clock.pinned(sunday - timedelta(days=2)):
        clinic = await cast.clinic()
        doctor = await cast.doctor(clinic)
        for days in (-1, 0, 1):
            day = sunday.date() + timedelta(days=days)
            for hour in (7, 8, 9, 10):
                await cast.slot(datetime(day.year, day.month, day.day, hour, tzinfo=WARSAW), at=clinic, by=doctor)
        slots = [clock.local(slot.starts_at) for slot in await found(SlotFilter(earliest=time(8), latest=time(9)))]
    assert [slot.hour for slot in slots] == [8, 9] * 3
    assert [slot.date() - sunday.date() for slot in slots] == [timedelta(days=n) for n in (-1, -1, 0, 0, 1, 1)]


async def test_weekdays_are_those_of_the_wall_clock() -> None:
    """Half past midnight on Wednesday is still Tuesday in UTC."""
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    await cast.slot(warsaw(24, 23, 30), at=clinic, by=doctor)
    await cast.slot(warsaw(25, 0, 30), at=clinic, by=doctor)
    await cast.slot(warsaw(29, 12), at=clinic, by=doctor)
    assert await wall_times(SlotFilter(weekdays=[2])) == ["24 23:30"]
    assert await wall_times(SlotFilter(weekdays=[3])) == ["25 00:30"]
    assert await wall_times(SlotFilter(weekdays=[7, 2])) == ["24 23:30", "29 12:00"]
    assert await wall_times(SlotFilter(weekdays=[])) == []


async def test_all_wishes_hold_together() -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    for day in range(24, 28):
        await every_hour(warsaw(day, 8), 6, clinic, doctor)
    wanted = SlotFilter(
        clinic.id, [doctor.id], warsaw(24, 10), warsaw(27, 12), earliest=time(9), latest=time(11), weekdays=[2, 5]
    )
    assert await wall_times(wanted) == ["24 10:00", "24 11:00", "27 09:00", "27 10:00", "27 11:00"]


async def pages(wanted: SlotFilter, size: int, between: Any = None) -> list[FreeSlot]:
    """The slots of all pages, read one after another; `between` is run after each page."""
    slots: list[FreeSlot] = []
    while True:
        after = (slots[-1].starts_at, slots[-1].id) if slots else None
        page = await availability.find_free_slots(wanted, None, after, size)
        slots += page
        if len(page) < size:
            return slots
        if between:
            await between(page)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_pages_of_any_size_show_each_slot_once_even_when_many_begin_at_once(size: int) -> None:
    clinic = await cast.clinic()
    for _ in range(4):
        await cast.morning(TUESDAY, 3, at=clinic, by=await cast.doctor(clinic))
    slots = await pages(SlotFilter(clinic.id), size)
    assert [slot.id for slot in slots] == [slot.id for slot in await found(SlotFilter(clinic.id))]
    assert len({slot.id for slot in slots}) == 12


async def test_pages_have_no_gap_and_no_repeat_while_slots_come_and_go() -> None:
    """After each page, a slot already shown and one not yet shown disappear, and new ones appear earlier and later."""
    clinic = await cast.clinic()
    doctor, other = await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")
    steady = await cast.morning(TUESDAY, 20, at=clinic, by=doctor)
    fleeting = await cast.morning(TUESDAY, 20, at=clinic, by=other)
    gone: set[UUID] = set()

    async def come_and_go(page: list[Slot]) -> None:
        shown = [slot for slot in fleeting if slot.id in {seen.id for seen in page}]
        ahead = [slot for slot in fleeting if slot.starts_at > page[-1].starts_at and slot.id not in gone]
        for slot in shown[:1] + ahead[-1:]:
            gone.add(slot.id)
            await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
        someone = await cast.doctor(clinic, last_name="Nowa")
        for off in (-1, 1):
            await cast.slot(page[-1].starts_at + off * timedelta(minutes=7), at=clinic, by=someone, minutes=1)

    slots = await pages(SlotFilter(clinic.id), 4, come_and_go)
    ids = [slot.id for slot in slots]
    assert len(ids) == len(set(ids)), "no repeat"
    assert {slot.id for slot in steady} <= set(ids), "no gap"
    assert gone
    assert all(one.starts_at <= two.starts_at for one, two in pairwise(slots))


async def test_days_are_counted_by_the_local_date() -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    late = await cast.slot(warsaw(24, 23, 30), at=clinic, by=doctor)
    early = await cast.slot(warsaw(25, 0, 30), at=clinic, by=doctor)
    await cast.slot(warsaw(25, 12), at=clinic, by=doctor)
    taken = await cast.slot(warsaw(26, 12), at=clinic, by=doctor)
    await book(await cast.anna(), taken)
    assert await availability.count_free_days(SlotFilter(clinic.id), None) == [
        FreeDay(TUESDAY, 1, late.starts_at),
        FreeDay(date(2026, 11, 25), 2, early.starts_at),
    ]


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
async def test_a_day_of_a_clock_change_is_counted_whole(sunday: date) -> None:
    first, last = sunday - timedelta(days=1), sunday + timedelta(days=1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=WARSAW)
    with clock.pinned(midnight - timedelta(days=1)):
        clinic = await cast.clinic()
        slots = await every_hour(midnight - timedelta(hours=1), 75, clinic, await cast.doctor(clinic))
        on_days = SlotFilter.on_days(clinic.id, None, first, last)
        days = await availability.count_free_days(on_days, None)
        listed = await found(on_days)
    assert [day.date for day in days] == [first, sunday, last]
    assert [day.free_slots for day in days] == [24, 25 if sunday.month == 10 else 23, 24]
    assert sum(day.free_slots for day in days) == len(listed) < len(slots)


async def test_days_and_list_agree_for_holders_and_strangers() -> None:
    anna, borys, clinic = await cast.anna(), await cast.borys(), await cast.clinic()
    slots = await cast.morning(TUESDAY, 3, at=clinic, by=await cast.doctor(clinic))
    await hold(anna, slots[0])
    for patient_id, count in ((None, 2), (patient_of(borys).id, 2), (patient_of(anna).id, 3)):
        [day] = await availability.count_free_days(SlotFilter(clinic.id), patient_id)
        assert day.free_slots == count == len(await found(SlotFilter(clinic.id), patient_id))


async def test_the_soonest_free_slot_of_many_clinics_and_doctors() -> None:
    heart, skin, empty = await cast.clinic(), await cast.clinic("Skórna"), await cast.clinic("Pusta")
    ewa, jan = await cast.doctor(heart, skin), await cast.doctor(heart, last_name="Kowal")
    first, second, _ = await cast.morning(TUESDAY, 3, at=heart, by=ewa)
    at_skin = await cast.slot(warsaw(24, 7), at=skin, by=ewa)
    jan_s = await cast.slot(warsaw(25, 8), at=heart, by=jan)
    await book(await cast.anna(), first)

    async def soonest(column: str, ids: list[UUID], wanted: SlotFilter | None = None) -> dict[UUID, UUID]:
        slots = await availability.find_next_free(column, ids, wanted or SlotFilter(), None)
        return {owner: slot.id for owner, slot in slots.items()}

    assert await soonest("clinic_id", [heart.id, skin.id, empty.id]) == {heart.id: second.id, skin.id: at_skin.id}
    assert await soonest("doctor_id", [ewa.id, jan.id]) == {ewa.id: at_skin.id, jan.id: jan_s.id}
    assert await soonest("doctor_id", [ewa.id], SlotFilter(clinic_id=heart.id)) == {ewa.id: second.id}
    assert await soonest("clinic_id", []) == {}


async def test_instead_of_a_taken_slot_its_doctor_is_offered_first_then_the_clinic_always_later() -> None:
    heart, skin = await cast.clinic(planned_visits_per_patient=9), await cast.clinic("Skórna")
    ewa, jan = await cast.doctor(heart, skin), await cast.doctor(heart, last_name="Kowal")
    earlier = await cast.slot(warsaw(24, 8), at=heart, by=ewa)
    taken = await cast.slot(warsaw(24, 10), at=heart, by=ewa)
    elsewhere = await cast.slot(warsaw(24, 10, 30), at=skin, by=ewa)
    jan_s = [await cast.slot(warsaw(24, hour), at=heart, by=jan) for hour in (9, 10, 11, 12)]
    later = await cast.slot(warsaw(26, 8), at=heart, by=ewa)
    await book(await cast.anna(), taken)
    offered = [slot.id for slot in await availability.find_alternatives(taken.id, None)]
    assert offered == [later.id, jan_s[1].id, jan_s[2].id]
    assert not {earlier.id, elsewhere.id, jan_s[0].id, taken.id} & set(offered)
    everything = [slot.id for slot in await availability.find_alternatives(taken.id, None, 10)]
    assert everything == [later.id, jan_s[1].id, jan_s[2].id, jan_s[3].id]
    assert await availability.find_alternatives(uuid4(), None) == []


async def test_alternatives_are_never_more_than_asked_nor_offered_twice() -> None:
    clinic = await cast.clinic()
    first, *others = await cast.morning(TUESDAY, 6, at=clinic, by=await cast.doctor(clinic))
    await book(await cast.anna(), first)
    assert [slot.id for slot in await availability.find_alternatives(first.id, None)] == [
        slot.id for slot in others[:3]
    ]


async def test_values_are_never_read_as_sql() -> None:
    clinic = await cast.clinic()
    await cast.slot(at=clinic)
    with pytest.raises(Exception, match=r"invalid UUID|invalid input"):
        await found(SlotFilter(clinic_id="x' OR '1'='1"))  # type: ignore[arg-type]  # that is the attack
    assert len(await found(SlotFilter(clinic.id))) == 1


async def test_clinics_and_doctors_are_found_in_any_spelling_and_come_by_name() -> None:
    heart, skin = await cast.clinic("Poradnia Żył"), await cast.clinic("Poradnia łokcia")
    ewa = await cast.doctor(heart, last_name="Łęcka", first_name="Żaneta")
    jan = await cast.doctor(skin, last_name="Bąk", specialties=["okulista"])
    for search in ("żył", "ZYL", "  zył "):
        assert [clinic.id for clinic in await Clinic.list_page(search, None, 9)] == [heart.id]
    for search in ("łęcka żaneta", "LECKA", "cka zan"):
        assert [doctor.id for doctor in await Doctor.list_page(None, search, None, 9)] == [ewa.id]
    assert [doctor.id for doctor in await Doctor.list_page(None, "OKULISTA", None, 9)] == [jan.id]
    assert [doctor.id for doctor in await Doctor.list_page(heart.id, None, None, 9)] == [ewa.id]
    assert [doctor.id for doctor in await Doctor.list_page(None, None, None, 9)] == [jan.id, ewa.id]
    assert [clinic.id for clinic in await Clinic.list_page(None, None, 9)] == [skin.id, heart.id]


@pytest.mark.parametrize("search", ["%", "_", "\\", "poradnia%", "'", "100%"])
async def test_a_search_is_text_not_a_pattern(search: str) -> None:
    await cast.clinic()
    assert await Clinic.list_page(search, None, 9) == []


async def test_clinics_of_one_name_are_paged_without_gap_or_repeat() -> None:
    clinics = [await cast.clinic("Poradnia") for _ in range(7)]
    seen: list[Clinic] = []
    while page := await Clinic.list_page(None, (seen[-1].search_name, seen[-1].id) if seen else None, 2):
        seen += page
    assert sorted(clinic.id for clinic in seen) == sorted(clinic.id for clinic in clinics)
    assert len(seen) == 7
