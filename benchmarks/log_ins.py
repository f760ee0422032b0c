"""Measures, from one client, searches for free slots before and during a hundred simultaneous log-ins."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import orjson

from benchmarks.line import Line, lines

LOG_IN = "mutation($i: LogInInput!) { logIn(input: $i) { __typename } }"
AT_ONCE, SEARCHES = 100, 200


def percentile(times: Sequence[float], share: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * share // 100)]


async def measure(url: str, search: bytes) -> tuple[list[float], list[float], list[float | None]]:
    """The times in seconds of searches before the log-ins, of searches during them, and of the log-ins themselves.

    None stands for a log-in that was refused at once. The logins belong to nobody, and take as long as real ones.
    """
    async with lines(url, AT_ONCE + 1) as [mine, *others]:

        async def ask(line: Line, body: bytes, address: str) -> tuple[float, bytes]:
            began = time.perf_counter()
            answer = await line.post("/graphql", body, {"x-forwarded-for": address})
            return time.perf_counter() - began, answer

        async def read() -> float:
            took, answer = await ask(mine, search, "10.0.0.1")
            assert b"startsAt" in answer, answer
            return took

        async def log_in(n: int, line: Line) -> float | None:
            login = {"login": f"{uuid4().hex}@example.pl", "password": "correct horse battery"}
            took, answer = await ask(line, orjson.dumps({"query": LOG_IN, "variables": {"i": login}}), f"10.0.1.{n}")
            return took if b"WrongCredentials" in answer else None

        for _ in range(50):
            await read()
        before = [await read() for _ in range(SEARCHES)]
        crowd = [asyncio.create_task(log_in(n, line)) for n, line in enumerate(others)]
        during = []
        while not all(one.done() for one in crowd):
            during.append(await read())
        return before, during, list(await asyncio.gather(*crowd))
