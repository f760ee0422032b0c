"""A partner's program as shown in docs/partners.md, started, killed, and compared with the committed log."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import settings
from infra import clock
from models.events import event_log
from models.events.event import Event
from models.events.partner import Partner
from schema.scalars import public_id
from tests import cast
from tests.support.service import ROOT, Service
from tests.support.visits import book
from tests.support.waiting import eventually, patience

EXAMPLES, CLIENTS = ROOT / "docs" / "examples", ROOT / "tests" / "clients"
SETTINGS = {"DEMO": "0", "EVENT_RETENTION_DAYS": "3660"}  # the maximum, because the tests' Monday may be long ago


class PartnerProgram:
    """One of the two example programs, in a folder of its own."""

    def __init__(self, command: list[str], folder: Path, url: str, key: str) -> None:
        self.command, self.folder = [*command, url], folder
        self.environment = {**os.environ, "PARTNER_KEY": key, "NO_PROXY": "127.0.0.1"}
        self.output = folder / "output.log"
        self.start()

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return self.output.read_text()

    def ids(self) -> list[str]:
        """The ids of the events that the program has stored, in its order."""
        lines, table = self.folder / "events.jsonl", self.folder / "events.db"
        if lines.exists():
            whole = [line for line in lines.read_text().splitlines(keepends=True) if line.endswith("\n")]
            kept: list[dict[str, Any]] = [json.loads(line) for line in whole]
            return [line["id"] for line in kept if "id" in line]
        try:
            with sqlite3.connect(table) as store:
                return [id_ for (id_,) in store.execute("SELECT id FROM event ORDER BY number")]
        except sqlite3.OperationalError:  # the program has not started storing events
            return []
        finally:
            store.close()

    async def until_kept(self, count: int) -> None:
        await eventually(
            lambda: len(self.ids()) >= count, otherwise=lambda: f"{len(self.ids())} of {count} kept:\n{self.log()}"
        )

    async def until_said(self, words: str) -> None:
        await eventually(lambda: words in self.log(), otherwise=self.log)


def python(folder: Path) -> list[str]:
    return [sys.executable, str(EXAMPLES / "partner.py")]


def node(folder: Path) -> list[str]:
    """Copy the example next to its installed packages, as a partner's developer would; returns the command."""
    (folder / "partner.mjs").write_text((EXAMPLES / "partner.mjs").read_text())
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    return ["node", "partner.mjs"]


class Centre:
    """A clinic with future visits, and a partner that follows it."""

    async def open(self) -> "Centre":
        self.anna = await cast.anna()
        self.clinic = await cast.clinic(planned_visits_per_patient=1000)
        self.slots = await cast.morning(
            cast.warsaw(24, 8).date(), 60, at=self.clinic, by=await cast.doctor(self.clinic), minutes=10
        )
        self.partner, self.key = await cast.partner(self.clinic, shows_references=True)
        return self

    async def book(self, count: int) -> None:
        for _ in range(count):
            await book(self.anna, self.slots.pop(0))

    async def log(self) -> list[str]:
        """The ids of all committed events with a position, in order."""
        rows = await Event.exclude(position=None).order_by("position")
        return [public_id("Event", row.id) for row in rows]


async def check_nothing_is_missed_or_repeated(example: PartnerProgram, service: Service, centre: Centre) -> None:
    """After the program and then its service are killed, it has stored every committed event once, in order."""
    await centre.book(5)
    await example.until_kept(3)
    example.kill()
    await centre.book(5)
    example.start()
    await example.until_kept(10)
    await asyncio.gather(asyncio.to_thread(service.stop, signal.SIGKILL), centre.book(5))
    await asyncio.to_thread(service.start_again)
    await centre.book(5)
    await example.until_kept(20)
    assert example.ids() == await centre.log()


async def check_return_after_retention(example: PartnerProgram, centre: Centre) -> None:
    """Events that the program missed have been deleted: it learns this, starts afresh, and carries on."""
    example.kill()
    await centre.book(2)
    while await Event.filter(position=None).exists():  # repeat: the service may be doing the same
        await event_log.assign_positions()
    with clock.pinned(clock.now() + timedelta(days=settings.EVENT_RETENTION_DAYS + 1)):
        assert await event_log.purge() > 0
    before = len(example.ids())
    example.start()
    await example.until_said("started over")
    await centre.book(1)
    await example.until_kept(before + 1)
    assert example.ids()[before:] == await centre.log()


async def check_removal(example: PartnerProgram, centre: Centre) -> None:
    """When its key is revoked, the program stops and says why."""
    await Partner.remove(centre.partner.id, by=await cast._adding_administrator())
    assert await asyncio.to_thread(example.process.wait, patience()) == 1
    assert "this key is no longer valid" in example.log()
