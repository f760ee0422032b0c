"""Measures a process that sends due letters: `python -m benchmarks.letters` prints the time and resources it took."""

import asyncio
import json
import sys
import time

import asyncpg

import settings
from infra import database
from tasks import letters

# Write letters as a booking does; first postpone the letters that other benchmarks have left.
_WRITE = (
    "UPDATE message SET due_at = now() + interval '1 year' WHERE state = 'due'",
    """INSERT INTO message (id, kind, medium, state, "to", language, account_id, visit_id, details, request_id,
            created_at, due_at, tries)
        SELECT gen_random_uuid(), 'visit_booked', 'email', 'due', account.email, account.language, account.id,
            visit.id, jsonb_build_object('visit', jsonb_build_object('uid', visit.id || '@e-rejestracja',
                'reference', visit.reference, 'starts_at', visit.starts_at, 'ends_at', visit.ends_at,
                'changed_at', visit.changed_at, 'address', clinic.address, 'phone', clinic.phone,
                'sequence', visit.sequence, 'cancelled', false)), 'benchmark', now(), now(), 0
        FROM visit JOIN account ON account.patient_id = visit.patient_id JOIN clinic ON clinic.id = visit.clinic_id
        WHERE visit.status = 'BOOKED' AND visit.starts_at > now() + interval '10 days'
        ORDER BY visit.id LIMIT {count}""",
)


async def write_due(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in _WRITE:
            await connection.execute(statement.format(count=count))
    finally:
        await connection.close()


async def send() -> None:
    await database.connect(settings.DATABASE_URL)
    try:
        await letters.send_letters()  # the first letters compile templates and query plans
        await write_due(settings.DATABASE_URL, int(sys.argv[1]))
        began, cpu = time.perf_counter(), time.process_time()
        await letters.send_letters()
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        [[unsent]] = await database.fetch_rows("SELECT count(*) FROM message WHERE state = 'due' AND due_at < now()")
    finally:
        await database.disconnect()
    if unsent:
        raise AssertionError(f"{unsent} letters are not sent.")
    sys.stdout.write(json.dumps(took | {"letters": int(sys.argv[1])}) + "\n")


if __name__ == "__main__":
    asyncio.run(send())
