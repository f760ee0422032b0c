"""The relay: watchers soon learn of every change to a slot, however it is made, and of no others."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from infra import clock, database
from models.events import notify_listener, subscribers
from models.events.subscribers import (
    ChangedSlot,
    DeskWatcher,
    SingleFlight,
    SlotWatcher,
    desk_watchers,
    event_signal,
    patient_watchers,
    slot_watchers,
)
from models.refusals.partner import ChangesMissed
from models.slots.slot import Slot
from models.values.actor import Actor
from models.values.visit_status import Status
from models.visits import attendance, offer_response
from models.waiting.offer import Offer
from tasks import event_relay
from tests import cast
from tests.support.schedules import join_waiting_list, report_absence
from tests.support.visits import book, cancel, hold, move, patient_of, release
from tests.support.waiting import patience

KILL = (
    "SELECT count(pg_terminate_backend(pid)) AS killed FROM pg_stat_activity"
    " WHERE application_name = 'e-rejestracja relay'"
)


async def heard(watch: SlotWatcher) -> tuple[Any, bool]:
    async with asyncio.timeout(patience()):
        slot = (await watch.next()).row
    return slot.id, slot.is_free_for(None)


async def quiet(watch: SlotWatcher) -> bool:
    """Whether the watcher has received nothing, once all earlier notifications have been processed."""
    place = await cast.clinic("Poradnia znaku")
    with slot_watchers.watch(place.id) as other:
        marker = await cast.slot(cast.warsaw(30, 8), at=place)
        assert (await heard(other))[0] == marker.id
    return not watch._slots


async def caught_up(watch: SlotWatcher) -> None:
    """Discard all changes that were announced so far."""
    await quiet(watch)
    watch._slots.clear()


@pytest.fixture
def unlooking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable polling, so that any prompt reaction is due to a notification."""
    monkeypatch.setattr(event_relay, "POLL_SECONDS", 1000)


@pytest.fixture
async def relaying(database_url: str, fresh: None) -> AsyncIterator[None]:
    rung = event_signal.count
    async with event_relay.run_relay(database_url):
        await event_signal.wait_after(rung)  # wait until the relay is listening
        yield


async def test_watchers_hear_of_every_kind_of_change_to_a_slot(relaying: None) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    with slot_watchers.watch(clinic.id) as watch:
        await caught_up(watch)
        await hold(anna, one)
        assert await heard(watch) == (one.id, False)
        await release(anna, one)
        assert await heard(watch) == (one.id, True)
        visit = await book(anna, one)
        assert await heard(watch) == (one.id, False)
        visit = await move(anna, visit, two)
        assert {await heard(watch), await heard(watch)} == {(one.id, True), (two.id, False)}
        await cancel(anna, visit)
        assert await heard(watch) == (two.id, True)
        new = await cast.slot(cast.warsaw(25, 8), at=clinic, by=await two.doctor)
        assert await heard(watch) == (new.id, True)
        await Slot.filter(id=new.id).update(withdrawn_at=clock.now())
        assert await heard(watch) == (new.id, False)


