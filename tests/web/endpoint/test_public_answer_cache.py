"""Cached answers: after any change, and at any time, they are the same as fresh ones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from tortoise.transactions import in_transaction

import settings
from infra import clock, database
from models.accounts.account import Language
from models.schedules import single_slots
from models.slots.answer_versions import DIRECTORY, VersionWatch
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from server import graphql
from tests import cast
from tests.support.client import DOCUMENTS, Client, id_of
from tests.support.schedules import join_waiting_list, line, publish, report_absence
from tests.support.statement_count import count_statements
from tests.support.visits import book, cancel, hold, move, release
from web.endpoint.public_answer_cache import Answers, Entry


@pytest.fixture(autouse=True)
async def keeping(database_url: str, fresh: None) -> AsyncIterator[None]:
    async with graphql.answers.run(database_url):
        yield


class Stage:
    """A clinic with two doctors and some slots, and the queries that a patient's app sends about it."""

    def __init__(self, clinic: Clinic, doctors: list[Doctor], slots: list[Slot]) -> None:
        self.clinic, self.doctors, self.slots = clinic, doctors, slots

    @classmethod
    async def built(cls) -> "Stage":
        clinic = await cast.clinic()
        doctors = [await cast.doctor(clinic), await cast.doctor(clinic, last_name="Kowal")]
        slots = await cast.morning(date(2026, 11, 24), 4, at=clinic, by=doctors[0])
        return cls(clinic, doctors, slots + await cast.morning(date(2026, 11, 25), 4, at=clinic, by=doctors[1]))

    @property
    def questions(self) -> list[tuple[str, dict[str, Any]]]:
        place = id_of(self.clinic)
        return [
            ("FreeSlots", {"filter": {"clinicId": place}}),
            ("FreeSlots", {"filter": {"clinicId": place}, "first": 2}),
            ("FreeDays", {"clinicId": place, "from": "2026-11-23", "until": "2027-02-20"}),
            ("Clinics", {}),
            ("Doctors", {}),
            ("DoctorsOfClinics", {}),
            ("DoctorsWithTerms", {}),
            ("ClinicsWithTerms", {}),
        ]


@pytest.fixture
async def stage(fresh: None) -> Stage:
    return await Stage.built()


def body_of(name: str, variables: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"query": DOCUMENTS[name], "variables": variables, **more})


async def told(client: Client, stage: Stage) -> list[Any]:
    """The answers to the queries, taken from the cache if possible."""
    return [(await client.post(body_of(*question))).json()["data"] for question in stage.questions]


async def told_anew(client: Client, stage: Stage) -> list[Any]:
    """The answers to the same queries, sent in a form that cannot be cached yet."""
    spoken = [body_of(*question, extensions={"asked": uuid4().hex}) for question in stage.questions]
    return [(await client.post(body)).json()["data"] for body in spoken]


async def is_kept(client: Client, stage: Stage) -> bool:
    """Whether repeating the query reads nothing from the tables."""
    _, count = await count_statements(client.post(body_of(*stage.questions[0])))
    return count <= 1  # one for the rate counter, which is exact here


Writer = Callable[[Stage], Awaitable[object]]


async def _book(stage: Stage) -> object:
    return await book(await cast.anna(), stage.slots[0])


async def _cancel(stage: Stage) -> object:
    anna = await cast.borys()
    return await cancel(anna, await book(anna, stage.slots[3]))


async def _move(stage: Stage) -> object:
    anna = await cast.borys()
    return await move(anna, await book(anna, stage.slots[2]), stage.slots[1])


async def _hold(stage: Stage) -> object:
    return await hold(await cast.anna(), stage.slots[0])


async def _release(stage: Stage) -> object:
    anna = await cast.anna()
    await hold(anna, stage.slots[0])
    return await release(anna, stage.slots[0])


async def _add(stage: Stage) -> object:
    rita, at = await cast.rita(), cast.warsaw(24, 6)
    return await single_slots.add(stage.doctors[0].id, stage.clinic.id, at, 15, by=rita)


async def _withdraw(stage: Stage) -> object:
    return await single_slots.withdraw([stage.slots[0].id], by=await cast.rita())


async def _block(stage: Stage) -> object:
    return await single_slots.block(stage.slots[0].id, "remont", by=await cast.rita())


async def _publish(stage: Stage) -> object:
    return await publish(await cast.rita(), stage.doctors[1], stage.clinic, line(4, 8, 12))


async def _absence(stage: Stage) -> object:
    return await report_absence(await cast.rita(), stage.doctors[0], 24)


