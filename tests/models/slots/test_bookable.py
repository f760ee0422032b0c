"""The time rules at their exact limits: for every slot, the rules in Python and in SQL give the same answer."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra import clock
from models.accounts.patient import Patient
from models.refusals.booking import SlotNotBookable, SlotNotFound, SlotTaken
from models.slots import availability
from models.slots.availability import SlotFilter
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from tests import cast
from tests.cast import WARSAW
from tests.support.visits import book, hold, insert_visit, patient_of

MOMENT, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)  # slots begin and end on whole minutes


def why_not(slot: Slot, clinic: Clinic, now: datetime | None = None) -> list[str]:
    return [obstacle.details["reason"] for obstacle in slot.find_refusals(clinic, now or clock.now())]


async def listed(patient_id: UUID | None = None) -> set[UUID]:
    return {slot.id for slot in await availability.find_free_slots(SlotFilter(), patient_id, None, 10_000)}


async def agree(slot: Slot, clinic: Clinic, patient_id: UUID | None = None) -> bool:
    """Whether the slot can be booked, checking that the rules in Python, the list from SQL and the refusal agree."""
    slot = await Slot.get(id=slot.id)
    is_bookable = not why_not(slot, clinic) and slot.is_free_for(patient_id)
    assert (slot.id in await listed(patient_id)) is is_bookable
    return is_bookable


@pytest.mark.parametrize("notice", [0, 1, 60, 48 * 60])
async def test_a_slot_can_be_booked_until_its_notice_to_the_microsecond(notice: int) -> None:
    clinic = await cast.clinic(minimum_notice_minutes=notice)
    slot = await cast.slot(cast.warsaw(30, 10), at=clinic)
    limit = slot.starts_at - timedelta(minutes=notice)
    expected = {-MOMENT: [], timedelta(0): [], MOMENT: ["NOTICE_TOO_SHORT"]}
    if notice == 0:
        expected = {-MOMENT: [], timedelta(0): ["IN_THE_PAST"], MOMENT: ["IN_THE_PAST"]}
    for off, reasons in expected.items():
        with clock.pinned(limit + off):
            assert why_not(slot, clinic) == reasons
            assert await agree(slot, clinic) is (reasons == [])


async def test_a_slot_that_has_begun_is_in_the_past_and_not_merely_short_of_notice() -> None:
    clinic = await cast.clinic(minimum_notice_minutes=60)
    slot = await cast.slot(cast.warsaw(24, 10), at=clinic)
    for off, reasons in ((-MOMENT, ["NOTICE_TOO_SHORT"]), (timedelta(0), ["IN_THE_PAST"]), (MOMENT, ["IN_THE_PAST"])):
        assert why_not(slot, clinic, slot.starts_at + off) == reasons


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 0, 0, tzinfo=WARSAW),
        datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=WARSAW),
        datetime(2026, 10, 24, 12, 0, tzinfo=WARSAW),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=WARSAW),
        datetime(2027, 3, 27, 23, 30, tzinfo=WARSAW),
        datetime(2027, 3, 28, 1, 59, tzinfo=WARSAW),
    ],
)
@pytest.mark.parametrize("days", [0, 1, 90])
async def test_days_ahead_are_days_of_the_calendar_in_warsaw(now: datetime, days: int) -> None:
    """At any time of day, the whole last day can be booked and nothing of the next, even when the clocks change."""
    with clock.pinned(now):
        clinic = await cast.clinic(days_ahead=days, minimum_notice_minutes=0)
        doctor = await cast.doctor(clinic)
        beyond = now.date() + timedelta(days=days + 1)
        midnight = datetime(beyond.year, beyond.month, beyond.day, tzinfo=WARSAW)
        last = await cast.slot(midnight.astimezone(UTC) - timedelta(minutes=1), at=clinic, by=doctor, minutes=1)
        first = await cast.slot(midnight, at=clinic, by=doctor, minutes=1)
        assert why_not(first, clinic) == ["TOO_FAR_AHEAD"]
        assert await agree(first, clinic) is False
        if last.starts_at > now:
            assert why_not(last, clinic) == []
            assert await agree(last, clinic) is True


async def test_withdrawal_is_the_first_of_all_reasons_named_for_a_slot() -> None:
    clinic = await cast.clinic(days_ahead=0, minimum_notice_minutes=3 * 24 * 60)
    slot = await cast.slot(cast.warsaw(24, 10), at=clinic)
    slot.withdrawn_at = clock.now()
    assert why_not(slot, clinic) == ["WITHDRAWN", "NOTICE_TOO_SHORT", "TOO_FAR_AHEAD"]
    assert why_not(slot, clinic, cast.warsaw(25, 10)) == ["WITHDRAWN", "IN_THE_PAST"]


async def test_booking_refuses_by_the_first_reason_and_a_rule_before_a_rival() -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    near = await cast.slot(cast.warsaw(23, 10), at=clinic)
    await book(await cast.borys(), near)
    with clock.pinned(cast.warsaw(23, 9, 1)), pytest.raises(SlotNotBookable) as refusal:
        await book(anna, near)
    assert refusal.value.details == {"reason": "NOTICE_TOO_SHORT"}
    with pytest.raises(SlotTaken):
        await book(anna, near)


RULES = [(0, 0), (60, 90), (24 * 60, 1), (0, 1), (120, 2)]
OFFSETS = [
    timedelta(0),
    -MINUTE,
    MINUTE,
    timedelta(minutes=30),
    timedelta(hours=1) - MINUTE,
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=14, minutes=59),
    timedelta(hours=15),
    timedelta(hours=24) - MINUTE,
    timedelta(hours=24),
    timedelta(hours=38, minutes=59),
    timedelta(hours=39),
    timedelta(days=2),
    timedelta(days=90),
    timedelta(days=90, hours=15) - MINUTE,
    timedelta(days=90, hours=15),
    timedelta(days=-1),
]
STATES: list[dict[str, timedelta]] = [
    {},
    {"withdrawn_at": timedelta(0)},
    {"held_until": timedelta(minutes=5)},
    {"held_until": MOMENT},
    {"held_until": timedelta(0)},
    {"held_until": timedelta(minutes=-5)},
]


async def strangers(count: int) -> list[Patient]:
    people = [Patient(first_name="Rywal", last_name="Kolejny", created_at=clock.now()) for _ in range(count)]
    await Patient.bulk_create(people)
    return people


async def test_the_list_and_the_rules_agree_on_every_slot(stranger: Any) -> None:
    """All slot states, at all distances in time, under very different clinics' rules, for holders and others."""
    now, holders = clock.now(), await strangers(len(RULES) * len(OFFSETS) * 4)
    clinics, slots, free = {}, [], iter(holders)
    for notice, days in RULES:
        clinic = await cast.clinic(minimum_notice_minutes=notice, days_ahead=days)
        clinics[clinic.id] = clinic
        for state in STATES:
            doctor = await cast.doctor(clinic)
            for offset in OFFSETS:
                slot = Slot(clinic=clinic, doctor=doctor, starts_at=now + offset, ends_at=now + offset + MINUTE)
                slot.held_by_id = next(free).id if "held_until" in state else None
                slot.update_from_dict({name: now + since for name, since in state.items()})
                slots.append(slot)
    await Slot.bulk_create(slots)
    taken = slots[len(OFFSETS) * len(STATES) + len(OFFSETS) // 2]
    async with stranger.transaction():
        visit_id = await insert_visit(stranger, await cast.borys(), taken)
        await stranger.execute("UPDATE slot SET visit_id = $2 WHERE id = $1", taken.id, visit_id)
    lists = []
    for patient_id in (None, holders[5].id, holders[len(OFFSETS) + 5].id, holders[-1].id):
        by_rules = {
            slot.id
            for slot in await Slot.all()
            if slot.is_free_for(patient_id) and not why_not(slot, clinics[slot.clinic_id])
        }
        assert await listed(patient_id) == by_rules
        assert 50 < len(by_rules) < len(slots), "the comparison has both kinds"
        lists.append(by_rules)
    assert lists[0] < lists[1] | lists[2], "a holder sees more"


async def test_booking_and_the_list_agree() -> None:
    """Real bookings: every slot in the list can be booked, and every other one is refused."""
    clinic = await cast.clinic(minimum_notice_minutes=120, days_ahead=1, planned_visits_per_patient=100)
    doctor = await cast.doctor(clinic)
    slots = [await cast.slot(cast.MONDAY + timedelta(hours=n), at=clinic, by=doctor) for n in range(-3, 48)]
    anna, borys = await cast.anna(), await cast.borys()
    await hold(borys, slots[20])
    shown = await listed(patient_of(anna).id)
    assert 0 < len(shown) < len(slots)
    for slot in slots:
        try:
            await book(anna, slot)
        except (SlotNotBookable, SlotTaken, SlotNotFound):
            assert slot.id not in shown
        else:
            assert slot.id in shown