async def test_watchers_of_other_clinics_and_changes_undone_are_not_disturbed(relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with slot_watchers.watch(uuid4()) as elsewhere, slot_watchers.watch(slot.clinic_id) as here:
        await caught_up(here)
        with suppress(LookupError):
            async with in_transaction():
                await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
                raise LookupError
        assert await quiet(here)
        await book(anna, slot)
        assert await heard(here) == (slot.id, False)
        assert await quiet(elsewhere)


async def test_watchers_learn_of_a_hold_that_lapses_by_the_clock_alone(relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with slot_watchers.watch(slot.clinic_id) as watch:
        await caught_up(watch)
        await hold(anna, slot)
        assert await heard(watch) == (slot.id, False)
        await slot_watchers.notify_expired_holds()
        with clock.pinned(clock.now() + timedelta(minutes=5)):
            assert await heard(watch) == (slot.id, True)


async def test_many_watchers_of_a_clinic_cost_one_reading(relaying: None, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    readings: list[int] = []
    read = subscribers.read_slots

    async def counting(ids: Collection[UUID]) -> list[Slot]:
        readings.append(len(ids))
        return await read(ids)

    with slot_watchers.watch(slot.clinic_id) as one, slot_watchers.watch(slot.clinic_id) as two:
        await caught_up(one)
        two._slots.clear()
        monkeypatch.setattr(subscribers, "read_slots", counting)
        await book(anna, slot)
        assert await heard(one) == await heard(two) == (slot.id, False)
    assert readings == [1]


async def test_data_read_before_a_notification_do_not_count_as_read_after_it() -> None:
    sharing, answers = SingleFlight(), iter(range(10))
    gate = asyncio.Event()

    async def reading() -> int:
        answer = next(answers)
        await gate.wait()
        return answer

    early = [asyncio.create_task(sharing.read(1, "place", reading)) for _ in range(3)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(sharing.read(2, "place", reading)) for _ in range(3)]
    await asyncio.sleep(0)
    overtaken = asyncio.create_task(sharing.read(1, "place", reading))
    early[1].cancel()  # a reader who leaves does not affect the others
    await asyncio.sleep(0)
    gate.set()
    assert [await task for task in (early[0], early[2], *late, overtaken)] == [0, 0, 1, 1, 1, 2]


async def test_a_reading_that_failed_is_not_kept() -> None:
    sharing, outcomes = SingleFlight(), iter([OSError(), None])

    async def reading() -> str:
        if problem := next(outcomes):
            raise problem
        return "read"

    with pytest.raises(OSError):  # noqa: PT011 - any of them will do
        await sharing.read(1, "place", reading)
    await asyncio.sleep(0)
    assert await sharing.read(1, "place", reading) == "read"


async def test_a_watcher_that_does_not_read_keeps_the_latest_changes_and_then_must_reload() -> None:
    slot = await cast.slot()
    watch = SlotWatcher()
    for _ in range(3 * subscribers.MAX_UNREAD):
        watch.put(ChangedSlot(slot))
    assert (await watch.next()).row.id == slot.id
    assert not watch._slots
    for _ in range(subscribers.MAX_UNREAD + 1):
        watch.put(ChangedSlot(Slot(id=uuid4(), clinic_id=slot.clinic_id, doctor_id=slot.doctor_id)))
    assert not watch._slots
    with pytest.raises(ChangesMissed):
        await watch.next()


async def test_when_its_connection_is_lost_watchers_learn_that_they_may_have_missed_something(
    relaying: None, stranger: Any
) -> None:
    slot = await cast.slot()
    with slot_watchers.watch(slot.clinic_id) as watch:
        await caught_up(watch)
        assert await stranger.fetchval(KILL)  # may also kill the previous test's relay, if it is still stopping
        async with asyncio.timeout(patience()):
            with pytest.raises(ChangesMissed):
                await watch.next()
    with slot_watchers.watch(slot.clinic_id) as watch:
        await caught_up(watch)
        await book(await cast.anna(), slot)
        assert await heard(watch) == (slot.id, False)


async def test_committed_events_are_placed_without_waiting_for_the_next_look(unlooking: None, relaying: None) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    rung = event_signal.count
    await book(anna, slot)
    async with asyncio.timeout(patience()):
        await event_signal.wait_after(rung)
    assert await database.fetch("SELECT position FROM event") == [{"position": 1}]


async def test_a_notification_that_was_lost_costs_a_second_at_most(relaying: None, owner: Any) -> None:
    assert event_relay.POLL_SECONDS <= 1
    await owner.execute("ALTER TABLE event DISABLE TRIGGER event_told")
    try:
        rung = event_signal.count
        await book(await cast.anna(), await cast.slot())
        async with asyncio.timeout(patience()):
            await event_signal.wait_after(rung)
        assert await database.fetch("SELECT position FROM event") == [{"position": 1}]
    finally:
        await owner.execute("ALTER TABLE event ENABLE TRIGGER event_told")


async def test_a_booking_is_announced_even_if_its_process_dies_first(
    relaying: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with slot_watchers.watch(slot.clinic_id) as watch, patient_watchers.watch(patient_of(anna).id) as changed:
        await caught_up(watch)
        monkeypatch.setattr(notify_listener, "wake", lambda: None)
        await book(anna, slot)
        assert await heard(watch) == (slot.id, False)
        await noticed(changed)


async def test_a_relay_woken_while_another_is_relaying_checks_again_soon(
    relaying: None, unlooking: None, stranger: Any
) -> None:
    """The other relay may have checked before the commit that woke this one."""
    anna, slot = await cast.anna(), await cast.slot()
    with slot_watchers.watch(slot.clinic_id) as watch:
        await caught_up(watch)
        async with stranger.transaction():
            await stranger.execute("SELECT pg_advisory_xact_lock(7222027)")
            await book(anna, slot)
            await asyncio.sleep(3 * event_relay.GATHER_SECONDS)
        assert await heard(watch) == (slot.id, False)


@pytest.fixture
async def stranger(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def noticed(changed: asyncio.Event) -> None:
    async with asyncio.timeout(patience()):
        await changed.wait()
    changed.clear()


async def test_a_patient_hears_of_every_change_to_their_own_data_and_of_no_other(
    relaying: None, unlooking: None
) -> None:
    anna, celina, rita, clinic = await cast.anna(), await cast.celina(), await cast.rita(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    one, two = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=doctor)
    with (
        patient_watchers.watch(patient_of(anna).id) as changed,
        patient_watchers.watch(patient_of(celina).id) as others,
    ):
        visit = await book(anna, one)
        await noticed(changed)
        await move(anna, visit, two)
        await noticed(changed)
        await report_absence(rita, doctor, 24)
        await noticed(changed)
        offers = await Offer.filter(patient_id=anna.patient_id)
        await offer_response.decline(offers[0].id, patient=None, by=rita)
        await cancel(anna, visit)
        await noticed(changed)
        await join_waiting_list(anna, clinic)
        await noticed(changed)
        assert not others.is_set()


async def test_whoever_watches_is_told_to_look_again_after_the_connection_was_lost(relaying: None) -> None:
    with patient_watchers.watch(uuid4()) as changed:
        await database.fetch(KILL)
        await noticed(changed)


async def next_patient(desk: DeskWatcher) -> Any:
    async with asyncio.timeout(patience()):
        return await desk.next()


async def test_the_desk_hears_whose_visit_has_changed_also_when_a_colleague_marks_the_arrival(
    relaying: None, unlooking: None
) -> None:
    anna, celina, rita = await cast.anna(), await cast.celina(), await cast.rita()
    visit = await book(anna, await cast.slot(cast.warsaw(23, 11)))
    with desk_watchers.watch() as desk:
        await book(celina, await cast.slot(cast.warsaw(24, 9)))
        while await next_patient(desk) != celina.patient_id:
            pass  # skip earlier changes
        await attendance.mark(visit.id, Status.ARRIVED, patient=patient_of(anna), actor=Actor(rita))
        assert await next_patient(desk) == anna.patient_id
        await database.fetch(KILL)
        assert await next_patient(desk) is None, "changes may have been lost with the connection"


async def test_a_desk_with_more_changes_than_it_can_read_is_told_to_reload_everything() -> None:
    desk = DeskWatcher()
    for _ in range(subscribers.MAX_UNREAD + 2):
        desk.put(uuid4())
    assert await desk.next() is None
    desk.put(last := uuid4())
    assert await desk.next() == last


def test_no_state_is_kept_of_watchers_who_have_left() -> None:
    with desk_watchers.watch():
        pass
    assert not desk_watchers._watchers
    patient_id = uuid4()
    with patient_watchers.watch(patient_id), patient_watchers.watch(patient_id):
        pass
    assert patient_id not in patient_watchers._watchers
