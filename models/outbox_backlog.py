"""Backlog: how many messages wait to be sent, and for how long."""

from typing import NamedTuple

from infra import clock, database
from models.outbox import Medium, MessageState

_MEASURE = """
    SELECT medium, state, count(*) AS count, extract(epoch FROM $1 - min(created_at))::float AS age
    FROM message WHERE state IN ('due', 'sending') AND (due_at <= $1 OR tries > 0) GROUP BY medium, state
    UNION ALL
    SELECT medium, state, count(*), 0 FROM message
    WHERE state = 'failed' AND created_at > $1 - interval '1 day' GROUP BY medium, state
"""


STATES = (MessageState.DUE, MessageState.SENDING, MessageState.FAILED)


class Backlog(NamedTuple):
    """The number of messages in one state, and for how many seconds the oldest unsent one has waited."""

    messages: int = 0
    age: float = 0.0


async def measure() -> dict[tuple[Medium, MessageState], Backlog]:
    """Messages that are due, being sent, or failed within a day."""
    rows = await database.fetch(_MEASURE, [clock.now()])
    return {(Medium(row["medium"]), MessageState(row["state"])): Backlog(row["count"], row["age"]) for row in rows}
