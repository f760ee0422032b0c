"""Upgrading: a centre's database of the last release is migrated to the current schema, and no data are lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from infra import crypto, database
from tests.cast import ANNA_PESEL
from tests.support.fork_server import ROOT, Forked
from tests.support.waiting import eventually, patience

MIGRATIONS = {path.stem for path in (ROOT / "models/migrations").glob("[0-9]*.py")}
LAST_RELEASE = "models.0011_two_factor"
MIGRATE_TO = """
import asyncio, sys
from infra import crypto, database
from tests.cast import ANNA_PESEL
from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate

async def run() -> None:
    await migrate(config=database.config(sys.argv[1], limits={}), target=sys.argv[2])
    await Tortoise.close_connections()

asyncio.run(run())
"""
SEALED = crypto.encrypt(ANNA_PESEL, "pesel").hex()
ID = "'01900000-0000-7000-8000-00000000000{}'"
FILL = f"""
    INSERT INTO clinic (id, name, search_name, description, address, phone, days_ahead, minimum_notice_minutes,
        cancel_until_minutes, planned_visits_per_patient)
        VALUES ({ID.format(1)}, 'Kardiologia', 'kardiologia', '', 'ul. Długa 12', '22 000 00 00', 90, 60, 0, 3);
    INSERT INTO doctor (id, title, first_name, last_name, search_name, specialties)
        VALUES ({ID.format(2)}, 'lek.', 'Anna', 'Nowak', 'nowak anna', ARRAY['kardiolog']);
    INSERT INTO patient (id, first_name, last_name, pesel_sealed, pesel_index, phone, sms_reminders, created_at)
        VALUES ({ID.format(3)}, 'Jan', 'Kowalski-Wójcik', '\\x{SEALED}', 'index', '+48501234567', true, now()),
               ({ID.format(4)}, 'Ewa', 'Bez Konta', NULL, NULL, NULL, false, now());
    INSERT INTO account (id, email, email_key, role, language, created_at, patient_id, one_time_hash,
        one_time_expires_at)
        VALUES ({ID.format(5)}, 'jan@straße.example', 'jan@strasse.example', 'PATIENT', 'PL', now(), {ID.format(3)},
                'sent', now() + interval '1 day');
    INSERT INTO throttle (key, kind, failures, failed_at) VALUES ('x', 'login', 3, now());
    BEGIN;
    INSERT INTO slot (id, clinic_id, doctor_id, starts_at, ends_at, visit_id)
        VALUES ({ID.format(6)}, {ID.format(1)}, {ID.format(2)}, date_trunc('hour', now()) + interval '5 days',
                date_trunc('hour', now()) + interval '5 days 15 minutes', {ID.format(7)});
    INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at, ends_at,
        booked_at, changed_at, sequence)
        SELECT {ID.format(7)}, 'K7MP-3TQX', 'BOOKED', 'ONLINE', {ID.format(3)}, id, clinic_id, doctor_id, starts_at,
            ends_at, now(), now(), 0 FROM slot;
    COMMIT;
"""


async def migrate_to_last_release(url: str, program: Path) -> None:
    program.write_text(MIGRATE_TO)
    migrating = Forked([str(program), url, LAST_RELEASE], {**os.environ, "DATABASE_URL": url})
    assert await asyncio.to_thread(migrating.wait, patience()) == 0


@pytest.fixture
async def empty_database(postgres_url: str, owner: Any) -> AsyncIterator[str]:
    """The URL of a second, empty database besides the tests' own."""
    parts = urlsplit(postgres_url)
    await owner.execute("CREATE DATABASE upgrade TEMPLATE template0")
    try:
        yield urlunsplit(parts._replace(path="/upgrade"))
    finally:
        await owner.execute("DROP DATABASE upgrade WITH (FORCE)")


async def test_two_hosts_at_once_bring_a_filled_database_of_the_last_release_up_to_date(
    empty_database: str, tmp_path: Path
) -> None:
    assert await database.find_missing_migrations(empty_database) == MIGRATIONS
    await migrate_to_last_release(empty_database, tmp_path / "migrate_to.py")
    centre = await asyncpg.connect(empty_database)
    try:
        await centre.execute(FILL)
        await migrate_from_two_hosts(empty_database, centre)
        await nothing_is_lost(centre)
    finally:
        await centre.close()


async def migrate_from_two_hosts(url: str, centre: asyncpg.Connection) -> None:
    """One of them migrates; the other waits, and finds nothing left to do."""
    third = await asyncpg.connect(url)
    await third.execute("SELECT pg_advisory_lock($1)", database.MIGRATION_LOCK)
    environment = {**os.environ, "DATABASE_URL": url, "DEMO": "0"}
    hosts = [Forked(["server.py", "migrate"], environment) for _ in range(2)]

    async def both_wait() -> bool:
        assert [host.poll() for host in hosts] == [None, None]
        return bool(await centre.fetchval(WAITING) == 2)

    await eventually(both_wait)
    assert await database.find_missing_migrations(url)
    await third.close()  # as if the host with the lock had finished or died
    assert await asyncio.gather(*(asyncio.to_thread(host.wait, patience()) for host in hosts)) == [0, 0]
    applied = await centre.fetch("SELECT name FROM tortoise_migrations ORDER BY name")
    assert [row["name"] for row in applied] == sorted(MIGRATIONS)


WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
"""


async def nothing_is_lost(centre: asyncpg.Connection) -> None:
    people = await centre.fetch("SELECT last_name, is_claim FROM patient ORDER BY id")
    assert [tuple(person) for person in people] == [("Kowalski-Wójcik", True), ("Bez Konta", False)]
    [visit] = await centre.fetch(
        "SELECT visit.status, slot.visit_id = visit.id AS is_linked FROM visit JOIN slot ON true"
    )
    assert tuple(visit) == ("BOOKED", True)
    words = await centre.fetchval("SELECT count(*) FROM patient_word WHERE word IN ('kowalski', 'wojcik')")
    assert words == 2  # existing patients are found by both halves of their double-barrelled names
    # an old process that is still running writes rows without the new columns
    await centre.execute(
        "INSERT INTO patient (id, first_name, last_name, sms_reminders, created_at)"
        f" VALUES ({ID.format(8)}, 'Adam', 'Stary', false, now())"
    )
    assert not await centre.fetchval("SELECT is_claim FROM patient WHERE last_name = 'Stary'")
    await centre.execute("UPDATE account SET one_time_hash = 'newer', one_time_expires_at = now()")
    letters = await centre.fetch("SELECT hash, used_at FROM one_time_password ORDER BY hash")
    assert [tuple(letter) for letter in letters] == [("newer", None), ("sent", None)]
    assert await centre.fetchval("SELECT one_time_hash FROM account") is None
