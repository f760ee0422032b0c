"""The reference clients, graphql-ws and graphql-sse, are served as they expect; so is the JavaScript example."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from models.events.event import Event
from models.events.partner import Partner
from schema.scalars import public_id
from tests import cast
from tests.support import partner_program
from tests.support.service import Service, run_service
from tests.support.visits import book, hold, release
from tests.support.waiting import patience
from web.endpoint import connections

EVENTS = "subscription ($after: String) { events(after: $after) { id cursor } }"
CHANGES = "subscription ($id: ID!) { slotChanges(clinicId: $id) { isFree } }"
BOTH = pytest.mark.parametrize("protocol", ["ws", "sse"])


class Follower:
    """A program that prints what the reference client receives."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> dict[str, Any]:
        assert self.process.stdout
        async with asyncio.timeout(patience()):
            while "connected" in (line := json.loads(await self.process.stdout.readline())):
                pass
        found: dict[str, Any] = line
        return found

    async def connected(self) -> None:
        assert self.process.stdout
        async with asyncio.timeout(patience()):
            while "connected" not in json.loads(await self.process.stdout.readline()):
                pass

    async def lines(self, count: int) -> list[dict[str, Any]]:
        return [await self.line() for _ in range(count)]


@asynccontextmanager
async def following(
    protocol: str, address: str, key: str, count: int, query: str, **variables: Any
) -> AsyncIterator[Follower]:
    url = f"{'ws' if protocol == 'ws' else 'http'}://{address}/graphql"
    arguments = ["follow.mjs", protocol, url, key, str(count), query, json.dumps(variables)]
    process = await asyncio.create_subprocess_exec(
        "node",
        *arguments,
        cwd=partner_program.CLIENTS,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "RETRIES": "500"},
    )
    try:
        yield Follower(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def in_order() -> list[str]:
    return [public_id("Event", row.id) for row in await Event.exclude(position=None).order_by("position")]


@BOTH
async def test_events_are_followed_and_resumed_by_cursor(address: str, protocol: str) -> None:
    centre = await partner_program.Centre().open()
    await centre.book(2)
    async with following(protocol, address, centre.key, 3, EVENTS) as follower:
        told = await follower.lines(2)
        await centre.book(1)
        told += await follower.lines(1)
        assert await follower.line() == {"complete": True}
    await centre.book(2)
    cursor = told[-1]["data"]["events"]["cursor"]
    async with following(protocol, address, centre.key, 2, EVENTS, after=cursor) as follower:
        told += await follower.lines(2)
    assert [line["data"]["events"]["id"] for line in told] == await in_order()


@BOTH
async def test_a_query_is_answered_and_then_completed(address: str, protocol: str) -> None:
    async with following(protocol, address, "", 5, "{ serviceHours { isOpen } }") as follower:
        assert (await follower.line())["data"] == {"serviceHours": {"isOpen": True}}
        assert await follower.line() == {"complete": True}


@BOTH
async def test_a_refusal_reaches_the_program_with_its_code(address: str, protocol: str) -> None:
    """graphql-ws throws errors; graphql-sse passes on a result with errors, because its protocol has no other way."""
    async with following(protocol, address, "", 5, EVENTS) as follower:
        line = await follower.line()
    assert line["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_invalid_key_closes_the_socket_with_4403(address: str) -> None:
    url = f"ws://{address}/graphql"
    process = await asyncio.create_subprocess_exec(
        "node",
        "follow.mjs",
        "ws",
        url,
        "erp_nonsense",
        "1",
        EVENTS,
        cwd=partner_program.CLIENTS,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "RETRIES": "0"},
    )
    output, _ = await process.communicate()
    assert json.loads(output)["closed"] == 4403


async def test_the_end_of_a_partner_ends_its_client_and_is_not_tried_again(address: str) -> None:
    centre = await partner_program.Centre().open()
    await centre.book(1)
    async with following("ws", address, centre.key, 5, EVENTS) as follower:
        await follower.lines(1)
        await Partner.remove(centre.partner.id, by=await cast._adding_administrator())
        assert (await follower.line())["closed"] == 4401


async def test_a_client_comes_back_by_itself_when_the_service_restarts(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, slot = await cast.anna(), await cast.slot()
    with run_service(tmp_path, DATABASE_URL=database_url, **partner_program.SETTINGS) as service:
        address = service.url.removeprefix("http://")
        async with following("ws", address, "", 99, CHANGES, id=public_id("Clinic", slot.clinic_id)) as follower:
            await follower.connected()
            await asyncio.to_thread(restart, service)
            await follower.connected()  # on its own
            heard = asyncio.create_task(follower.line())
            while not heard.done():  # repeat the change until the client has subscribed again and receives it
                await hold(anna, slot)
                await release(anna, slot)
                await asyncio.sleep(0.1)
            await heard
            await book(anna, slot)
            while (await follower.line())["data"]["slotChanges"]["isFree"]:  # skip the slot's publication
                pass
    assert connections.RESTARTING.close_code == 1012


def restart(service: Service) -> None:
    service.stop(signal.SIGTERM)
    service.start_again()


async def test_the_javascript_example_misses_and_repeats_nothing(database_url: str, tmp_path: Path) -> None:
    centre = await partner_program.Centre().open()
    with run_service(tmp_path, DATABASE_URL=database_url, **partner_program.SETTINGS) as service:
        url = service.url.replace("http", "ws") + "/graphql"
        partner = partner_program.PartnerProgram(partner_program.node(tmp_path), tmp_path, url, centre.key)
        try:
            await partner_program.check_nothing_is_missed_or_repeated(partner, service, centre)
            await partner_program.check_return_after_retention(partner, centre)
            await partner_program.check_removal(partner, centre)
        finally:
            partner.kill()
