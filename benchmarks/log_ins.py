"""Measures, from one client, searches for free slots before and during a hundred simultaneous log-ins."""

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import httpx
import orjson

LOG_IN = "mutation($i: LogInInput!) { logIn(input: $i) { __typename } }"
AT_ONCE, SEARCHES = 100, 200


def percentile(times: Sequence[float], share: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * share // 100)]


async def measure(url: str, search: bytes) -> tuple[list[float], list[float], list[float | None]]:
    """The times in seconds of searches before the log-ins, of searches during them, and of the log-ins themselves.

    None stands for a log-in that was refused at once. The logins belong to nobody, and take as long as real ones.
    """
    limits = httpx.Limits(max_connections=AT_ONCE)
    # The reader has a client of its own, because a client checks all of its connections at each request.
    async with (
        httpx.AsyncClient(base_url=url, timeout=120) as reader,
        httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as others,
    ):

        async def ask(http: httpx.AsyncClient, body: bytes, address: str) -> tuple[float, bytes]:
            began = time.perf_counter()
            headers = {"content-type": "application/json", "x-forwarded-for": address}
            answer = await http.post("/graphql", content=body, headers=headers)
            return time.perf_counter() - began, answer.content

        async def read() -> float:
            took, answer = await ask(reader, search, "10.0.0.1")
            assert b"startsAt" in answer, answer
            return took

        async def log_in(n: int) -> float | None:
            login = {"login": f"{uuid4().hex}@example.pl", "password": "correct horse battery"}
            took, answer = await ask(others, orjson.dumps({"query": LOG_IN, "variables": {"i": login}}), f"10.0.1.{n}")
            return took if b"WrongCredentials" in answer else None

        for _ in range(50):
            await read()
        before = [await read() for _ in range(SEARCHES)]
        crowd = [asyncio.create_task(log_in(n)) for n in range(AT_ONCE)]
        during = []
        while not all(one.done() for one in crowd):
            during.append(await read())
        return before, during, list(await asyncio.gather(*crowd))
