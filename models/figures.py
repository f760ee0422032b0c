"""Figures: what an operator watches; counted where things happen, read at /metrics."""

from prometheus_client import Counter, Gauge, Histogram

from models import clock, database

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

OPERATIONS = Counter("e_rejestracja_operations", "GraphQL operations, by field and outcome.", ["operation", "outcome"])
OPERATION_SECONDS = Histogram("e_rejestracja_operation_seconds", "How long they took.", ["operation"], buckets=SECONDS)
TASK_SECONDS = Histogram("e_rejestracja_task_seconds", "How long tasks took.", ["task", "outcome"], buckets=SECONDS)
NUDGES_LOST = Counter("e_rejestracja_nudges_lost", "Tasks that the broker did not take; the schedule repeats them.")
MESSAGES = Counter("e_rejestracja_messages", "Tries to send a message.", ["medium", "state"])
SUBSCRIBERS = Gauge("e_rejestracja_subscribers", "Open subscriptions.", multiprocess_mode="livesum")
POOL = Gauge("e_rejestracja_pool_connections", "Connections to the database.", ["state"], multiprocess_mode="livesum")
OUTBOX = Gauge(
    "e_rejestracja_outbox_messages", "Messages due, being sent, or failed for good within a day.",
    ["medium", "state"], multiprocess_mode="mostrecent",
)  # fmt: skip
OUTBOX_AGE = Gauge(
    "e_rejestracja_outbox_oldest_seconds", "How long the oldest unsent message has been due.",
    ["medium"], multiprocess_mode="mostrecent",
)  # fmt: skip
EVENTS_WAITING = Gauge(
    "e_rejestracja_events_without_position", "Committed events that the relay has not placed yet.",
    multiprocess_mode="mostrecent",
)  # fmt: skip
RELAY_LAG = Gauge(
    "e_rejestracja_relay_lag_seconds", "How long the oldest of them has waited.", multiprocess_mode="mostrecent"
)

_OUTBOX = """
    SELECT medium, state, count(*) AS count, extract(epoch FROM $1 - min(created_at))::float AS age
    FROM message WHERE state IN ('due', 'sending') AND due_at <= $1 GROUP BY medium, state
    UNION ALL
    SELECT medium, state, count(*), 0 FROM message
    WHERE state = 'failed' AND created_at > $1 - interval '1 day' GROUP BY medium, state
"""
_EVENTS = """
    SELECT count(*) AS count, extract(epoch FROM $1 - min(occurred_at))::float AS age FROM event WHERE position IS NULL
"""


async def look() -> None:
    """Read from the database what only the database knows."""
    now = clock.now()
    outbox = {(row["medium"], row["state"]): row for row in await database.rows(_OUTBOX, [now])}
    for medium in ("email", "sms"):
        for state in ("due", "sending", "failed"):
            OUTBOX.labels(medium, state).set(outbox.get((medium, state), {"count": 0})["count"])
        OUTBOX_AGE.labels(medium).set(max([row["age"] for (kind, _), row in outbox.items() if kind == medium] or [0]))
    [events] = await database.rows(_EVENTS, [now])
    EVENTS_WAITING.set(events["count"])
    RELAY_LAG.set(events["age"] or 0)


def look_at_pool() -> None:
    used, idle, limit = database.pool_use()
    for state, count in (("used", used), ("idle", idle), ("limit", limit)):
        POOL.labels(state).set(count)
