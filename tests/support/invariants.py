"""The database's invariants, which must hold at any moment, checked in SQL."""

from infra import database

_BROKEN = """
    SELECT 'a live visit is not on the slot that points to it' AS promise, visit.id FROM visit
        LEFT JOIN slot ON slot.id = visit.slot_id AND slot.visit_id = visit.id
        WHERE visit.status <> 'CANCELLED' AND slot.id IS NULL
    UNION ALL SELECT 'a slot points to a visit that is not on it', slot.id FROM slot
        LEFT JOIN visit ON visit.id = slot.visit_id AND visit.slot_id = slot.id AND visit.status <> 'CANCELLED'
        WHERE slot.visit_id IS NOT NULL AND visit.id IS NULL
    UNION ALL SELECT 'two live visits are on one slot', slot_id FROM visit
        WHERE status <> 'CANCELLED' GROUP BY slot_id HAVING count(*) > 1
    UNION ALL SELECT 'a visit is not as its slot', visit.id FROM visit JOIN slot ON slot.id = visit.slot_id
        WHERE (visit.starts_at, visit.ends_at, visit.clinic_id, visit.doctor_id)
            <> (slot.starts_at, slot.ends_at, slot.clinic_id, slot.doctor_id)
    UNION ALL SELECT 'a patient is in two places', id FROM (
        SELECT id, starts_at, max(ends_at) OVER (PARTITION BY patient_id ORDER BY starts_at, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM visit WHERE status NOT IN ('CANCELLED', 'NO_SHOW')) AS visit WHERE starts_at < until
    UNION ALL SELECT 'a doctor is in two places', id FROM (
        SELECT id, starts_at, max(ends_at) OVER (PARTITION BY doctor_id ORDER BY starts_at, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
        FROM slot WHERE withdrawn_at IS NULL) AS slot WHERE starts_at < until
    UNION ALL SELECT 'a withdrawn slot has a visit', id FROM slot
        WHERE withdrawn_at IS NOT NULL AND visit_id IS NOT NULL
    UNION ALL SELECT 'a patient has two holds', held_by_id FROM slot
        WHERE held_by_id IS NOT NULL AND NOT is_offer GROUP BY held_by_id HAVING count(*) > 1
"""

_TOLD = """
    SELECT visit.reference, visit.sequence + 1 AS happened,
        (SELECT count(*) FROM visit_change WHERE visit_id = visit.id) AS history,
        (SELECT count(*) FROM message WHERE visit_id = visit.id) AS letters,
        (SELECT count(*) FROM event WHERE details->>'visit_reference' = visit.reference) AS events,
        (SELECT count(*) FROM audit_entry WHERE subject_id = visit.id) AS audit
    FROM visit
"""

COUNTED = ("visit", "visit_change", "message", "event", "audit_entry")


async def check_invariants() -> None:
    assert await database.fetch(_BROKEN) == []


async def check_each_change_is_recorded_once() -> None:
    """Every booking, move and cancellation has one history line, one letter, one event and one audit entry."""
    for visit in await database.fetch(_TOLD):
        happened = visit["happened"]
        assert {name: visit[name] for name in ("history", "letters", "events", "audit")} == dict.fromkeys(
            ("history", "letters", "events", "audit"), happened
        ), visit["reference"]


async def count_rows() -> dict[str, int]:
    """The number of rows in each table that a change writes to."""
    found = await database.fetch(
        "SELECT " + ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in COUNTED)
    )
    return dict(found[0])