async def _rules(stage: Stage) -> object:
    return await Clinic.filter(id=stage.clinic.id).update(minimum_notice_minutes=3 * 24 * 60)


async def _rename(stage: Stage) -> object:
    return await Doctor.filter(id=stage.doctors[0].id).update(last_name="Inna")


async def _join(stage: Stage) -> object:
    return await cast.doctor(stage.clinic, last_name="Nowa")


async def _leave(stage: Stage) -> object:
    return await database.fetch("DELETE FROM doctor_clinic WHERE doctor_id = $1", [stage.doctors[0].id])


async def _open(stage: Stage) -> object:
    return await cast.clinic("Poradnia nowa")


async def _sql(stage: Stage) -> object:
    """The answer follows every write, no matter who makes it."""
    return await database.fetch("DELETE FROM slot WHERE id = $1", [stage.slots[0].id])


async def _wait(stage: Stage) -> object:
    """A slot given up is first offered to the waiting list."""
    anna, borys = await cast.anna(), await cast.borys()
    visit = await book(borys, stage.slots[0])
    await join_waiting_list(anna, stage.clinic)
    return await cancel(borys, visit)


WRITERS: list[Writer] = [_book, _cancel, _move, _hold, _release, _add, _withdraw, _block, _publish, _absence]
WRITERS += [_rules, _rename, _join, _leave, _open, _sql, _wait]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.strip("_"))
async def test_after_every_change_kept_answers_equal_fresh_ones(write: Writer, stage: Stage, nobody: Client) -> None:
    before = await told(nobody, stage)
    assert await is_kept(nobody, stage)
    await write(stage)
    after = await told(nobody, stage)
    assert after == await told_anew(nobody, stage)
    if write not in (_cancel, _release):
        assert after != before


TRIGGERS = {"slot": _book, "clinic": _rules, "doctor": _rename, "doctor_clinic": _leave}


@pytest.mark.parametrize("table", TRIGGERS)
async def test_it_is_the_triggers_that_keep_answers_true(table: str, stage: Stage, nobody: Client, owner: Any) -> None:
    """Proves that the test above can fail: without a table's trigger it does."""
    await told(nobody, stage)
    await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        await TRIGGERS[table](stage)
        assert await told(nobody, stage) != await told_anew(nobody, stage)
    finally:
        await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def _regret(stage: Stage) -> None:
    async with in_transaction():
        await _rules(stage)
        raise ZeroDivisionError


async def test_a_rolled_back_change_increments_no_version(stage: Stage, database_url: str) -> None:
    watch = VersionWatch(database_url)
    try:
        before = await watch.look()
        with pytest.raises(ZeroDivisionError):
            await _regret(stage)
        assert await watch.look() == before
        await _rules(stage)
        after = await watch.look()
        assert {id_ for id_ in after if after[id_] != before.get(id_)} == {DIRECTORY, stage.clinic.id}
    finally:
        await watch.close()


async def test_two_who_change_two_clinics_in_different_orders_do_not_wait_in_a_circle(stage: Stage) -> None:
    other = await Stage.built()

    async def change(first: Slot, second: Slot) -> None:
        for _ in range(20):
            async with in_transaction():
                for slot in (first, second):
                    await Slot.filter(id=slot.id).update(closed_reason=uuid4().hex)
                    await asyncio.sleep(0)

    one, two = (stage.slots[0], other.slots[0]), (other.slots[1], stage.slots[1])
    await asyncio.gather(*(change(*pair) for pair in (one, two) * 2))


async def test_a_hold_lapses_in_kept_answers_at_its_moment(stage: Stage, nobody: Client) -> None:
    held = await hold(await cast.anna(), stage.slots[0])
    without = await told(nobody, stage)
    with clock.pinned(held.hold_expires_at - timedelta(microseconds=1)):
        assert await told(nobody, stage) == without
    with clock.pinned(held.hold_expires_at):
        assert await told(nobody, stage) == await told_anew(nobody, stage) != without


@pytest.mark.parametrize("notice", [0, 60, 24 * 60])
async def test_a_slot_leaves_kept_answers_when_its_notice_begins(notice: int, nobody: Client, stage: Stage) -> None:
    await Clinic.filter(id=stage.clinic.id).update(minimum_notice_minutes=notice)
    limit = stage.slots[0].starts_at - timedelta(minutes=notice)
    for moment in (limit - timedelta(seconds=1), limit, limit + timedelta(microseconds=1), limit + timedelta(hours=1)):
        with clock.pinned(max(moment, cast.MONDAY)):
            assert await told(nobody, stage) == await told_anew(nobody, stage)


