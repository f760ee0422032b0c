"""Measures searches for free slots during 100 log-ins at once: `python benchmarks/signing_in.py`."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from infra import database
from models.admin.demo_data import LOGINS, PASSWORD
from models.slots.slot import Slot
from schema.scalars import public_id
from tests.support.service import run_service

SEARCH = "query($clinic: ID!) { freeSlots(filter: {clinicId: $clinic}, first: 10) { nodes { id startsAt } } }"
LOG_IN = "mutation($i: LogInInput!) { logIn(input: $i) { __typename } }"
AT_ONCE, SEARCHES = 100, 100
UNHURRIED = {"RATE_PER_ADDRESS": "1000000/minute", "RATE_OF_SIGN_IN": "1000000/minute", "TRUSTED_PROXIES": "127.0.0.1"}


def report(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    slow = ordered[int(len(ordered) * 0.95)] * 1000
    print(f"{name}: {len(times)} searches; median {statistics.median(times) * 1000:.0f} ms, 95 % within {slow:.0f} ms")


async def measure(url: str, database_url: str) -> None:
    await database.connect(database_url)
    slot = await Slot.all().first()
    await database.disconnect()
    assert slot
    limits = httpx.Limits(max_connections=AT_ONCE + 5)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as http:

        async def ask(query: str, variables: dict[str, object], address: str = "10.0.0.1") -> float:
            began = time.perf_counter()
            body = {"query": query, "variables": variables}
            answer = await http.post("/graphql", json=body, headers={"x-forwarded-for": address})
            assert "errors" not in answer.json(), answer.text
            return time.perf_counter() - began

        async def search() -> float:
            return await ask(SEARCH, {"clinic": public_id("Clinic", slot.clinic_id)})

        async def log_in(n: int) -> float:
            login = LOGINS[0] if n % 2 else f"nobody{n}@example.pl"
            return await ask(LOG_IN, {"i": {"login": login, "password": PASSWORD}}, f"10.0.1.{n}")

        for _ in range(20):
            await search()
        report("before", [await search() for _ in range(SEARCHES)])
        began = time.perf_counter()
        crowd = [asyncio.create_task(log_in(n)) for n in range(AT_ONCE)]
        during = []
        while not all(one.done() for one in crowd):
            during.append(await search())
        took = time.perf_counter() - began
        report(f"during {AT_ONCE} log-ins at once ({took:.1f} s)", during)
        waits = await asyncio.gather(*crowd)
        print(f"log-ins: median {statistics.median(waits):.1f} s, the last {max(waits):.1f} s")


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        run_service(Path(folder), LOG_FORMAT="json", **UNHURRIED) as service,
    ):
        socket_dir = Path(folder) / "postgres" / "data"
        asyncio.run(measure(service.url, f"postgres://postgres@/postgres?host={socket_dir}&port=5432"))
