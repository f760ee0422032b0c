"""The database of a large centre, filled once, in the product's own tables; every constraint holds and is checked.

20 clinics, 200 doctors, 504,000 slots of 15 minutes in 90 days, 40 % of them booked by 50,000 patients.
An id is the prefix of its kind and a sequential number, so that scripts can refer to any row.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg

from benchmarks.bulk_load import indexed_afterwards
from infra import database, postgres
from models.admin import key_check

CLINICS, DOCTORS_PER_CLINIC, PATIENTS, DAYS, SLOTS_A_DAY = 20, 10, 50_000, 90, 28
KINDS = {"clinic": 1, "doctor": 2, "patient": 3, "account": 4, "session": 5, "slot": 8, "visit": 9}
LARGE = "patient", "account", "session", "slot", "visit", "visit_change", "event", "audit_entry"
FOLDER = Path(__file__).parent.parent / "var" / "bench"


def row_id(kind: str, number: int) -> UUID:
    return UUID(f"01900000-0000-7000-8{KINDS[kind]:03x}-{number:012x}")


def token(number: int) -> str:
    """The session token of the patient with this number."""
    return f"bench-{number}"


_ID = """
    CREATE OR REPLACE FUNCTION bench_id(kind INT, n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE AS $$
        SELECT ('01900000-0000-7000-8' || lpad(to_hex(kind), 3, '0') || '-' || lpad(to_hex(n), 12, '0'))::uuid $$
"""
_TIMES = """
    CREATE UNLOGGED TABLE bench_slot AS
    SELECT row_number() OVER (ORDER BY day, quarter, doctor) AS n, 1 + (doctor - 1) % {clinics} AS clinic, doctor,
        date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '33 hours'
            + day * interval '1 day' + quarter * interval '15 minutes' AS starts_at,
        hashtext(format('%s/%s/%s', day, quarter, doctor)) % 100 BETWEEN 0 AND 79 AS taken
    FROM generate_series(0, {days} - 1) AS day, generate_series(0, {slots} - 1) AS quarter,
        generate_series(1, {clinics} * {doctors}) AS doctor
"""
_PEOPLE = (
    """INSERT INTO clinic (id, name, search_name, description, address, phone, days_ahead, minimum_notice_minutes,
            cancel_until_minutes, planned_visits_per_patient)
        SELECT bench_id(1, n), 'Poradnia ' || n, 'poradnia ' || n, 'Porady i badania.', 'ul. Długa ' || n ||
            ', 00-238 Warszawa', '22 000 00 ' || lpad(n::text, 2, '0'), 120, 60, 0, 3
        FROM generate_series(1, {clinics}) AS n""",
    """INSERT INTO doctor (id, title, first_name, last_name, search_name, specialties)
        SELECT bench_id(2, n), 'lek.', 'Anna', 'Nowak ' || n, 'nowak ' || n || ' anna kardiolog', ARRAY['kardiolog']
        FROM generate_series(1, {clinics} * {doctors}) AS n""",
    """INSERT INTO doctor_clinic (doctor_id, clinic_id)
        SELECT DISTINCT bench_id(2, doctor), bench_id(1, clinic) FROM bench_slot""",
    """INSERT INTO patient (id, first_name, last_name, pesel_sealed, pesel_index, phone, sms_reminders, created_at,
            identity_confirmed_at, identity_seen, identity_confirmed_by)
        SELECT bench_id(3, n), 'Jan', 'Numer ' || n, sha256(n::text::bytea), encode(sha256(n::text::bytea), 'hex'),
            '+48' || (500000000 + n), false, now(), now(),
            'IDENTITY_CARD', bench_id(4, 0) FROM generate_series(1, {patients}) AS n""",
    """INSERT INTO account (id, email, email_key, role, language, password_hash, created_at, patient_id)
        SELECT bench_id(4, n), 'patient' || n || '@example.pl', 'patient' || n || '@example.pl', 'PATIENT', 'PL',
            'not a hash', now(), bench_id(3, n) FROM generate_series(1, {patients}) AS n""",
    """INSERT INTO session (id, token_hash, account_id, created_at, seen_at, expires_at)
        SELECT bench_id(5, n), encode(sha256(('bench-' || n)::bytea), 'hex'), bench_id(4, n), now(),
            now() + interval '30 days', now() + interval '60 days' FROM generate_series(1, {patients}) AS n""",
)
_SLOTS = (
    "ALTER TABLE slot DISABLE TRIGGER USER",
    """CREATE TEMPORARY TABLE taken AS
        SELECT n, 1 + (row_number() OVER (ORDER BY starts_at, n) - 1) % {patients} AS patient
        FROM bench_slot WHERE taken""",
    """INSERT INTO slot (id, clinic_id, doctor_id, starts_at, ends_at, visit_id)
        SELECT bench_id(8, n), bench_id(1, clinic), bench_id(2, doctor), starts_at, starts_at + interval '15 minutes',
            CASE WHEN taken THEN bench_id(9, n) END FROM bench_slot ORDER BY n""",
    """INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at, ends_at,
            booked_at, changed_at, sequence)
        SELECT bench_id(9, s.n), left(r, 4) || '-' || right(r, 4), 'BOOKED', 'ONLINE', bench_id(3, t.patient),
            bench_id(8, s.n), bench_id(1, clinic), bench_id(2, doctor), starts_at, starts_at + interval '15 minutes',
            now(), now(), 0
        FROM bench_slot s JOIN taken t USING (n),
            LATERAL (SELECT translate(upper(to_hex(s.n + 268435456)), '01', 'XY') AS r) AS made""",
    "ALTER TABLE slot ENABLE TRIGGER USER",
    """INSERT INTO visit_change (id, visit_id, at, kind, to_starts_at, by, channel)
        SELECT bench_id(10, n), bench_id(9, n), now(), 'BOOKED', starts_at, 'patient', 'ONLINE'
        FROM bench_slot WHERE taken""",
    """INSERT INTO event (id, position, occurred_at, clinic_id, happening, details)
        SELECT bench_id(12, n), row_number() OVER (ORDER BY n), now(), bench_id(1, clinic), 'VisitBooked',
            jsonb_build_object('visit_reference', 'AAAA-AAAA', 'slot_id', bench_id(8, n))
        FROM bench_slot WHERE taken""",
    "DELETE FROM event_log",
    "INSERT INTO event_log (last_position) SELECT coalesce(max(position), 0) FROM event",
    """INSERT INTO audit_entry (id, at, account_id, role, patient_id, action, subject_id, outcome, request_id)
        SELECT bench_id(13, n), now(), bench_id(4, patient), 'PATIENT', bench_id(3, patient), 'visit_booked',
            bench_id(9, n), 'done', 'bench' FROM taken""",
)
# The hand-written yardstick has tables of its own with the same number of rows, and the indexes that it needs.
_YARDSTICK = (
    "CREATE SCHEMA yardstick",
    """CREATE TABLE yardstick.slot AS SELECT id, clinic_id, doctor_id, starts_at, ends_at, visit_id FROM public.slot""",
    "ALTER TABLE yardstick.slot ADD PRIMARY KEY (id)",
    """CREATE INDEX ON yardstick.slot (clinic_id, starts_at, id) INCLUDE (ends_at, doctor_id) WHERE visit_id IS NULL""",
    "CREATE TABLE yardstick.visit (id UUID PRIMARY KEY, slot_id UUID UNIQUE, patient_id UUID, booked_at TIMESTAMPTZ)",
)


async def fill(url: str, days: int = DAYS) -> None:
    await database.migrate(url)
    await database.run_connected(url, key_check.verify)  # fails once there are patients with fake numbers
    connection = await asyncpg.connect(url)
    sizes = {
        "clinics": CLINICS,
        "doctors": DOCTORS_PER_CLINIC,
        "patients": PATIENTS,
        "days": days,
        "slots": SLOTS_A_DAY,
    }
    try:
        await connection.execute(
            "SET statement_timeout = 0; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'"
        )
        async with connection.transaction():
            async with indexed_afterwards(connection, LARGE):
                for statement in (_ID, _TIMES, *_PEOPLE, *_SLOTS):
                    await connection.execute(statement.format(**sizes))
            for statement in _YARDSTICK:
                await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _signature(days: int) -> str:
    """A hash of what fills the database: a new hash means a rebuild. New migrations are applied without a rebuild."""
    filled = (_ID, _TIMES, *_PEOPLE, *_SLOTS, *_YARDSTICK, days, CLINICS, DOCTORS_PER_CLINIC, PATIENTS, SLOTS_A_DAY)
    return hashlib.sha256(repr(filled).encode()).hexdigest()[:12]


@contextmanager
def provide(days: int = DAYS) -> Iterator[tuple[str, Path]]:
    """Yield the URL and the folder of the filled database; the first call fills it, which takes a few minutes."""
    folder = FOLDER / _signature(days)
    with postgres.run_server(folder) as url:
        done = folder / "filled"
        if not done.exists():
            print("Filling the database ...", flush=True)
            asyncio.run(fill(url, days))
            done.touch()
        else:
            asyncio.run(database.migrate(url))
        yield url, folder
