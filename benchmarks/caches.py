"""Measures the cost of new, known and hostile documents before execution: `python benchmarks/caches.py`.

No network is involved: each run counts against the rate limit in PostgreSQL, then parses, validates and computes the
cost.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import settings
from infra import database, postgres
from resolvers import schema
from schema.context import Context
from tests.web.endpoint.test_limits import doubling

QUERY = "query Q{n} {{ serviceHours {{ isOpen opensAt closesAt timeZone now nextOpening nextClosing }} }}"
TIMES, MILLISECONDS = 200, 50


async def took(query: str) -> float:
    began = time.perf_counter()
    await schema.execute(query, context_value=Context(address="203.0.113.7"))
    return (time.perf_counter() - began) * 1000


async def measure() -> bool:
    await took(QUERY.format(n="x"))
    first = [await took(QUERY.format(n=n)) for n in range(TIMES)]
    known = [await took(QUERY.format(n=TIMES - 1)) for n in range(TIMES)]
    print(f"a new document: median {statistics.median(first):.2f} ms; known: {statistics.median(known):.2f} ms")
    worst = 0.0
    for nested in (False, True):
        chain = [await took(doubling(20, nested=nested) + f" # {n}") for n in range(20)]
        print(f"20 doubling fragments{', nested' if nested else ''}: median {statistics.median(chain):.1f} ms")
        worst = max(worst, statistics.median(chain))
    again = await took("{ clinics { nodes { " + "id " * 900 + "} } }")
    print(f"900 fields of one name: {again:.1f} ms")
    deep = await took("{a" * 60 + "}" * 60)
    print(f"60 levels deep: {deep:.1f} ms")
    return statistics.median(known) < statistics.median(first) and max(worst, deep, again) < MILLISECONDS


async def main(url: str) -> bool:
    settings.RATE_PER_ADDRESS = "1000000/minute"
    await database.migrate(url)
    return await database.run_connected(url, measure)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, postgres.run_server(Path(folder) / "postgres") as url:
        sys.exit(0 if asyncio.run(main(url)) else "Slower than promised.")
