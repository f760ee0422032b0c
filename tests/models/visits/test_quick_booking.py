"""A booking is first checked without locks; if anything changes before it is written, the rules are checked again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from infra import clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.refusals.booking import SlotNotBookable, SlotTaken, TooManyVisits, VisitsOverlap
from models.slots.clinic import Clinic
from models.slots.slot import Slot
from models.values.idempotency_key import IdempotencyKey
from models.visits import booking_rows
from models.visits.booking_rows import BookingRows
from models.visits.visit import Visit
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once
from tests.support.racing import race, tally
from tests.support.schedules import join_waiting_list
from tests.support.statement_count import count_statements
from tests.support.visits import book, cancel, hold

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

        async def reading(account: Account, patient: Patient, slot_id: UUID) -> BookingRows | None:
            monkeypatch.setattr(booking_rows, "read", read)
            rows = await read(account, patient, slot_id)
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


async def test_a_booking_takes_two_statements_and_a_refusal_one() -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    await book(anna, await cast.slot(cast.warsaw(26, 8), at=await slot.clinic))
    _, booking = await count_statements(book(anna, slot))
    assert booking == 2
    _, refusing = await count_statements(race(book(borys, slot)))
    assert refusing == 1


async def test_a_booking_is_told_by_the_relay_and_not_by_its_own_commit() -> None:
    """PostgreSQL commits transactions that notify one at a time, so a rush of bookings would queue up."""
    anna, slot = await cast.anna(), await cast.slot()
    await book(anna, slot)
    told = "SELECT channel FROM untold_change ORDER BY channel"
    assert [row["channel"] for row in await database.fetch(told)] == ["patient_changed", "slot_changed"]
    await database.fetch("SELECT tell_changes()")
    assert await database.fetch(told) == []
