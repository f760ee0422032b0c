"""The database enforces the promises against any writer: plain SQL tries to break each one and is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from infra import clock, database
from models.accounts.account import Account
from models.accounts.patient import Patient
from models.slots.slot import Slot
from tests import cast
from tests.support.racing import race, until_blocked
from tests.support.schedules import line, publish
from tests.support.visits import book, cancel, hold, insert_visit, move, patient_of

_POINT = "UPDATE slot SET visit_id = $2 WHERE id = $1"
_SLOT = "INSERT INTO slot (id, clinic_id, doctor_id, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5)"


@asynccontextmanager
async def refused_by(constraint: str, connection: Any, *, at_once: bool = False) -> AsyncIterator[None]:
    """Checks that this constraint refuses what the block writes in one transaction: at commit, or at once."""
    refusal = None
    try:
        async with connection.transaction():
            yield
            assert not at_once, f"{constraint} let it pass"
    except asyncpg.IntegrityConstraintViolationError as refused:
        refusal = refused.constraint_name
    assert refusal == constraint


async def test_a_visit_written_with_its_slot_is_accepted(stranger: Any) -> None:
    """Plain SQL itself is accepted; otherwise the other tests would prove nothing."""
    anna, slot = await cast.anna(), await cast.slot()
    async with stranger.transaction():
        visit_id = await insert_visit(stranger, anna, slot)
        await stranger.execute(_POINT, slot.id, visit_id)
    assert (await Slot.get(id=slot.id)).visit_id == visit_id


async def test_two_visits_on_one_slot(stranger: Any) -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    visit = await book(anna, slot)
    async with refused_by("visit_slot_points_back", stranger):
        await insert_visit(stranger, borys, slot)
    async with refused_by("visit_slot_points_back", stranger):
        await stranger.execute(_POINT, slot.id, await insert_visit(stranger, borys, slot))
    assert (await Slot.get(id=slot.id)).visit_id == visit.id


async def test_two_strangers_who_write_a_visit_on_one_slot_at_once(database_url: str) -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()

    async def write(account: Account) -> str:
        connection = await asyncpg.connect(database_url)
        try:
            async with connection.transaction():
                visit_id = uuid4()
                await connection.execute(_POINT, slot.id, visit_id)
                await asyncio.sleep(0.05)
                await insert_visit(connection, account, slot, id=visit_id)
        finally:
            await connection.close()
        return "written"

    first, second = sorted(await race(write(anna), write(borys)), key=str)
    assert "written" in (first, second)
    [refusal] = [outcome for outcome in (first, second) if outcome != "written"]
    assert refusal.constraint_name == "visit_slot_points_back"


async def test_a_visit_without_its_slot(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    async with refused_by("visit_slot_points_back", stranger):
        await insert_visit(stranger, anna, slot)
    visit = await book(anna, slot)
    async with refused_by("visit_slot_points_back", stranger):
        await stranger.execute(_POINT, slot.id, None)
    assert (await Slot.get(id=slot.id)).visit_id == visit.id


async def test_a_slot_that_points_to_nothing(stranger: Any) -> None:
    slot = await cast.slot()
    async with refused_by("slot_visit_sits_here", stranger):
        await stranger.execute(_POINT, slot.id, uuid4())


async def test_a_slot_that_points_to_a_cancelled_visit(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await cancel(anna, await book(anna, slot))
    async with refused_by("slot_visit_sits_here", stranger):
        await stranger.execute(_POINT, slot.id, visit.id)


async def test_a_visit_cancelled_without_freeing_its_slot(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    visit = await book(anna, slot)
    async with refused_by("slot_visit_sits_here", stranger):
        await stranger.execute("UPDATE visit SET status = 'CANCELLED', cancelled_at = now() WHERE id = $1", visit.id)


async def test_a_cancelled_visit_brought_back_onto_a_slot_of_another(stranger: Any) -> None:
    anna, borys, slot = await cast.anna(), await cast.borys(), await cast.slot()
    visit = await cancel(anna, await book(anna, slot))
    await book(borys, slot)
    async with refused_by("visit_slot_points_back", stranger):
        await stranger.execute("UPDATE visit SET status = 'BOOKED', cancelled_at = NULL WHERE id = $1", visit.id)


async def test_two_slots_that_point_to_one_visit(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    other = await cast.slot(cast.warsaw(24, 11))
    visit = await book(anna, slot)
    async with refused_by("slot_visit_id_key", stranger, at_once=True):
        await stranger.execute(_POINT, other.id, visit.id)


async def test_a_slot_that_points_to_a_visit_on_another_slot(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    other = await cast.slot(cast.warsaw(24, 11))
    visit = await book(anna, slot)
    async with refused_by("visit_slot_points_back", stranger):
        await stranger.execute(_POINT, slot.id, None)
        await stranger.execute(_POINT, other.id, visit.id)


async def test_a_visit_that_contradicts_its_slot(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    other = await cast.slot(cast.warsaw(25, 11))
    differences: list[dict[str, Any]] = [
        {"starts_at": slot.starts_at + timedelta(minutes=1)},
        {"ends_at": slot.ends_at + timedelta(minutes=1)},
        {"clinic_id": other.clinic_id},
        {"doctor_id": other.doctor_id},
    ]
    for difference in differences:
        async with refused_by("visit_is_as_its_slot", stranger):
            await stranger.execute(_POINT, slot.id, await insert_visit(stranger, anna, slot, **difference))


async def test_a_visit_on_a_slot_at_a_clinic_or_with_a_doctor_that_nobody_knows(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    for column in ("slot_id", "clinic_id", "doctor_id"):
        async with refused_by("visit_is_as_its_slot", stranger):
            await insert_visit(stranger, anna, slot, status="CANCELLED", **{column: uuid4()})


@pytest.mark.parametrize(
    ("table", "constraint"),
    [("slot", "visit_is_as_its_slot"), ("clinic", "slot_clinic_id_fkey"), ("doctor", "slot_doctor_id_fkey")],
)
async def test_a_slot_clinic_or_doctor_removed_under_a_visit(owner: Any, table: str, constraint: str) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await cancel(anna, await book(anna, slot))
    await owner.execute("DELETE FROM doctor_clinic")
    async with refused_by(constraint, owner):
        await owner.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("column", ["starts_at", "ends_at"])
async def test_a_slot_moved_away_under_its_visit(stranger: Any, column: str) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await book(anna, slot)
    async with refused_by("visit_is_as_its_slot", stranger):
        await stranger.execute(f"UPDATE slot SET {column} = {column} + interval '1 minute' WHERE id = $1", slot.id)


async def test_overlapping_slots_of_a_doctor_in_two_clinics(stranger: Any) -> None:
    heart, skin = await cast.clinic(), await cast.clinic("Poradnia skórna")
    doctor = await cast.doctor(heart, skin)
    slot = await cast.slot(at=heart, by=doctor)

    async def put(starts_at: datetime, ends_at: datetime) -> None:
        await stranger.execute(_SLOT, uuid4(), skin.id, doctor.id, starts_at, ends_at)

    minute = timedelta(minutes=1)
    for starts_at, ends_at in (
        (slot.starts_at, slot.ends_at),
        (slot.ends_at - minute, slot.ends_at + minute),
        (slot.starts_at - minute, slot.starts_at + minute),
        (slot.starts_at - minute, slot.ends_at + minute),
        (slot.starts_at + minute, slot.ends_at - minute),
    ):
        async with refused_by("slot_doctor_overlap", stranger, at_once=True):
            await put(starts_at, ends_at)
    await put(slot.ends_at, slot.ends_at + minute)
    await put(slot.starts_at - minute, slot.starts_at)


async def test_a_withdrawn_slot_leaves_its_hour_to_another_but_cannot_come_back(stranger: Any) -> None:
    slot = await cast.slot()
    await Slot.filter(id=slot.id).update(withdrawn_at=clock.now())
    await cast.slot(slot.starts_at, at=await slot.clinic, by=await slot.doctor)
    async with refused_by("slot_doctor_overlap", stranger, at_once=True):
        await stranger.execute("UPDATE slot SET withdrawn_at = NULL WHERE id = $1", slot.id)


async def test_overlapping_visits_of_a_patient(stranger: Any) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    await book(anna, await cast.slot(at=clinic, by=await cast.doctor(clinic)))
    other = await cast.slot(cast.warsaw(24, 10, 19), at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    for status in ("BOOKED", "ARRIVED", "FULFILLED"):
        async with refused_by("visit_patient_overlap", stranger, at_once=True):
            await insert_visit(stranger, anna, other, status=status)
    await insert_visit(stranger, anna, other, status="CANCELLED")


async def test_one_confirmed_record_of_a_number(stranger: Any) -> None:
    """Of several records with one PESEL at most one is the centre's, whoever writes them; the others are claims."""
    anna = await cast.anna()
    copy = await cast.patient_account("b@example.pl", cast.ANNA_PESEL, "A", "Ż", is_confirmed=False)
    for column in ("is_claim = false", "is_claim = false, identity_confirmed_at = now(), identity_seen = 'PASSPORT'"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await stranger.execute(f"UPDATE patient SET {column} WHERE id = $1", copy.patient_id)
    with pytest.raises(asyncpg.CheckViolationError):
        await stranger.execute("UPDATE patient SET is_claim = true WHERE id = $1", anna.patient_id)


async def test_an_account_without_confirmed_identity_is_only_a_claim(stranger: Any) -> None:
    """This holds even if an older version of the service, or a person with SQL access, opens the account."""
    dorota = await cast.dorota(await cast.rita())
    await stranger.execute(
        "INSERT INTO account (id, role, language, created_at, patient_id) VALUES ($1, 'PATIENT', 'PL', now(), $2)",
        uuid4(),
        dorota.id,
    )
    assert (await Patient.get(id=dorota.id)).is_claim


async def test_an_alias_has_neither_number_nor_telephone(stranger: Any) -> None:
    anna, borys = await cast.anna(is_confirmed=False), await cast.borys()
    for numbers in ("pesel_sealed = NULL, pesel_index = NULL", "phone = NULL"):
        with pytest.raises(asyncpg.CheckViolationError):
            await stranger.execute(
                f"UPDATE patient SET joined_to_id = $1, {numbers} WHERE id = $2", borys.patient_id, anna.patient_id
            )


async def test_a_model_that_meets_a_stranger_s_visit_refuses_politely(stranger: Any) -> None:
    """The rival's visit was written with plain SQL and not yet committed when the model checked."""
    anna, clinic = await cast.anna(), await cast.clinic()
    one = await cast.slot(at=clinic, by=await cast.doctor(clinic))
    two = await cast.slot(at=clinic, by=await cast.doctor(clinic, last_name="Kowal"))
    writing = stranger.transaction()
    await writing.start()
    visit_id = await insert_visit(stranger, anna, one)
    await stranger.execute(_POINT, one.id, visit_id)
    waiting = asyncio.create_task(book(anna, two))
    await until_blocked()
    await writing.commit()
    [outcome] = await race(waiting)
    assert (type(outcome).__name__, outcome.details) == ("VisitsOverlap", {"visit_id": str(visit_id)})


async def test_a_withdrawn_slot_with_a_visit(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    await book(anna, slot)
    async with refused_by("slot_withdrawn_is_empty", stranger, at_once=True):
        await stranger.execute("UPDATE slot SET withdrawn_at = now() WHERE id = $1", slot.id)


async def test_slots_and_holds_that_make_no_sense(stranger: Any) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    other = await cast.slot(cast.warsaw(24, 11))
    await hold(anna, slot)
    take = "UPDATE slot SET held_by_id = $2, held_until = now() WHERE id = $1"
    async with refused_by("slot_times", stranger, at_once=True):
        await stranger.execute("UPDATE slot SET ends_at = starts_at WHERE id = $1", slot.id)
    async with refused_by("slot_hold", stranger, at_once=True):
        await stranger.execute("UPDATE slot SET held_until = NULL WHERE id = $1", slot.id)
    async with refused_by("slot_held_by_id_key", stranger, at_once=True):
        await stranger.execute(take, other.id, anna.patient_id)
    async with refused_by("slot_held_by_patient", stranger, at_once=True):
        await stranger.execute(take, other.id, uuid4())


async def test_visits_that_make_no_sense(stranger: Any) -> None:
    visit = await book(await cast.anna(), await cast.slot())
    async with refused_by("visit_status", stranger, at_once=True):
        await stranger.execute("UPDATE visit SET status = 'LOST' WHERE id = $1", visit.id)
    async with refused_by("visit_cancelled_at", stranger, at_once=True):
        await stranger.execute("UPDATE visit SET cancelled_at = now() WHERE id = $1", visit.id)
    other = await book(await cast.borys(), await cast.slot(cast.warsaw(24, 11)))
    async with refused_by("visit_reference_key", stranger, at_once=True):
        await stranger.execute("UPDATE visit SET reference = $2 WHERE id = $1", other.id, visit.reference)


OF_EVENTS = "Events are removed only behind the horizon of event_log"


WAYS = [
    (table, way)
    for table in ("audit_entry", "visit_change", "event")
    for way in ("DELETE FROM {}", "TRUNCATE {} CASCADE")
]
NOTHING = "DELETE FROM {} WHERE false"  # only visit_change refuses it: the other tables' triggers fire per row


@pytest.mark.parametrize(("table", "statement"), [*WAYS, ("visit_change", NOTHING)])
async def test_history_is_never_removed(owner: Any, table: str, statement: str) -> None:
    await book(await cast.anna(), await cast.slot())
    with pytest.raises(
        asyncpg.IntegrityConstraintViolationError,
        match=f"Rows of {table} are never (changed|removed early)|{OF_EVENTS}",
    ):
        await owner.execute(statement.format(table))
    assert (await database.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] == 1


@pytest.mark.parametrize(
    "change", ["audit_entry SET outcome = 'done'", "visit_change SET reason = 'x'", "audit_entry SET at = at"]
)
async def test_history_is_never_rewritten(owner: Any, change: str) -> None:
    await book(await cast.anna(), await cast.slot())
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="are never changed or removed"):
        await owner.execute(f"UPDATE {change}")


@pytest.mark.parametrize("table", ["visit", "patient", "slot", "clinic", "doctor"])
async def test_history_is_not_lost_with_what_it_is_about(owner: Any, table: str) -> None:
    """Neither TRUNCATE .. CASCADE nor deleting the rows that a visit refers to removes its history."""
    await book(await cast.anna(), await cast.slot())
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute(f"TRUNCATE {table} CASCADE")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute(f"DELETE FROM {table}")


async def test_accounts_that_make_no_sense(stranger: Any) -> None:
    anna = await cast.anna()
    await cast.borys()
    for constraint, change in (
        ("account_email", "account SET email = NULL"),
        ("account_closed", "account SET closed_at = now()"),
        ("account_email_key_key", "account SET email_key = 'borys@example.pl'"),
        ("account_patient_id_key", "account SET patient_id = (SELECT patient_id FROM account WHERE id <> $1)"),
    ):
        async with refused_by(constraint, stranger, at_once=True):
            await stranger.execute(f"UPDATE {change} WHERE id = $1", anna.id)
    async with refused_by("patient_pesel", stranger, at_once=True):
        await stranger.execute("UPDATE patient SET pesel_sealed = NULL WHERE id = $1", patient_of(anna).id)
    async with refused_by("patient_pesel_index_key", stranger, at_once=True):
        await stranger.execute("UPDATE patient SET pesel_index = 'same'")


async def test_a_moved_visit_s_old_slot_can_be_withdrawn_and_its_new_one_cannot(stranger: Any) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    old, new = await cast.morning(cast.warsaw(24, 8).date(), 2, at=clinic, by=await cast.doctor(clinic))
    await move(anna, await book(anna, old), new)
    withdraw = "UPDATE slot SET withdrawn_at = now() WHERE id = $1"
    assert await stranger.execute(withdraw, old.id) == "UPDATE 1"
    async with refused_by("slot_withdrawn_is_empty", stranger, at_once=True):
        await stranger.execute(withdraw, new.id)


async def test_no_lock_or_statement_lasts_for_ever() -> None:
    """A host that dies with a patient's row locked must not block that patient for hours."""
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        [row] = await database.fetch("SELECT setting::int AS milliseconds FROM pg_settings WHERE name = $1", [name])
        assert 0 < row["milliseconds"] <= 60_000, name


@pytest.mark.parametrize("seconds", [1, 0.5])
async def test_a_slot_that_begins_or_ends_within_a_minute(stranger: Any, seconds: float) -> None:
    slot = await cast.slot()
    for column in ("starts_at", "ends_at"):
        async with refused_by("slot_whole_minutes", stranger, at_once=True):
            await stranger.execute(
                f"UPDATE slot SET {column} = {column} + $2 WHERE id = $1", slot.id, timedelta(seconds=seconds)
            )
    other = slot.starts_at + timedelta(days=1), slot.ends_at + timedelta(days=1)
    uneven = timedelta(seconds=seconds)
    for begin, end in ((other[0] + uneven, other[1]), (other[0], other[1] + uneven)):
        async with refused_by("slot_whole_minutes", stranger, at_once=True):
            await stranger.execute(_SLOT, uuid4(), slot.clinic_id, slot.doctor_id, begin, end)


async def test_a_schedule_that_is_replaced_twice_from_one_day(stranger: Any) -> None:
    clinic, rita = await cast.clinic(), await cast.rita()
    doctor = await cast.doctor(clinic)
    schedule, _ = await publish(rita, doctor, clinic, line(2, 8, 9))
    await stranger.execute("UPDATE schedule SET replaces_id = $1 WHERE id = $1", schedule.id)
    async with refused_by("schedule_of_replaced", stranger, at_once=True):
        await stranger.execute(
            "INSERT INTO schedule (id, doctor_id, clinic_id, lines, valid_from, valid_until, on_sundays, on_holidays,"
            " filled_until, published_at, replaces_id) SELECT $2, doctor_id, clinic_id, lines, valid_from, valid_until,"
            " on_sundays, on_holidays, filled_until, published_at, replaces_id FROM schedule WHERE id = $1",
            schedule.id,
            uuid4(),
        )
