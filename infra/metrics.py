"""Metrics for operators: counted where events occur, read at /metrics."""

import time

from prometheus_client import Counter, Gauge, Histogram

from infra import database

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

OPERATIONS = Counter("e_rejestracja_operations", "GraphQL operations, by field and outcome.", ["operation", "outcome"])
OPERATION_SECONDS = Histogram(
    "e_rejestracja_operation_seconds", "Durations of operations.", ["operation"], buckets=BUCKETS
)
FAILURES = Counter(
    "e_rejestracja_failures", "Unexpected errors anywhere in an operation or while its answer is sent; all are logged."
)
TASK_SECONDS = Histogram("e_rejestracja_task_seconds", "Durations of tasks.", ["task", "outcome"], buckets=BUCKETS)
NUDGES_LOST = Counter("e_rejestracja_nudges_lost", "Tasks that did not reach the broker; the schedule repeats them.")
MESSAGES = Counter("e_rejestracja_messages", "Attempts to send a message.", ["medium", "state"])
LETTERS_DROPPED = Counter(
    "e_rejestracja_letters_dropped", "Letters not written: too many to one address that day.", ["kind"]
)
SUBSCRIBERS = Gauge("e_rejestracja_subscribers", "Open subscriptions.", multiprocess_mode="livesum")
POOL = Gauge(
    "e_rejestracja_pool_connections", "Database connections of all processes.", ["state"], multiprocess_mode="livesum"
)
OUTBOX = Gauge(
    "e_rejestracja_outbox_messages",
    "Messages due, being sent, or failed for good within the last day.",
    ["medium", "state"],
    multiprocess_mode="mostrecent",
)
OUTBOX_AGE = Gauge(
    "e_rejestracja_outbox_oldest_seconds",
    "How long the oldest unsent message has been due.",
    ["medium"],
    multiprocess_mode="mostrecent",
)
EVENTS_WAITING = Gauge(
    "e_rejestracja_events_without_position",
    "Committed events that have no position in the event log yet.",
    multiprocess_mode="mostrecent",
)
RELAY_LAG = Gauge(
    "e_rejestracja_relay_lag_seconds",
    "How long the oldest event without a position has waited for it.",
    multiprocess_mode="mostrecent",
)


_collected_at = 0.0


def collect_pool(*, every: float = 0) -> None:
    """Set the gauges of the pool, unless that was done within the last `every` seconds."""
    global _collected_at
    if every and time.monotonic() - _collected_at < every:
        return
    _collected_at = time.monotonic()
    used, idle, limit = database.measure_pool()
    for state, count in (("used", used), ("idle", idle), ("limit", limit)):
        POOL.labels(state).set(count)
