"""Measures searches for free slots and bookings over real HTTP on this machine: `python benchmarks/journeys.py`."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from infra import clock, database
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.accounts.session import Session
from models.slots.slot import Slot
from schema.scalars import public_id
from tests.support.service import run_service

SEARCH = """query($clinic: ID!) { freeSlots(filter: {clinicId: $clinic}, first: 50) {
    nodes { id startsAt endsAt clinic { name } doctor { fullName } } } }"""
BOOK = """mutation($slot: ID!) { bookVisit(input: {slotId: $slot}) {
    ... on Visit { reference } ... on Problem { message } } }"""
SEARCHES, BOOKINGS, AT_ONCE = 1000, 500, 20
UNHURRIED = {"RATE_PER_ADDRESS": "1000000/minute", "RATE_PER_ACCOUNT": "1000000/minute", "DATABASE_POOL": "20"}


async def patients(count: int) -> list[str]:
    tokens = []
    for number in range(count):
        patient = await Patient.create(first_name="Test", last_name=f"Nr{number}", created_at=clock.now())
        account = await Account.create(role=Role.PATIENT, patient=patient, created_at=clock.now())
        tokens.append((await Session.open_for(account))[1])
    return tokens


async def timed(name: str, jobs: list[tuple[str, dict[str, str], str]], url: str) -> None:
    gate, times, outcomes = asyncio.Semaphore(AT_ONCE), [], []
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=AT_ONCE)) as http:

        async def one(query: str, variables: dict[str, str], token: str) -> None:
            async with gate:
                began = time.perf_counter()
                headers = {"authorization": f"Bearer {token}"} if token else {}
                answer = await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
                times.append(time.perf_counter() - began)
                outcomes.append("errors" not in answer.json() and "message" not in answer.text)

        began = time.perf_counter()
        await asyncio.gather(*(one(*job) for job in jobs))
        whole = time.perf_counter() - began
    ordered = sorted(times)
    print(
        f"{name}: {len(jobs) / whole:.0f}/s with {AT_ONCE} at once; median {statistics.median(times) * 1000:.0f} ms,"
        f" 95 % within {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms; {sum(outcomes)} of {len(jobs)} as expected"
    )


async def measure(url: str, database_url: str) -> None:
    await database.connect(database_url)
    clinic = (await Slot.all().first()).clinic_id  # type: ignore[union-attr]  # the demo has slots
    tokens = await patients(BOOKINGS)
    far = await Slot.filter(visit_id=None, starts_at__gt=clock.now()).order_by("-starts_at").limit(BOOKINGS)
    await database.disconnect()
    search = (SEARCH, {"clinic": public_id("Clinic", clinic)}, "")
    await timed("free slots, 50 with clinic and doctor", [search] * SEARCHES, url)
    bookings = [(BOOK, {"slot": public_id("Slot", slot.id)}, token) for slot, token in zip(far, tokens, strict=True)]
    await timed("bookings, each by a different patient", bookings, url)


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        run_service(Path(folder), LOG_FORMAT="json", **UNHURRIED) as service,
    ):
        socket_dir = Path(folder) / "postgres" / "data"
        asyncio.run(measure(service.url, f"postgres://postgres@/postgres?host={socket_dir}&port=5432"))