@pytest.mark.parametrize("day", [datetime(2026, 11, 23, tzinfo=cast.WARSAW), datetime(2027, 3, 27, tzinfo=cast.WARSAW)])
async def test_a_new_day_comes_into_kept_answers_at_midnight(day: datetime, nobody: Client) -> None:
    clinic = await cast.clinic(days_ahead=3)
    doctor = await cast.doctor(clinic)
    midnight = datetime(day.year, day.month, day.day, tzinfo=cast.WARSAW) + timedelta(days=1)
    slot = await cast.slot((midnight + timedelta(days=3, hours=9)).astimezone(UTC), at=clinic, by=doctor)
    stage = Stage(clinic, [doctor], [slot])
    with clock.pinned(midnight - timedelta(seconds=1)):
        assert (await told(nobody, stage))[0]["freeSlots"]["nodes"] == []
    with clock.pinned(midnight):
        [first, *_] = after = await told(nobody, stage)
        assert [node["id"] for node in first["freeSlots"]["nodes"]] == [id_of(slot)]
        assert after == await told_anew(nobody, stage)


async def test_signed_in_patients_see_their_own_data_and_leave_none_for_others(
    stage: Stage, anna: Client, nobody: Client
) -> None:
    await told(nobody, stage)
    await hold(anna.account, stage.slots[0])
    [own, *_] = await told(anna, stage)
    [public, *_] = await told(nobody, stage)
    assert id_of(stage.slots[0]) in [node["id"] for node in own["freeSlots"]["nodes"]]
    assert id_of(stage.slots[0]) not in [node["id"] for node in public["freeSlots"]["nodes"]]


async def test_errors_and_refusals_are_not_kept(stage: Stage, nobody: Client) -> None:
    bad = body_of("FreeSlots", {"filter": {"clinicId": id_of(stage.clinic)}, "first": 0})
    one, two = [(await nobody.post(bad)) for _ in range(2)]
    assert one.json()["errors"] == two.json()["errors"]
    assert graphql.answers._answers.size == 0


async def test_the_same_question_at_once_is_answered_by_one_reading(stage: Stage, nobody: Client) -> None:
    body = body_of(*stage.questions[0])
    _, alone = await count_statements(nobody.post(body_of(*stage.questions[0], operationName="FreeSlots")))

    async def crowd() -> list[Any]:
        return [answer.json() for answer in await asyncio.gather(*(nobody.post(body) for _ in range(20)))]

    answers, together = await count_statements(crowd())
    assert all(answer == answers[0] for answer in answers)
    assert together < 2 * alone + 20  # the rate counter, exact here, takes a statement per request


async def test_each_answer_has_an_id_of_its_own_and_is_never_stored_outside(stage: Stage, nobody: Client) -> None:
    answers = [await nobody.post(body_of(*stage.questions[0])) for _ in range(3)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert len({frozenset(answer.headers) for answer in answers}) == 1
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)


async def test_kept_answers_count_against_the_rate_of_an_address(
    stage: Stage, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "RATE_PER_ADDRESS", "5/minute")
    bodies = [(await nobody.post(body_of(*stage.questions[0]))).json() for _ in range(8)]
    assert ["errors" in body for body in bodies[:5]] == [False] * 5
    assert bodies[-1]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_the_endpoint_answers_even_if_versions_cannot_be_read(
    stage: Stage, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(nobody, stage)

    async def fail(self: VersionWatch) -> None:
        raise OSError

    monkeypatch.setattr(VersionWatch, "_read", fail)
    await _book(stage)
    assert await told(nobody, stage) == await told_anew(nobody, stage)


def entry(clinic_id: UUID, size: int) -> Entry:
    clinics = frozenset({DIRECTORY, clinic_id})
    return Entry(b"x" * size, [], dict.fromkeys(clinics, 1), clinics, clock.now() + timedelta(hours=1), "", {})


def test_a_rush_on_one_clinic_does_not_evict_answers_about_others() -> None:
    answers, quiet, busy = Answers(1_000_000), uuid4(), uuid4()
    answers.put((b"quiet", Language.PL, b"", b""), entry(quiet, 10_000))
    for n in range(500):
        answers.put((b"%d" % n, Language.PL, b"", b""), entry(busy, 10_000))
        assert answers.size <= 1_000_000
    assert answers.find((b"quiet", Language.PL, b"", b"")) is not None
    assert answers.find((b"0", Language.PL, b"", b"")) is None
    assert answers.find((b"499", Language.PL, b"", b"")) is not None
