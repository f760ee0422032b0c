"""A booking is first checked without locks; if anything changes before it is written, the rules are checked again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

import settings
from infra import clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.outbox import Message
from models.refusals.booking import SlotNotBookable, SlotTaken, TooManyVisits, VisitsOverlap
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits import booking_rows, quick_booking, side_effects
from models.visits.booking_rows import BookingRows
from models.visits.visit import Visit
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once
from tests.support.racing import race, tally, until_blocked
from tests.support.schedules import join_waiting_list
from tests.support.statement_count import count_statements
from tests.support.visits import book, cancel, hold, patient_of

Change = Callable[[Account, Slot], Awaitable[Any]]


async def take(_: Account, slot: Slot) -> None:
    await book(await cast.borys(), slot)


async def hold_for_another(_: Account, slot: Slot) -> None:
    await hold(await cast.borys(), slot)


async def withdraw(_: Account, slot: Slot) -> None:
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())


async def be_strict(_: Account, slot: Slot) -> None:
    await Clinic.filter(id=slot.clinic_id).update(planned_visits_per_patient=0)


async def need_notice(_: Account, slot: Slot) -> None:
    await Clinic.filter(id=slot.clinic_id).update(minimum_notice_minutes=100_000)


async def book_another(anna: Account, slot: Slot) -> None:
    await Clinic.filter(id=slot.clinic_id).update(planned_visits_per_patient=1)
    await book(anna, await cast.slot(cast.warsaw(26, 8), at=await slot.clinic))


async def be_elsewhere(anna: Account, slot: Slot) -> None:
    elsewhere = await cast.clinic("Poradnia obok")
    await book(anna, await cast.slot(slot.starts_at, at=elsewhere, by=await cast.doctor(elsewhere, last_name="Kowal")))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[Any]]], None]:
    """Returns a function that makes something happen once, after the next booking has read and before it writes."""

    def arrange(happen: Callable[[], Awaitable[Any]]) -> None:
        read = booking_rows.read

        async def reading(account: Account, patient: Patient, *more: Any, may_book: bool) -> BookingRows | None:
            monkeypatch.setattr(booking_rows, "read", read)
            rows = await read(account, patient, *more, may_book=False)
            await happen()
            return rows

        monkeypatch.setattr(booking_rows, "read", reading)

    return arrange


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (take, SlotTaken),
        (hold_for_another, SlotTaken),
        (withdraw, SlotNotBookable),
        (be_strict, TooManyVisits),
        (need_notice, SlotNotBookable),
        (book_another, TooManyVisits),
        (be_elsewhere, VisitsOverlap),
    ],
)
async def test_what_forbids_a_booking_after_it_was_judged_refuses_it(
    meanwhile: Any, change: Change, refusal: type[Exception], key: str | None
) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    meanwhile(lambda: change(anna, slot))
    for _ in range(2):  # a repeated request gets the same refusal
        with pytest.raises(refusal):
            await book(anna, slot, key=key)
    assert not await Visit.filter(slot_id=slot.id, patient_id=anna.patient_id).exists()
    await check_each_change_is_recorded_once()


async def keep_for_the_waiting_list(_: Account, slot: Slot) -> None:
    await Slot.filter(id=slot.id).update(queued_at=clock.now())


async def look_less_far_ahead(_: Account, slot: Slot) -> None:
    await Clinic.filter(id=slot.clinic_id).update(days_ahead=0)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (take, SlotTaken),
        (hold_for_another, SlotTaken),
        (keep_for_the_waiting_list, SlotTaken),
        (withdraw, SlotNotBookable),
        (need_notice, SlotNotBookable),
        (look_less_far_ahead, SlotNotBookable),
        (be_strict, TooManyVisits),
        (book_another, TooManyVisits),
        (be_elsewhere, VisitsOverlap),
    ],
)
async def test_the_statement_that_reads_books_nothing_that_a_rule_forbids(
    change: Change, refusal: type[Exception]
) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await change(anna, slot)
    with pytest.raises(refusal):
        await book(anna, slot)
    assert not await Visit.filter(slot_id=slot.id, patient_id=anna.patient_id).exists()


async def test_an_unconfirmed_patient_gets_no_more_visits_than_all_clinics_together_allow() -> None:
    anna = await cast.anna(is_confirmed=False)
    clinic = await cast.clinic(planned_visits_per_patient=100)
    day, doctor = cast.warsaw(24, 8).date(), await cast.doctor(clinic)
    slots = await cast.morning(day, settings.UNCONFIRMED_VISITS + 1, at=clinic, by=doctor)
    for slot in slots[:-1]:
        await book(anna, slot)
    with pytest.raises(TooManyVisits):
        await book(anna, slots[-1])


async def test_the_statement_that_reads_keeps_to_the_bounds_of_time_as_python_does() -> None:
    anna, clinic, now = await cast.anna(), await cast.clinic(planned_visits_per_patient=100), clock.now()
    moments = [now + timedelta(minutes=minutes) for minutes in (0, 59, 60, 61)]
    moments += [now + timedelta(days=day, hours=hours) for day in (1, 2) for hours in (-1, 0, 1, 14, 15)]
    for number, starts_at in enumerate(moments):
        doctor = await cast.doctor(clinic, last_name=f"Nowak {number}")
        slot = await cast.slot(starts_at, at=clinic, by=doctor, minutes=1)
        for notice, days in ((0, 0), (60, 1), (0, 2)):
            await Clinic.filter(id=clinic.id).update(minimum_notice_minutes=notice, days_ahead=days)
            try:
                await (await Slot.get(id=slot.id)).check_bookable(patient_of(anna).id)
            except SlotNotBookable:
                with pytest.raises(SlotNotBookable):
                    await book(anna, slot)
            else:
                await cancel(anna, await book(anna, slot))


@pytest.mark.parametrize("at_once", [True, False])
async def test_its_letter_says_what_any_letter_about_the_visit_says(
    at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_booking, "AT_ONCE", at_once)
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    letter = await Message.get(visit_id=visit.id)
    assert letter.details == {"visit": side_effects.snapshot(await Visit.get_with_details(visit.id))}


async def test_a_booking_that_waited_for_a_lock_sees_what_has_changed(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    async with stranger.transaction():
        await stranger.execute("SELECT FROM slot WHERE id = $1 FOR UPDATE", slot.id)
        booking = asyncio.ensure_future(book(anna, slot))
        await until_blocked()
        await stranger.execute("UPDATE slot SET withdrawn_at = $2 WHERE id = $1", slot.id, clock.now())
    with pytest.raises(SlotNotBookable):
        await booking


async def test_a_harmless_change_only_delays_a_booking(meanwhile: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    meanwhile(lambda: Patient.filter(id=anna.patient_id).update(phone="+48600100200"))
    visit = await book(anna, slot, key="k")
    assert (await Slot.get(id=slot.id)).visit_id == visit.id == (await book(anna, slot, key="k")).id
    await check_each_change_is_recorded_once()


async def test_a_wish_that_came_meanwhile_is_served(meanwhile: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    clinic = await slot.clinic
    joined = []

    async def join() -> None:
        joined.append(await join_waiting_list(anna, clinic))

    meanwhile(join)
    await book(anna, slot)
    await joined[0].refresh_from_db()
    assert joined[0].outcome == "SERVED"


async def test_a_key_is_kept_with_the_booking_and_with_a_refusal() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    visit = await book(anna, slot, key="k")
    assert (await IdempotencyKey.get(account_id=anna.id)).subject_id == visit.id
    with pytest.raises(SlotTaken):
        await book(borys, slot, key="k")
    await cancel(anna, visit)
    with pytest.raises(SlotTaken):  # the answer that was stored for the key
        await book(borys, slot, key="k")


async def test_of_many_requests_with_one_key_one_books_and_all_get_its_visit() -> None:
    anna, slot = await cast.anna(), await cast.slot()
    outcomes = await race(*(book(anna, slot, key="k") for _ in range(12)))
    assert tally(outcomes) == {"Visit": 12}
    assert len({outcome.id for outcome in outcomes if isinstance(outcome, Visit)}) == 1
    await check_each_change_is_recorded_once()


async def test_a_booking_takes_one_statement_and_so_does_a_refusal() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await book(anna, await cast.slot(cast.warsaw(26, 8), at=await slot.clinic))
    _, booking = await count_statements(book(anna, slot))
    assert booking == 1
    _, refusing = await count_statements(race(book(borys, slot)))
    assert refusing == 1


async def test_a_booking_is_told_by_the_relay_and_not_by_its_own_commit() -> None:
    """PostgreSQL commits only one transaction with a NOTIFY at a time, so a rush of bookings would queue up."""
    anna, slot = await cast.anna(), await cast.slot()
    await book(anna, slot)
    told = "SELECT channel FROM untold_change ORDER BY channel"
    assert [row["channel"] for row in await database.fetch(told)] == ["patient_changed", "slot_changed"]
    await database.fetch("SELECT tell_changes()")
    assert await database.fetch(told) == []
