"""The rows without a yardstick: PostgreSQL's CPU time, memory, letters, and the effect of log-ins on searches."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx

from benchmarks import letters, log_ins, questions
from benchmarks.big_database import row_id
from benchmarks.questions import Body
from benchmarks.rows import PARTNER, Bench, median
from benchmarks.servers import ROOT, free_port, started
from benchmarks.table import Row
from benchmarks.wrk import post
from infra import clock
from schema.scalars import public_id

EVENTS = 100_000
REPLAY = """query Replay($after: String) { events(after: $after, first: 500) {
    nodes { __typename id } pageInfo { endCursor hasNextPage } } }"""
SEARCH_MINSTR = 1.7  # million instructions for the yardstick's search for 50 slots, measured with hardware counters


def memory(bench: Bench) -> list[Row]:
    """The memory of the process after it has answered the requests of the earlier rows."""
    return [Row("memory of a web process, loaded", bench.ours.memory_mib, "MiB", 220, 160, less_is_better=True)]


def memory_idle(bench: Bench) -> list[Row]:
    """The memory of a process that has not answered anything yet, so this must be the first row."""
    return [Row("memory of a web process, idle", bench.ours.memory_mib, "MiB", 160, 120, less_is_better=True)]


def calendar(bench: Bench) -> list[Row]:
    """The CPU time that PostgreSQL needs for a calendar; the yardstick has no calendar."""
    found = []
    for days, must, goal in ((31, 6, 1), (90, 15, 2)):
        bodies = []
        for clinic, first, _ in questions.spans(4_000, days):
            begin = first.date() if days == 31 else clock.now().date()
            variables = {"clinic": public_id("Clinic", row_id("clinic", clinic)), "from": str(begin)}
            variables["until"] = str(begin.fromordinal(begin.toordinal() + days - 1))
            bodies.append(("", questions.graphql(questions.DAYS, variables)))
        samples = [
            post(bench.cold, bench.database, "/graphql", bodies, seconds=bench.seconds, connections=4)
            for _ in range(bench.rounds)
        ]
        measured = median(sample.database_ms for sample in samples)
        details = {"requests/s": median(s.rate for s in samples), "CPU ms": median(s.cpu_ms for s in samples)}
        row = Row(f"freeDays of {days} days", measured, "ms of PostgreSQL", must, goal, True, details)
        found.append(row)
    return found


def replay(bench: Bench) -> list[Row]:
    """A partner who was away reads the log, page by page."""
    after, count = None, 0
    pages: list[float] = []
    cpu = bench.cold.cpu_seconds
    with httpx.Client(base_url=bench.cold.url, timeout=60, headers={"authorization": PARTNER}) as http:
        while count < EVENTS:
            began = time.perf_counter()
            body = questions.graphql(REPLAY, {"after": after})
            answer = http.post("/graphql", content=body, headers={"content-type": "application/json"}).json()
            pages.append(time.perf_counter() - began)
            found = answer["data"]["events"]
            count += len(found["nodes"])
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                break
    used = bench.cold.cpu_seconds - cpu
    details = {"events": count, "seconds": sum(pages), "CPU us per event": 1e6 * used / count}
    return [Row("a partner reads 100,000 events", count / sum(pages), "events/s", details=details)]


def staleness(bench: Bench) -> list[Row]:
    """Each patient books a slot from a cached answer; queries after the acknowledgement must not return that slot."""
    pairs = asyncio.run(questions.bookable_slots(bench.url, 300))
    stale = booked = 0
    with httpx.Client(base_url=bench.ours.url, timeout=60) as http:
        for slot_id, patient, clinic, starts_at in pairs:
            search = "", questions.search(clinic, starts_at, starts_at + timedelta(minutes=1), 50)
            shown = public_id("Slot", slot_id).encode()
            kept = [_post(http, search) for _ in range(2)][-1]
            if b'"startsAt"' not in _post(http, questions.booking(slot_id, patient)):
                continue
            booked += shown in kept
            stale += shown in _post(http, search)
    if booked < len(pairs) // 2:
        raise AssertionError(f"Only {booked} of {len(pairs)} could be booked.")
    details = {"bookings": booked}
    return [Row("answers without an acknowledged booking", stale, "stale", 0, 0, less_is_better=True, details=details)]


def _post(http: httpx.Client, body: Body) -> bytes:
    headers = {"content-type": "application/json"} | ({"authorization": body[0]} if body[0] else {})
    return http.post("/graphql", content=body[1], headers=headers).content


def readers(bench: Bench) -> list[Row]:
    """How much longer searches take while a hundred people log in at once; hashing may use the other cores."""
    [span] = questions.spans(1, 3)
    environment = {**bench.environment, "ANSWER_CACHE_MIB": "0"}
    with started("server.py", "/health/ready", is_pinned=False, **environment) as server:
        search = questions.search(*span, 10)
        measured = [asyncio.run(log_ins.measure(server.url, search)) for _ in range(3 * bench.rounds + 1)][1:]
    before = [1000 * log_ins.percentile(times, 95) for times, _, _ in measured]
    during = [1000 * log_ins.percentile(times, 95) for _, times, _ in measured]
    waits = [wait for _, _, waits in measured for wait in waits]
    details = {
        "p95 before ms": median(before),
        "p95 during ms": median(during),
        "searches during": sum(len(times) for _, times, _ in measured),
        "log-ins refused as too many": waits.count(None),
        "last log-in s": max(wait for wait in waits if wait is not None),
    }
    ratio = median(after / ago for after, ago in zip(during, before, strict=True))
    return [Row("searches during 100 log-ins, p95", ratio, "x before", 2, 1.3, less_is_better=True, details=details)]


def letter(bench: Bench) -> list[Row]:
    """The instructions of sending a letter: counted by Valgrind, or else converted from CPU time."""
    asyncio.run(letters.write_due(bench.url, 20))
    spans = questions.spans(15_000, 11)
    searches = [("", questions.plain_search(*span, 50)) for span in spans]
    post(bench.theirs, bench.database, "/free", searches, seconds=2)
    searched = [post(bench.theirs, bench.database, "/free", searches, seconds=2).cpu_ms]
    with _sink() as port:
        environment = {**os.environ, "DATABASE_URL": bench.url, "SMTP_URL": f"smtp://127.0.0.1:{port}"}
        sent = json.loads(_send_letters(400, environment))
        counted = _count_minstr(environment)
    searched.append(post(bench.theirs, bench.database, "/free", searches, seconds=2).cpu_ms)
    spent = 1000 * sent["cpu"] / sent["letters"]
    converted = SEARCH_MINSTR * spent / median(searched)
    details = {"CPU ms": spent, "letters": sent["letters"], "per second": sent["letters"] / sent["seconds"]}
    if counted is not None:
        details["Minstr converted from CPU time"] = converted
    return [Row("a letter", counted or converted, "Minstr", 15, 8, less_is_better=True, details=details)]


def _send_letters(count: int, environment: dict[str, str], *prefix: str) -> str:
    command = [*prefix, sys.executable, "-m", "benchmarks.letters", str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def _count_minstr(environment: dict[str, str]) -> float | None:
    """Million instructions a letter, which hardly depends on the machine; None if Valgrind is not installed."""
    if not shutil.which("valgrind"):
        return None
    few, many = 20, 60  # the difference leaves out what starting the process takes
    counts = []
    for letters_sent in (few, many):
        with tempfile.NamedTemporaryFile("r") as log:
            valgrind = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log.name}")
            _send_letters(letters_sent, environment, *valgrind)
            [count] = re.findall(r"Collected : (\d+)", log.read())
            counts.append(int(count))
    return (counts[1] - counts[0]) / (many - few) / 1_000_000


@contextmanager
def _sink() -> Iterator[int]:
    """An SMTP server that accepts everything, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)
