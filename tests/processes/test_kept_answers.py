"""Two web processes, patients who keep changing slots, and kills in between: nobody gets an outdated answer."""

import asyncio
import random
import signal
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.booking_load import BookingLoad
from tests.support.client import DOCUMENTS, Client
from tests.support.cluster import run_cluster
from tests.support.http import http_client
from tests.support.waiting import eventually, patience

CLINICS = "{ clinics { nodes { id } } }"
PATIENTS, READERS, READS = 6, 4, 120


@dataclass
class Known:
    """Whether a slot is free (None while a change is in progress), and the number of its latest change."""

    is_free: bool | None = True
    change: int = 0


class Owner:
    """A patient who books and cancels one slot again and again, and knows when each change was acknowledged."""

    def __init__(self, urls: list[str], token: str, slot: str, known: dict[str, Known]) -> None:
        self.webs = [Client(token, url=url) for url in urls]
        self.slot, self.known = slot, known

    async def live(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            visit = await self._change("BookVisit", "bookVisit", False, slotId=self.slot)
            await asyncio.sleep(random.random() / 10)
            await self._change("CancelVisit", "cancelVisit", True, visitId=visit["id"])
            await asyncio.sleep(random.random() / 10)
        for web in self.webs:
            await web.http.aclose()

    async def _change(self, mutation: str, field: str, frees: bool, **fields: Any) -> Any:
        known, fields = self.known[self.slot], {**fields, "idempotencyKey": uuid4().hex}
        known.is_free, known.change = None, known.change + 1
        async with asyncio.timeout(patience()):
            while True:
                try:
                    answer = await random.choice(self.webs).send(mutation, input=fields)
                    if "errors" not in answer:
                        assert answer["data"][field]["__typename"] == "Visit", answer
                        known.is_free, known.change = frees, known.change + 1
                        return answer["data"][field]
                except (httpx.HTTPError, ValueError):
                    await asyncio.sleep(0.05)


class Reader:
    """A visitor not signed in, who compares each answer with the changes acknowledged before the request."""

    def __init__(self, urls: list[str], clinic: str, known: dict[str, Known]) -> None:
        self.webs, self.clinic, self.known = [Client(url=url) for url in urls], clinic, known
        self.reads = 0

    async def live(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            before = {slot: (known.is_free, known.change) for slot, known in self.known.items()}
            try:
                answer = await random.choice(self.webs).send(
                    DOCUMENTS["FreeSlots"], filter={"clinicId": self.clinic}, first=100
                )
                free = {node["id"] for node in answer["data"]["freeSlots"]["nodes"]}
            except (httpx.HTTPError, ValueError, KeyError, TypeError):  # the process was killed
                await asyncio.sleep(0.02)
                continue
            for slot, (was_free, change) in before.items():
                if was_free is not None and self.known[slot].change == change:  # it has not changed since the request
                    assert (slot in free) is was_free, (slot, was_free)
            self.reads += 1
        for web in self.webs:
            await web.http.aclose()


def _has_read(readers: list[Reader], times: float) -> bool:
    return sum(one.reads for one in readers) >= times


@pytest.mark.parametrize("chance", [1])
async def test_every_answer_includes_all_acknowledged_changes(chance: int) -> None:
    random.seed(chance)
    async with run_cluster("web", "web", OFFER_MINUTES="1") as cluster:
        crowd = await BookingLoad.gathered(cluster, PATIENTS)
        async with http_client() as http:
            found = (await http.post(f"{cluster.webs[0]}/graphql", json={"query": CLINICS})).json()
        clinic = found["data"]["clinics"]["nodes"][0]["id"]
        known = {slot: Known() for slot in crowd.slots}
        enough = asyncio.Event()
        readers = [Reader(cluster.webs, clinic, known) for _ in range(READERS)]
        async with asyncio.TaskGroup() as group:
            for token, slot in zip(crowd.tokens, crowd.slots, strict=False):
                group.create_task(Owner(cluster.webs, token, slot, known).live(enough))
            for reader in readers:
                group.create_task(reader.live(enough))
            for share in (1, 2, 3):
                await eventually(partial(_has_read, readers, share * READS / 4))
                cluster.members[f"web{share % 2}"].stop(signal.SIGKILL)
                await asyncio.to_thread(cluster.replace_the_dead)
            await eventually(partial(_has_read, readers, READS))
            enough.set()
