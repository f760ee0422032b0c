"""Processes die or stop: no follower of events misses or repeats one, and each learns where to resume."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import websockets

from infra import crypto, postgres
from models.events.event import Event
from models.slots.clinic import Clinic
from schema.scalars import public_id
from tests import cast
from tests.processes.test_lifecycle import restart
from tests.support import partner_program, postgres_template
from tests.support.event_chaos import Chaos, append
from tests.support.live_server import Socket, socket
from tests.support.service import Service, run_service
from tests.support.waiting import eventually, patience
from tests.web.live.test_sse import following
from web.endpoint import connections

EVENTS = "subscription ($after: String) { events(after: $after) { id cursor } }"
CHANGES = "subscription ($id: ID!) { slotChanges(clinicId: $id) { isFree } }"


@pytest.fixture
async def cluster(database_url: str, tmp_path: Path) -> AsyncIterator[list[Service]]:
    """Two web processes that can both relay events; the tests' own process does not."""
    with ExitStack() as stack:
        homes = [tmp_path / name for name in ("one", "two")]
        for home in homes:
            home.mkdir()
        yield [
            stack.enter_context(run_service(home, DATABASE_URL=database_url, **partner_program.SETTINGS))
            for home in homes
        ]


class Reader:
    """Follows events through either process; whatever happens, it resumes from its last cursor."""

    def __init__(self, cluster: list[Service], key: str, patience: int) -> None:
        self.cluster, self.key, self.patience = cluster, key, patience
        self.seen: list[str] = []
        self.ends = 0
        self.cursor: str | None = None

    async def read(self, is_enough: "asyncio.Event", count: "list[int]") -> None:
        while not (is_enough.is_set() and len(self.seen) >= count[0]):
            service = self.cluster[self.ends % len(self.cluster)]
            try:
                async with socket(service.url.removeprefix("http://")) as client:
                    await client.init(self.key)
                    await client.subscribe(EVENTS, after=self.cursor)
                    await self._some(client, is_enough, count)
                    client.connection.transport.abort()  # without a word
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(0.05)
            self.ends += 1

    async def _some(self, client: Socket, is_enough: "asyncio.Event", count: "list[int]") -> None:
        for _ in range(self.patience):
            event = (await client.next())["events"]
            self.seen.append(event["id"])
            self.cursor = event["cursor"]
            if is_enough.is_set() and len(self.seen) >= count[0]:
                return


async def test_kill_9_of_the_relaying_processes_costs_no_reader_an_event(
    cluster: list[Service], database_url: str
) -> None:
    clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    chaos, is_over, count = Chaos(database_url, 9, clinic.id), asyncio.Event(), [0]
    readers = [Reader(cluster, key, patience) for patience in (3, 25, 10_000)]
    reading = [asyncio.create_task(reader.read(is_over, count)) for reader in readers]
    for victim in cluster:
        writing = asyncio.gather(*(chaos.write(6) for _ in range(6)))
        before = len(chaos.committed)
        await eventually(lambda: len(chaos.committed) > before + 5)  # noqa: B023 - awaited at once
        await asyncio.to_thread(victim.stop, signal.SIGKILL)
        await writing
        await asyncio.to_thread(victim.start_again)
    count[0] = len(chaos.committed)
    is_over.set()
    await append(clinic.id)  # one more event, so that no reader waits for one it has already read
    async with asyncio.timeout(patience()):
        await asyncio.gather(*reading)
        while await Event.filter(position=None).exists():
            await asyncio.sleep(0.05)
    in_order = [public_id("Event", row.id) for row in await Event.all().order_by("position")]
    committed = {public_id("Event", id_) for id_ in chaos.committed}
    assert committed <= set(in_order)
    assert not {public_id("Event", id_) for id_ in chaos.undone} & set(in_order)
    for reader in readers:
        assert reader.seen == in_order[: len(reader.seen)]
        assert len(reader.seen) >= count[0] > 30


