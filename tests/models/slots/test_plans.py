"""Plans: the most frequent queries read a bounded part of an index, even in a generic plan without values.

The plans are the same as for 504,000 slots (as in `make bench`), because they depend only on a clinic having more
free slots than a page, and on fresh statistics.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.transactions import in_transaction

from infra import clock, database
from models.accounts.patient import Patient
from models.slots import availability, booking_rules
from models.slots.availability import SlotFilter
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from tests import cast
from tests.support.statement_count import list_sent

CLINICS, DOCTORS, DAYS, SLOTS_A_DAY = 4, 5, 40, 28
MODES = ("force_custom_plan", "force_generic_plan")
_FILL = """
    INSERT INTO slot (id, clinic_id, doctor_id, starts_at, ends_at)
    SELECT gen_random_uuid(), $1, doctor, at, at + interval '15 minutes'
    FROM unnest($2::uuid[]) AS doctor, generate_series(0, $3 - 1) AS day, generate_series(0, $4 - 1) AS quarter,
        LATERAL (SELECT $5::timestamptz + day * interval '1 day' + quarter * interval '15 minutes' AS at) AS times
"""
Asking = Callable[[], Awaitable[Any]]


async def fill(owner: Any, clinics: int = CLINICS) -> tuple[Clinic, Doctor]:
    await owner.execute("VACUUM FULL slot")  # other tests have left holes, which would scatter the rows
    begin = cast.warsaw(24, 9)
    for n in range(clinics):
        clinic = await cast.clinic(f"Poradnia {n}")
        doctors = [await cast.doctor(clinic) for _ in range(DOCTORS)]
        await database.fetch(_FILL, [clinic.id, [doctor.id for doctor in doctors], DAYS, SLOTS_A_DAY, begin])
    await vacuum(owner, "slot")
    return clinic, doctors[0]


async def vacuum(owner: Any, table: str) -> None:
    """Refresh the statistics and the visibility map; with `synchronous_commit` off that needs a checkpoint first."""
    await owner.execute("CHECKPOINT")
    await owner.execute(f"VACUUM ANALYZE {table}")


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "'{" + ",".join(map(str, value)) + "}'"
    return f"'{value}'"


async def plan(url: str, statement: str, values: list[Any], mode: str) -> dict[str, Any]:
    """The executed plan with its counts, made with (`force_custom_plan`) or without (`force_generic_plan`) values."""
    given = ", ".join(map(literal, values))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}; PREPARE asked AS {statement}")
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked({given})")
    finally:
        await connection.close()
    found: dict[str, Any] = json.loads(told)[0]["Plan"]
    return found


def reads(node: dict[str, Any], table: str) -> tuple[set[str], int]:
    """The indexes used to read the table ("" for none), and the number of its pages that are read."""
    if node.get("Relation Name") == table:
        return {node.get("Index Name", "")}, node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    found = [reads(child, table) for child in node.get("Plans", [])]
    return set().union(*(names for names, _ in found)), sum(pages for _, pages in found)


async def sent(asking: Asking) -> tuple[str, list[Any]]:
    """The statement that a method sends, with its values."""
    _, [only] = await list_sent(asking())
    return only


def searches(clinic: Clinic, doctor: Doctor) -> dict[str, tuple[Asking, int]]:
    """By name: each query, and how many pages of the slot table it may read."""

    def free(limit: int, patient_id: UUID | None = None, **wanted: Any) -> Asking:
        return lambda: availability.find_free_slots(SlotFilter(clinic.id, **wanted), patient_id, None, limit)

    soon = clock.now() + timedelta(days=10)
    days = SlotFilter.on_days(clinic.id, None, date(2026, 11, 24), date(2026, 12, 24))
    return {
        "a page": (free(51, from_=soon), 20),
        "a page for a patient": (free(51, UUID(int=1), from_=soon), 20),
        "a partner's page": (free(501, from_=soon, until=soon + timedelta(days=20)), 60),
        "a doctor": (free(51, doctor_ids=[doctor.id]), 60),
        "hours and weekdays": (free(51, earliest=time(10), latest=time(12), weekdays=[2, 4]), 60),
        "a month": (lambda: availability.count_free_days(days, None), 250),
    }


async def test_searches_read_a_bounded_part_of_one_index(database_url: str, owner: Any) -> None:
    clinic, doctor = await fill(owner)
    asked = {name: (await sent(asking), most) for name, (asking, most) in searches(clinic, doctor).items()}
    for name, ((statement, values), most) in asked.items():
        for mode in MODES:
            used, pages = reads(await plan(database_url, statement, values, mode), "slot")
            assert used <= {"slot_vacant", "slot_vacant_of_doctor"}, (name, mode)
            assert 0 < pages <= most, (name, mode)
    await owner.execute("UPDATE pg_class SET relpages = 1, reltuples = 1 WHERE relname = 'doctor'")
    for name, ((statement, values), most) in asked.items():
        for mode in MODES:
            _, pages = reads(await plan(database_url, statement, values, mode), "slot")
            assert 0 < pages <= most, ("when statistics know of one doctor", name, mode)
    await vacuum(owner, "doctor")


async def test_what_prevents_overlaps_is_ordered_by_time(owner: Any) -> None:
    """Ordered by doctor or patient, the index decays: after 9,000 bookings, each reads 75 of its pages instead of 6.

    It needs half a million slots to show, so this test looks at the definitions.
    """
    for name in ("slot_doctor_overlap", "visit_patient_overlap"):
        found = await owner.fetchval("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", name)
        assert found.startswith("EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&, "), name


async def test_planned_visits_are_counted_by_an_index_of_their_own(database_url: str, owner: Any) -> None:
    clinic, _ = await fill(owner, clinics=1)  # visits are made only there
    await owner.execute("VACUUM FULL visit")  # see `fill`
    people = [Patient(first_name="Jan", last_name="Kolejny", created_at=clock.now()) for _ in range(400)]
    await Patient.bulk_create(people)
    await database.fetch(_VISITS, [[person.id for person in people], clinic.id])
    await vacuum(owner, "visit")
    statement, values = await sent(lambda: booking_rules.find_limit_refusal(people[0], clinic))
    for mode in MODES:
        used, pages = reads(await plan(database_url, statement, values, mode), "visit")
        assert used == {"visit_planned"}, mode
        assert pages <= 10, mode


async def test_a_freed_slot_is_compared_with_the_waiting_list_without_planning_anew(stranger: Any) -> None:
    slot = await cast.slot()
    async with in_transaction():
        _, [(statement, values)] = await list_sent(Slot.queue_for_waiting_list(slot.id))
    prepared = await stranger.prepare(statement)
    for _ in range(6):  # PostgreSQL tries five plans with values, then compares their costs
        assert not await prepared.fetch(*values)
    plans = "SELECT generic_plans FROM pg_prepared_statements WHERE statement = $1"
    assert await stranger.fetchval(plans, statement) == 1


_VISITS = """
    WITH taken AS (
        SELECT slot.*, row_number() OVER (ORDER BY starts_at, id) AS n, gen_random_uuid() AS new_id
        FROM slot WHERE clinic_id = $2
    ), changed AS (
        UPDATE slot SET visit_id = new_id FROM taken WHERE slot.id = taken.id
    )
    INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at, ends_at,
        booked_at, changed_at, sequence)
    SELECT new_id, left(md5(n::text), 9), 'BOOKED', 'ONLINE', ($1::uuid[])[1 + n % cardinality($1::uuid[])], id,
        clinic_id, doctor_id, starts_at, ends_at, now(), now(), 0
    FROM taken
"""
