"""Many processes share one database and one broker: each letter is sent once, whichever process dies."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.booking_load import BookingLoad
from tests.support.cluster import TWO_OF_EACH, Cluster, run_cluster
from tests.support.figures import figures
from tests.support.http import http_client
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import eventually

SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on Accepted { message } } }"
PEOPLE = 8


def pesel(number: int) -> str:
    """The valid PESEL with this serial number."""
    digits = f"900101{number:04d}"
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return digits + str((10 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 10) % 10)


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    async with run_cluster(*TWO_OF_EACH) as ready:
        yield ready


async def sign_up(url: str, number: int) -> None:
    form = {"email": f"osoba{number}@example.pl", "pesel": pesel(number), "firstName": "Osoba", "lastName": "Kolejna"}
    async with http_client(url) as client:
        answer = await client.post("/graphql", json={"query": SIGN_UP, "variables": {"input": form}})
    assert answer.json()["data"]["signUp"]["message"]


def written_to(smtp_server: SmtpServer) -> set[str]:
    """The people who have received a letter."""
    return {name for name in smtp_server.recipients if name.startswith("osoba")}


async def test_two_of_each_send_every_letter_once(cluster: Cluster) -> None:
    await asyncio.gather(*(sign_up(cluster.webs[number % 2], number) for number in range(PEOPLE)))
    await eventually(lambda: len(written_to(cluster.smtp_server)) == PEOPLE)
    assert await claims(cluster, "email", PEOPLE) == [1] * PEOPLE
    assert set(Counter(cluster.smtp_server.recipients).values()) == {1}


async def claims(cluster: Cluster, medium: str, sent: int) -> list[int]:
    """Wait until all messages have been sent, so that none is claimed again; return how often each was claimed."""
    query = "SELECT state, tries FROM message WHERE medium = $1"

    async def all_sent() -> list[asyncpg.Record] | None:
        messages: list[asyncpg.Record] = await database.fetch(query, medium)
        return messages if [message["state"] for message in messages] == ["sent"] * sent else None

    async with cluster.database() as database:
        return [message["tries"] for message in await eventually(all_sent)]


async def test_two_of_each_send_one_reminder_of_each_visit(cluster: Cluster) -> None:
    load = await BookingLoad.gathered(cluster, 4)
    async with load.present():
        await load.change(10)
    before = await sweeps(cluster)
    for _ in range(3):  # as if several schedulers sent the task in the same minute
        await asyncio.gather(*(cluster.send("tasks.reminders:write_reminders") for _ in range(4)))
    planned = [told for told in load.visits.values() if told.changes[-1] != "CANCELLED"]
    assert planned

    async def all_have_run() -> bool:
        return await sweeps(cluster) >= before + 12

    await eventually(all_have_run)
    assert await claims(cluster, "sms", len(planned)) == [1] * len(planned)
    assert len(cluster.gateway.asked) == len(cluster.gateway.accepted) == len(planned)


async def sweeps(cluster: Cluster) -> float:
    """How often the workers have checked for reminders to write."""
    workers = [member for member in cluster.members.values() if member.command == "worker"]
    return sum([(await figures(worker.url)).get(SWEEPS, 0) for worker in workers])


SWEEPS = "task_seconds_count{outcome=done,task=tasks.reminders:write_reminders}"


# Messages that a killed worker had claimed are free when the lease lapses: after five minutes, here a few seconds.
LAPSED = "UPDATE message SET leased_until = now() WHERE state = 'sending' AND leased_until < now() + '297 s'::interval"


async def test_a_worker_and_a_web_process_killed_by_9_lose_no_sign_up(cluster: Cluster) -> None:
    first, second = cluster.members["web0"], cluster.members["web1"]
    await asyncio.gather(*(sign_up(first.url, PEOPLE + number) for number in range(PEOPLE // 2)))
    cluster.members["worker2"].stop(signal.SIGKILL)
    first.stop(signal.SIGKILL)
    await asyncio.gather(*(sign_up(second.url, PEOPLE + number) for number in range(PEOPLE // 2, PEOPLE)))

    async def all_have_letters() -> bool:
        await database.execute(LAPSED)
        return len(written_to(cluster.smtp_server)) == 2 * PEOPLE

    async with cluster.database() as database:
        await eventually(all_have_letters)
        assert await database.fetchval("SELECT count(*) FROM account WHERE email LIKE 'osoba%'") == 2 * PEOPLE
        assert await database.fetchval("SELECT count(*) FROM application") == 0
    by_person: dict[str, set[str]] = {}
    for recipient, mail in zip(cluster.smtp_server.recipients, cluster.smtp_server.mails, strict=True):
        if recipient.startswith("osoba"):
            by_person.setdefault(recipient, set()).add(mail["message-id"])
    assert {len(ids) for ids in by_person.values()} == {1}  # a letter sent twice keeps its Message-ID
    await asyncio.to_thread(cluster.replace_the_dead)
