"""Many processes on one database and one broker: each letter is sent once, whoever of them dies."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.crowd import Crowd
from tests.fleet import TWO_OF_EACH, Fleet, sailing
from tests.tasks.post_office import PostOffice

SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on Accepted { message } } }"
PEOPLE = 12


def pesel(number: int) -> str:
    """Valid ones, in order."""
    digits = f"900101{number:04d}"
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return digits + str((10 - sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 10) % 10)


@pytest.fixture(scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    async with sailing(*TWO_OF_EACH) as ready:
        yield ready


async def sign_up(url: str, number: int) -> None:
    form = {"email": f"osoba{number}@example.pl", "pesel": pesel(number), "firstName": "Osoba", "lastName": "Kolejna"}
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        answer = await client.post("/graphql", json={"query": SIGN_UP, "variables": {"input": form}})
    assert answer.json()["data"]["signUp"]["message"]


async def until_all_have_letters(office: PostOffice, people: int) -> None:
    for _ in range(900):
        if len({name for name in office.recipients if name.startswith("osoba")}) >= people:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"Only {sorted(set(office.recipients))} got letters.")


async def test_two_of_each_send_every_letter_once(fleet: Fleet) -> None:
    await asyncio.gather(*(sign_up(fleet.webs[number % 2], number) for number in range(PEOPLE)))
    await until_all_have_letters(fleet.office, PEOPLE)
    await asyncio.sleep(0.5)  # whoever would send one again
    assert set(Counter(fleet.office.recipients).values()) == {1}


async def test_two_of_each_send_one_reminder_of_each_visit(fleet: Fleet) -> None:
    crowd = await Crowd.gathered(fleet, 4)
    async with crowd.present():
        await crowd.change(20)
    for _ in range(3):  # as if many schedulers sent it at once, at the minute
        await asyncio.gather(*(fleet.send("tasks.reminders:write_reminders") for _ in range(4)))
    planned = [told for told in crowd.visits.values() if told.changes[-1] != "CANCELLED"]
    for _ in range(900):
        if len(fleet.gateway.accepted) >= len(planned):
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    assert len(fleet.gateway.asked) == len(fleet.gateway.accepted) == len(planned) > 0


async def test_a_worker_and_a_web_process_killed_by_9_lose_no_sign_up(fleet: Fleet) -> None:
    first, second = fleet.members["web0"], fleet.members["web1"]
    await asyncio.gather(*(sign_up(first.url, PEOPLE + number) for number in range(PEOPLE // 2)))
    fleet.members["worker2"].stop(signal.SIGKILL)
    first.stop(signal.SIGKILL)
    await asyncio.gather(*(sign_up(second.url, PEOPLE + number) for number in range(PEOPLE // 2, PEOPLE)))
    # What the killed worker had claimed is free when its lease has lapsed: five minutes, here made at once.
    await asyncio.sleep(1)
    async with fleet.database() as database:
        await database.execute("UPDATE message SET leased_until = now() WHERE state = 'sending'")
        await until_all_have_letters(fleet.office, 2 * PEOPLE)
        assert await database.fetchval("SELECT count(*) FROM account WHERE email LIKE 'osoba%'") == 2 * PEOPLE
        assert await database.fetchval("SELECT count(*) FROM application") == 0
    by_person: dict[str, set[str]] = {}
    for recipient, mail in zip(fleet.office.recipients, fleet.office.mails, strict=True):
        if recipient.startswith("osoba"):
            by_person.setdefault(recipient, set()).add(mail["message-id"])
    assert {len(ids) for ids in by_person.values()} == {1}  # one sent again is known by its Message-ID
    await asyncio.to_thread(fleet.replace_the_dead)
