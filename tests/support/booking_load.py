"""Patients who keep booking, moving and cancelling visits, and remember the answers."""

import asyncio
import json
import os
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.support import seed
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.fork_server import Forked
from tests.support.waiting import eventually, patience

LOST_ON_THE_WAY = 0.3  # share of answers that never reach the patient, although the change was made


@dataclass
class KnownVisit:
    """What a patient knows about one visit from the answers."""

    slot: str
    starts_at: str
    changes: list[str] = field(default_factory=list)

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.starts_at)


class BookingLoad:
    def __init__(self, cluster: Cluster, tokens: list[str], slots: list[str], key: str) -> None:
        self.cluster, self.tokens, self.slots, self.key = cluster, tokens, slots, key
        self.visits: dict[str, KnownVisit] = {}  # by reference
        self.unanswered = 0
        self.leaving = asyncio.Event()

    @classmethod
    async def gathered(cls, cluster: Cluster, patients: int) -> Self:
        arguments = [seed.__file__, cluster.database_url, str(patients)]
        environment = {**os.environ, **cluster.settings, **cluster.given}
        with tempfile.TemporaryFile() as output:
            process = Forked(arguments, environment, output.fileno())
            ending = await asyncio.to_thread(process.wait, patience())
            output.seek(0)
            found = output.read()
        assert ending == 0, found.decode()
        return cls(cluster, **json.loads(found))

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Run all patients concurrently while the block lasts; each finishes the step in progress."""
        self.leaving.clear()
        async with asyncio.TaskGroup() as group:
            for token in self.tokens:
                group.create_task(self._live(token))
            try:
                yield
            finally:
                self.leaving.set()

    async def change(self, times: int) -> None:
        """Wait until this many more changes have been made."""
        enough = self.changes + times
        await eventually(lambda: self.changes >= enough)

    @property
    def changes(self) -> int:
        return sum(len(visit.changes) for visit in self.visits.values())

    async def _live(self, token: str) -> None:
        webs = [Client(token, url=url) for url in self.cluster.webs]
        try:
            while not self.leaving.is_set():
                if visit := await self._do(webs, "BookVisit", "BOOKED", slotId=random.choice(self.slots)):
                    await self._change(webs, visit)
        finally:
            for web in webs:
                await web.http.aclose()

    async def _change(self, webs: list[Client], visit: str) -> None:
        if random.random() < 0.6:
            await self._do(webs, "RescheduleVisit", "MOVED", visitId=visit, slotId=random.choice(self.slots))
        if len(self.visits) > len(self.tokens) and random.random() < 0.8:
            await self._do(webs, "CancelVisit", "CANCELLED", visitId=visit)

    async def _do(self, webs: list[Client], mutation: str, change: str, **fields: Any) -> str | None:
        """Record the change as answered, and return the visit's id, or None if the change was refused."""
        answer = await self._insist(webs, mutation, {**fields, "idempotencyKey": uuid4().hex})
        if answer["__typename"] != "Visit":
            return None
        slot = fields.get("slotId", "")
        told = self.visits.setdefault(answer["reference"], KnownVisit(slot, answer["startsAt"]))
        is_news = change != "MOVED" or told.slot != slot  # a move to the same slot changes nothing
        told.slot, told.starts_at = slot, answer["startsAt"]
        told.changes += [change] if is_news else []
        return str(answer["id"])

    async def _insist(self, webs: list[Client], mutation: str, fields: dict[str, Any]) -> Any:
        """Repeat the request with the same key to any process until an answer arrives."""
        async with asyncio.timeout(patience()):
            while True:
                try:
                    answer = await random.choice(webs).send(mutation, input=fields)
                    if "errors" in answer:
                        self.unanswered += 1
                    elif random.random() > LOST_ON_THE_WAY:
                        return answer["data"][mutation[0].lower() + mutation[1:]]
                except (httpx.HTTPError, ValueError):
                    self.unanswered += 1
                await asyncio.sleep(0.05)