async def test_a_stop_tells_sockets_and_streams_to_reconnect_and_does_not_wait_for_them(
    database_url: str, tmp_path: Path
) -> None:
    clinic: Clinic = await cast.clinic()
    _, key = await cast.partner(clinic)
    with run_service(tmp_path, DATABASE_URL=database_url, STOP_SECONDS="30", **partner_program.SETTINGS) as service:
        address = service.url.removeprefix("http://")
        async with socket(address) as nobody, socket(address) as idle, following(address, key) as stream:
            await nobody.init()
            await nobody.subscribe(CHANGES, id=public_id("Clinic", clinic.id))
            await idle.init(key)
            service.process.send_signal(signal.SIGTERM)
            assert await nobody.closed() == (1012, connections.RESTARTING.message)
            assert await idle.closed() == (1012, connections.RESTARTING.message)
            assert await stream.end() == "RECONNECT"
        assert await asyncio.to_thread(service.process.wait, patience()) == 0
        assert "Traceback" not in service.log()


async def happen(url: str, clinic_id: UUID) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO event (id, occurred_at, clinic_id, happening, details)"
        " VALUES ($1, now(), $2, 'SlotsPublished', jsonb_build_object('doctor_id', $1::uuid, 'slot_ids', '[]'::jsonb))",
        uuid4(),
        clinic_id,
    )
    await connection.close()


async def add_partner(url: str, clinic_id: UUID, key: str) -> None:
    connection, id_ = await asyncpg.connect(url), uuid4()
    await connection.execute(
        "INSERT INTO partner (id, name, clinic_ids, shows_references, created_at, tokens, refilled_at)"
        " VALUES ($1, 'P', ARRAY[$2::uuid], false, now(), 1000, now())",
        id_,
        clinic_id,
    )
    await connection.execute(
        "INSERT INTO partner_key (id, partner_id, key_hash, created_at) VALUES ($1, $1, $2, now())",
        id_,
        crypto.hash_token(key),
    )
    await connection.close()


async def until_seen(reader: Reader, count: int) -> None:
    await eventually(lambda: len(reader.seen) >= count)


async def test_after_a_restart_of_postgresql_followers_miss_and_repeat_nothing(tmp_path: Path) -> None:
    clinic_id, key = uuid4(), "erp_of-a-test"
    postgres_template.copy_to(tmp_path / "shared" / "data")
    with (
        postgres.run_server(tmp_path / "shared", durable=False) as url,
        run_service(tmp_path, DATABASE_URL=postgres.as_runtime(url), **partner_program.SETTINGS) as service,
    ):
        await add_partner(url, clinic_id, key)
        reader = Reader([service], key, 10_000)
        reading = asyncio.create_task(reader.read(asyncio.Event(), [0]))
        await happen(url, clinic_id)
        await until_seen(reader, 1)
        await asyncio.to_thread(restart, tmp_path / "shared" / "data")
        for count in (2, 3):
            await happen(url, clinic_id)
            await until_seen(reader, count)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        connection = await asyncpg.connect(url)
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM event ORDER BY position")]
        await connection.close()
    assert reader.seen == [public_id("Event", id_) for id_ in ids]
    assert len(ids) == 3


async def test_neither_what_is_in_a_socket_s_address_nor_a_traceback_of_odd_bytes_gets_into_the_log(
    database_url: str, tmp_path: Path
) -> None:
    with run_service(tmp_path, DATABASE_URL=database_url, **partner_program.SETTINGS) as service:
        url = service.url.replace("http", "ws") + "/graphql?key=erp_in-the-wrong-place"
        protocols: Any = ["graphql-transport-ws"]
        async with websockets.connect(url, subprotocols=protocols, proxy=None) as connection:
            await connection.send(b"\xff\xfe", text=True)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007  # the code that RFC 6455 prescribes for bytes that are not text
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(url.replace("/graphql", "/nowhere"), subprotocols=protocols, proxy=None)
        for words in ("erp_in-the-wrong-place", "Traceback", "/nowhere"):
            assert words not in service.log()
