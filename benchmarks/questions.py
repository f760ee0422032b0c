"""The requests sent to both servers: the documents, the bodies, and a check that the answers agree."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson

from benchmarks.big_database import CLINICS, row_id, token
from benchmarks.servers import Server
from infra import clock
from schema.scalars import public_id

SEARCH = """query Free($filter: FreeSlotsFilter!, $first: Int!) { freeSlots(filter: $filter, first: $first) {
    nodes { id startsAt endsAt clinic { id name } doctor { id fullName } } } }"""
BOOK = """mutation Book($input: BookVisitInput!) { bookVisit(input: $input) {
    __typename ... on Visit { id startsAt reference } ... on Problem { message } } }"""
MOVE = """mutation Move($input: RescheduleVisitInput!) { rescheduleVisit(input: $input) {
    __typename ... on Visit { id startsAt } ... on Problem { message } } }"""
DAYS = """query Days($clinic: ID!, $from: Date!, $until: Date!) {
    freeDays(clinicId: $clinic, from: $from, until: $until) { date freeSlots } }"""

Body = tuple[str, bytes]


def _compact(document: str) -> str:
    return " ".join(document.split())


def graphql(document: str, variables: dict[str, Any]) -> bytes:
    return orjson.dumps({"query": _compact(document), "variables": variables})


def spans(count: int, seed: int, *, days: int = 14) -> Iterator[tuple[int, datetime, datetime]]:
    """Clinics, each with a random period, so that each question is asked only once."""
    chance = random.Random(seed)
    begin = clock.now().replace(second=0, microsecond=0) + timedelta(days=2)
    for _ in range(count):
        first = begin + timedelta(seconds=chance.randrange(30 * 86_400))
        yield chance.randint(1, CLINICS), first, first + timedelta(days=days)


def search(clinic: int, first: datetime, until: datetime, rows: int) -> bytes:
    place = public_id("Clinic", row_id("clinic", clinic))
    wanted = {"clinicId": place, "from": first.isoformat(), "until": until.isoformat()}
    return graphql(SEARCH, {"filter": wanted, "first": rows})


def plain_search(clinic: int, first: datetime, until: datetime, rows: int) -> bytes:
    place = str(row_id("clinic", clinic))
    return orjson.dumps({"clinic": place, "from": first.isoformat(), "until": until.isoformat(), "first": rows})


def check_search(ours: Server, theirs: Server, authorization: str, rows: int) -> None:
    """Check that both servers return the same slots, with the same doctors."""
    [span] = spans(1, 7)
    headers = {"authorization": authorization} if authorization else {}
    found = [
        httpx.post(ours.url + "/graphql", json=orjson.loads(search(*span, rows)), headers=headers).json(),
        httpx.post(theirs.url + "/free", json=orjson.loads(plain_search(*span, rows))).json(),
    ]
    answers = [
        [(node["startsAt"], node["endsAt"], node["clinic"]["name"]) for node in answer["data"]["freeSlots"]["nodes"]]
        for answer in found
    ]
    if answers[0] != answers[1] or len(answers[0]) != rows:
        raise AssertionError("The servers do not return the same slots.")


def check_answered(server: Server, path: str, body: Body) -> None:
    """Check that the server does not refuse the request: refusals are quicker, and may have status 200."""
    headers = {"content-type": "application/json"} | ({"authorization": body[0]} if body[0] else {})
    answer = httpx.post(server.url + path, content=body[1], headers=headers).json()
    if "errors" in answer:
        raise AssertionError(f"The server refuses: {answer['errors']}.")


_PAIRS = """
    WITH free AS (
        SELECT slot.id, slot.clinic_id, slot.starts_at, slot.ends_at, 1 + (random() * {patients})::int AS n
        FROM slot JOIN yardstick.slot AS theirs ON theirs.id = slot.id AND theirs.visit_id IS NULL
        WHERE slot.visit_id IS NULL AND slot.held_until IS NULL
            AND slot.starts_at BETWEEN now() + interval '50 days' AND now() + interval '80 days'
        ORDER BY random() LIMIT {candidates}
    ), once AS (SELECT DISTINCT ON (n) * FROM free)
    SELECT once.id, once.n, once.clinic_id, once.starts_at FROM once JOIN session ON session.id = bench_id(5, once.n)
    WHERE NOT EXISTS (SELECT FROM visit WHERE patient_id = bench_id(3, once.n) AND status <> 'CANCELLED'
        AND starts_at < once.ends_at AND ends_at > once.starts_at)
    AND (SELECT count(*) FROM visit WHERE patient_id = bench_id(3, once.n) AND clinic_id = once.clinic_id) < 3
    ORDER BY random()
