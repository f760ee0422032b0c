"""Patients book, move, cancel, hold and release in random order; a model of a few lines predicts the results.

For a longer run: `FUZZ=thorough python -m pytest tests/models/visits/test_state_machine.py`.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from infra import clock
from models.accounts.account import Account
from models.slots.slot import MOMENT, Slot
from models.values import hours
from models.values.visit_status import Status
from models.visits.visit import Visit
from tests import cast
from tests.support.invariants import check_each_change_is_recorded_once, check_invariants
from tests.support.racing import race, tally
from tests.support.visits import book, cancel, hold, move, patient_of, release

HOLD = timedelta(minutes=5)
# doctor and start: clinic A (one hour's notice, two visits per patient) has two doctors, clinic B has one
SLOTS = [
    (0, (23, 9, 50)),
    (0, (24, 10, 0)),
    (0, (24, 10, 20)),
    (1, (24, 10, 10)),
    (1, (25, 8, 0)),
    (2, (24, 10, 0)),
    (2, (24, 10, 30)),
    (2, (26, 9, 0)),
]
LIMITS = {"A": 2, "B": 3}
who = strategies.integers(0, 2)
which = strategies.integers(0, len(SLOTS) - 1)


@dataclass
class ModelSlot:
    """The expected state of a slot."""

    starts_at: datetime
    clinic: str
    visit: int | None = None
    held_by: int | None = None
    held_until: datetime = cast.MONDAY
    ends_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = self.starts_at + timedelta(minutes=20)

    def is_free_for(self, patient: int) -> bool:
        held = self.held_by not in (None, patient) and self.held_until > clock.now()
        return self.visit is None and not held

    def obstacle(self, patient: int) -> str | None:
        notice = timedelta(minutes=60 if self.clinic == "A" else 0)
        if self.starts_at <= clock.now() or self.starts_at < clock.now() + notice:
            return "SlotNotBookable"
        return None if self.is_free_for(patient) else "SlotTaken"


@dataclass
class Appointment:
    """The expected state of a visit."""

    patient: int
    slot: int
    status: Status = Status.BOOKED


class Desk(RuleBasedStateMachine):
    """Each step is applied to the model and the database; both must give the same answer and be in the same state."""

    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it in the tests' event loop, which belongs to another thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def answer(self, work: Any) -> Any:
        [outcome] = await race(work)
        return outcome

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        a = await cast.clinic(planned_visits_per_patient=LIMITS["A"], cancel_until_minutes=30)
        b = await cast.clinic("Poradnia skórna", minimum_notice_minutes=0)
        doctors = [await cast.doctor(a), await cast.doctor(a), await cast.doctor(b)]
        self.model_slots = [ModelSlot(cast.warsaw(*at), "B" if n == 2 else "A") for n, at in SLOTS]
        places = {"A": a, "B": b}
        self.slots: list[Slot] = [
            await cast.slot(slot.starts_at, at=places[slot.clinic], by=doctors[n])
            for (n, _), slot in zip(SLOTS, self.model_slots, strict=True)
        ]
        nth = await Account.all().count()
        self.patients = [await cast.patient_account(f"p{nth + n}@example.pl", None, "P", str(n)) for n in range(3)]
        self.visits: list[Visit] = []
        self.appointments: list[Appointment] = []

    def planned(self, patient: int, clinic: str, beside: int | None = None) -> int:
        return sum(
            found.patient == patient
            and found.status == Status.BOOKED
            and n != beside
            and self.model_slots[found.slot].clinic == clinic
            and self.model_slots[found.slot].ends_at > clock.now()
            for n, found in enumerate(self.appointments)
        )

    def overlaps(self, patient: int, slot: ModelSlot, beside: int | None = None) -> bool:
        return any(
            found.patient == patient
            and found.status == Status.BOOKED
            and n != beside
            and self.model_slots[found.slot].starts_at < slot.ends_at
            and slot.starts_at < self.model_slots[found.slot].ends_at
            for n, found in enumerate(self.appointments)
        )

    def refusal_of_booking(self, patient: int, slot: ModelSlot) -> str | None:
        if obstacle := slot.obstacle(patient):
            return obstacle
        if self.planned(patient, slot.clinic) >= LIMITS[slot.clinic]:
            return "TooManyVisits"
        return "VisitsOverlap" if self.overlaps(patient, slot) else None

    def refusal_of_change(self, patient: int, visit: int) -> str | None:
        found = self.appointments[visit]
        slot = self.model_slots[found.slot]
        until = slot.starts_at - timedelta(minutes=30 if slot.clinic == "A" else 0)
        if found.patient != patient:
            return "VisitNotFound"
        return "VisitNotChangeable" if found.status != Status.BOOKED or clock.now() >= until else None

    def refusal_of_move(self, patient: int, visit: int, n: int) -> str | None:
        if refusal := self.refusal_of_change(patient, visit):
            return refusal
        slot, old = self.model_slots[n], self.model_slots[self.appointments[visit].slot]
        if slot is old:
            return None
        if obstacle := slot.obstacle(patient):
            return obstacle
        if slot.clinic != old.clinic and self.planned(patient, slot.clinic) >= LIMITS[slot.clinic]:
            return "TooManyVisits"
        return "VisitsOverlap" if self.overlaps(patient, slot, visit) else None

    def take(self, n: int, visit: int) -> None:
        self.model_slots[n].visit, self.model_slots[n].held_by = visit, None

    def booked(self, patient: int, n: int, visit: Visit) -> None:
        self.visits.append(visit)
        self.appointments.append(Appointment(patient, n))
        self.take(n, len(self.visits) - 1)

    @rule(patient=who, n=which)
    def book(self, patient: int, n: int) -> None:
        refusal = self.refusal_of_booking(patient, self.model_slots[n])
        outcome = self.run(self.answer(book(self.patients[patient], self.slots[n])))
        assert type(outcome).__name__ == (refusal or "Visit")
        if refusal is None:
            self.booked(patient, n, outcome)

    @rule(n=which)
    def race(self, n: int) -> None:
        """All patients want the same slot at once: one who may book it gets it, and the others are told why not."""
        alone = [self.refusal_of_booking(patient, self.model_slots[n]) for patient in range(3)]
        outcomes = self.run(race(*(book(account, self.slots[n]) for account in self.patients)))
        winners = [patient for patient, outcome in enumerate(outcomes) if isinstance(outcome, Visit)]
        assert len(winners) == (1 if None in alone else 0), tally(outcomes)
        for patient, outcome in enumerate(outcomes):
            allowed = {"Visit"} if patient in winners else {alone[patient] or "SlotTaken"}
            assert type(outcome).__name__ in allowed | ({"SlotTaken"} if winners and patient not in winners else set())
            if patient in winners:
                assert alone[patient] is None
                self.booked(patient, n, outcome)

    @rule(patient=who, visit=strategies.integers(0, 9), n=which)
    def move(self, patient: int, visit: int, n: int) -> None:
        if visit >= len(self.visits):
            return
        refusal = self.refusal_of_move(patient, visit, n)
        outcome = self.run(self.answer(move(self.patients[patient], self.visits[visit], self.slots[n])))
        assert type(outcome).__name__ == (refusal or "Visit")
        if refusal is None:
            self.model_slots[self.appointments[visit].slot].visit = None
            self.appointments[visit].slot = n
            self.take(n, visit)

    @rule(patient=who, visit=strategies.integers(0, 9))
    def cancel(self, patient: int, visit: int) -> None:
        if visit >= len(self.visits):
            return
        refusal = self.refusal_of_change(patient, visit)
        outcome = self.run(self.answer(cancel(self.patients[patient], self.visits[visit])))
        assert type(outcome).__name__ == (refusal or "Visit")
        if refusal is None:
            self.appointments[visit].status = Status.CANCELLED
            self.model_slots[self.appointments[visit].slot].visit = None

    @rule(patient=who, n=which)
    def hold(self, patient: int, n: int) -> None:
        slot = self.model_slots[n]
        refusal = self.refusal_of_booking(patient, slot)  # patients may hold only slots that they could book
        outcome = self.run(self.answer(hold(self.patients[patient], self.slots[n])))
        assert type(outcome).__name__ == (refusal or "Slot")
        if refusal is None and not (slot.held_by == patient and slot.held_until > clock.now()):
            for other in self.model_slots:
                other.held_by = None if other.held_by == patient else other.held_by
            last = slot.starts_at - timedelta(minutes=60 if slot.clinic == "A" else 0) + MOMENT
            slot.held_by, slot.held_until = patient, min(clock.now() + HOLD, last, hours.next_closing(clock.now()))

    @rule(patient=who, n=which)
    def release(self, patient: int, n: int) -> None:
        slot = self.model_slots[n]
        is_held = slot.held_by == patient and slot.held_until > clock.now()
        assert self.run(self.answer(release(self.patients[patient], self.slots[n]))) is is_held
        if is_held:
            slot.held_by = None

    @rule(minutes=strategies.sampled_from([1, 4, 5, 30, 60, 24 * 60]))
    def wait(self, minutes: int) -> None:
        clock.advance(timedelta(minutes=minutes))

    @invariant()
    def the_database_looks_as_the_model(self) -> None:
        if hasattr(self, "slots"):
            self.run(self._compare())

    async def _compare(self) -> None:
        now = clock.now()
        rows = {row.id: row for row in await Slot.filter(id__in=[slot.id for slot in self.slots])}
        ids = {patient_of(account).id: n for n, account in enumerate(self.patients)}
        for stored, slot in zip(self.slots, self.model_slots, strict=True):
            row = rows[stored.id]
            assert row.visit_id == (None if slot.visit is None else self.visits[slot.visit].id)
            holder = ids.get(row.held_by_id) if row.held_until and row.held_until > now else None  # type: ignore[arg-type]  # None: no holder
            assert holder == (slot.held_by if slot.held_by is not None and slot.held_until > now else None)
        found = {row.id: row for row in await Visit.filter(id__in=[visit.id for visit in self.visits])}
        for visit, told in zip(self.visits, self.appointments, strict=True):
            is_so = found[visit.id]
            assert (is_so.status, is_so.slot_id) == (told.status, self.slots[told.slot].id)

    def teardown(self) -> None:
        self.run(self._close())

    async def _close(self) -> None:
        clock.advance(cast.MONDAY - clock.now())
        await check_invariants()
        await check_each_change_is_recorded_once()


async def test_whatever_patients_do_in_whatever_order_both_answer_and_look_alike() -> None:
    Desk.loop = asyncio.get_running_loop()
    once = settings(max_examples=settings().max_examples // 12 + 1, stateful_step_count=30)
    await asyncio.to_thread(run_state_machine_as_test, Desk, settings=once)
