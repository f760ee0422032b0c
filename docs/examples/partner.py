"""Stores every event of your clinics in events.db. Stopped or killed and restarted, it misses and repeats nothing.

pip install "gql[websockets]"
PARTNER_KEY=erp_... python partner.py wss://rejestracja.example/graphql
"""

import asyncio
import json
import os
import random
import sqlite3
import sys
from typing import Any

from gql import Client, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

EVENTS = """
subscription ($after: String) {
  events(after: $after) {
    __typename cursor id occurredAt clinicId
    ... on SlotsPublished { doctorId slots { id startsAt isFree } }
    ... on SlotsWithdrawn { doctorId slots { id } }
    ... on VisitBooked { visitReference slot { id startsAt } }
    ... on VisitRescheduled { visitReference fromSlot { id startsAt } toSlot { id startsAt } }
    ... on VisitCancelled { visitReference slot { id startsAt } }
  }
}"""

store = sqlite3.connect("events.db")
store.execute("CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY, id TEXT UNIQUE, event TEXT)")
store.execute("CREATE TABLE IF NOT EXISTS progress (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), cursor TEXT)")


def cursor() -> str | None:
    found = store.execute("SELECT cursor FROM progress").fetchone()
    return found[0] if found else None


def save(new_cursor: str, event: dict[str, Any] | None = None) -> None:
    """Save the event and the cursor in ONE transaction, so each event is stored exactly once."""
    with store:
        if event:
            store.execute("INSERT INTO event (id, event) VALUES (?, ?)", (event["id"], json.dumps(event)))
        store.execute("INSERT OR REPLACE INTO progress VALUES (1, ?)", (new_cursor,))


async def start_over(session: Any) -> None:
    """Events after our cursor have been deleted: take the latest cursor first, then load your data, then follow."""
    latest = await session.execute(gql("{ latestEventCursor }"))
    # ... here: load freeSlots of your clinics, and replace what you have ...
    save(latest["latestEventCursor"])
    print("started over", flush=True)


async def follow(session: Any) -> None:
    query = gql(EVENTS)
    query.variable_values = {"after": cursor()}
    async for result in session.subscribe(query):
        event = result["events"]
        save(event["cursor"], event)
        print(event["__typename"], event["occurredAt"], flush=True)


async def follow_once(url: str, key: str) -> float:
    """Follow until the subscription ends; return how many seconds to wait before the next attempt."""
    transport = WebsocketsTransport(url, init_payload={"authorization": f"Bearer {key}"})
    try:
        async with Client(transport=transport) as session:
            try:
                await follow(session)
            except TransportQueryError as refused:
                return await after_refusal(refused.errors[0], session)
    except (TransportError, ConnectionClosed, OSError) as problem:
        check_key(problem)
    return 1


async def after_refusal(error: dict[str, Any], session: Any) -> float:
    code = error.get("extensions", {}).get("code")
    if code == "CURSOR_EXPIRED":
        await start_over(session)
        return 0
    if code in ("UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"):
        sys.exit(f"{code}: {error['message']}")  # a retry would not help
    return float(error["extensions"].get("retryAfterSeconds", 5))


def check_key(problem: BaseException) -> None:
    """4401 and 4403 mean that the key is no longer valid; after anything else, reconnect."""
    closed = problem if isinstance(problem, ConnectionClosed) else problem.__cause__
    code = closed.rcvd.code if isinstance(closed, ConnectionClosed) and closed.rcvd else None
    if code in (4401, 4403):
        sys.exit(f"{code}: this key is no longer valid.")


async def main() -> None:
    while True:
        seconds = await follow_once(sys.argv[1], os.environ["PARTNER_KEY"])
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # so that partners do not all reconnect at once


if __name__ == "__main__":
    asyncio.run(main())