"""


async def bookable_pairs(url: str, count: int, patients: int = 49_000) -> list[tuple[UUID, int]]:
    """Pairs of a free slot and a patient who can book it; none occurs twice."""
    return [(slot, patient) for slot, patient, _, _ in await bookable_slots(url, count, patients)]


async def bookable_slots(url: str, count: int, patients: int = 49_000) -> list[tuple[UUID, int, int, datetime]]:
    """Like `bookable_pairs`, with the number of the clinic and the time of the slot."""
    rows = await _fetch(url, _PAIRS.format(patients=patients, candidates=2 * count))
    return [(row["id"], row["n"], row["clinic_id"].int & 0xFFFF, row["starts_at"]) for row in rows[:count]]


async def _fetch(url: str, sql: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql, *values))
    finally:
        await connection.close()


# Each patient's first visit, and a free slot of the same clinic that overlaps none of their visits.
_MOVES = """
    WITH planned AS (
        SELECT DISTINCT ON (visit.patient_id) visit.id, visit.patient_id, visit.clinic_id,
            row_number() OVER (PARTITION BY visit.clinic_id ORDER BY visit.id) AS place
        FROM visit WHERE status = 'BOOKED' AND starts_at > now() + interval '10 days'
    ), free AS (
        SELECT slot.id, slot.clinic_id, slot.starts_at, slot.ends_at,
            row_number() OVER (PARTITION BY slot.clinic_id ORDER BY slot.id) AS place
        FROM slot WHERE visit_id IS NULL AND held_until IS NULL AND withdrawn_at IS NULL
            AND starts_at BETWEEN now() + interval '20 days' AND now() + interval '80 days'
    )
    SELECT planned.id AS visit_id, free.id AS slot_id, patient_id
    FROM planned JOIN free USING (clinic_id, place)
    WHERE NOT EXISTS (SELECT FROM visit WHERE visit.patient_id = planned.patient_id AND visit.status <> 'CANCELLED'
        AND visit.starts_at < free.ends_at AND visit.ends_at > free.starts_at)
    LIMIT $1
"""


async def possible_moves(url: str, count: int) -> list[tuple[UUID, UUID, int]]:
    """Visits, slots that they can move to, and the numbers of their patients."""
    rows = await _fetch(url, _MOVES, count)
    return [(row["visit_id"], row["slot_id"], row["patient_id"].int & 0xFFFFFFFF) for row in rows]


def moving(visit_id: UUID, slot_id: UUID, patient: int) -> Body:
    wanted = {"visitId": public_id("Visit", visit_id), "slotId": public_id("Slot", slot_id)}
    return f"Bearer {token(patient)}", graphql(MOVE, {"input": wanted})


def plain_moving(old_slot: UUID, slot: UUID) -> Body:
    return "", orjson.dumps({"from": str(old_slot), "slot": str(slot)})


_FREE_FOR_YARDSTICK = """
    SELECT id FROM yardstick.slot WHERE visit_id IS NULL AND starts_at < now() + interval '50 days'
    ORDER BY random() LIMIT $1
"""


async def yardstick_slots(url: str, count: int) -> list[UUID]:
    """Slots for the yardstick to book. It needs as many as there are bookings, because refusals would be quicker."""
    return [row["id"] for row in await _fetch(url, _FREE_FOR_YARDSTICK, count)]


def booking(slot_id: UUID, patient: int) -> Body:
    body = graphql(BOOK, {"input": {"slotId": public_id("Slot", slot_id)}})
    return f"Bearer {token(patient)}", body


def check_booking(ours: Server, theirs: Server, slot_id: UUID, patient: int) -> None:
    """Check that both servers book: a refusal would be quicker."""
    authorization, body = booking(slot_id, patient)
    answers = [
        httpx.post(ours.url + "/graphql", json=orjson.loads(body), headers={"authorization": authorization}).json(),
        httpx.post(theirs.url + "/book", json=orjson.loads(plain_booking(slot_id, patient)[1])).json(),
    ]
    if not all("startsAt" in answer["data"]["bookVisit"] for answer in answers):
        raise AssertionError(f"The servers do not book: {answers}.")


def plain_booking(slot_id: UUID, patient: int) -> Body:
    return "", orjson.dumps({"slot": str(slot_id), "patient": str(row_id("patient", patient))})
