"""The rows of the benchmark: each measures both servers, one after the other in every round, and compares them."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import asyncpg

from benchmarks import questions, sockets
from benchmarks.line import Line, lines
from benchmarks.questions import Body
from benchmarks.servers import Server
from benchmarks.table import Row
from benchmarks.wrk import Database, Sample, post
from infra import crypto

PARTNER = "Bearer erp_benchmark"


@dataclass
class Bench:
    """`ours` caches answers, `cold` does not, `theirs` is the yardstick. Other servers start with `environment`."""

    url: str
    environment: dict[str, str]
    database: Database
    ours: Server
    cold: Server
    theirs: Server
    rounds: int
    seconds: int

    def compare(
        self,
        name: str,
        ours: tuple[Server, str, Callable[[int], Iterable[Body]]],
        theirs: tuple[str, Callable[[int], Iterable[Body]]],
        must: float | None = None,
        goal: float | None = None,
    ) -> Row:
        """Measure both servers in each round, the yardstick first; return the median ratio of requests per second."""
        server, path, bodies = ours
        pairs: list[tuple[Sample, Sample]] = []
        for n in range(-1, self.rounds):  # the first round only warms up connections and query plans
            seconds = self.seconds if n >= 0 else 2
            yard = post(self.theirs, self.database, theirs[0], theirs[1](n), seconds=seconds)
            own = post(server, self.database, path, bodies(n), seconds=seconds)
            if n >= 0:
                pairs.append((yard, own))
        questions.check_answered(server, path, next(iter(bodies(0))))
        if any(sample.bad for pair in pairs for sample in pair):
            raise AssertionError(f"{name}: transport errors.")
        return _row(name, pairs, must, goal)


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _row(name: str, pairs: list[tuple[Sample, Sample]], must: float | None, goal: float | None) -> Row:
    yards, mine = [yard for yard, _ in pairs], [own for _, own in pairs]
    details = {
        "requests/s": median(own.rate for own in mine),
        "b's": median(yard.rate for yard in yards),
        "CPU ms per request": median(own.cpu_ms for own in mine),
        "b's CPU ms": median(yard.cpu_ms for yard in yards),
        "of PostgreSQL": median(own.database_ms for own in mine),
        "b's PostgreSQL ms": median(yard.database_ms for yard in yards),
        "CPU ratio": median(yard.cpu_ms / own.cpu_ms for yard, own in pairs if own.cpu_ms),
        "p95 ms": median(own.p95 for own in mine),
    }
    return Row(name, median(own.rate / yard.rate for yard, own in pairs), "x b", must, goal, details=details)


def _searches(rows: int, authorization: str = "") -> Callable[[int], list[Body]]:
    return lambda n: [(authorization, questions.search(*span, rows)) for span in questions.spans(15_000, n)]


def _plain_searches(rows: int) -> Callable[[int], list[Body]]:
    return lambda n: [("", questions.plain_search(*span, rows)) for span in questions.spans(15_000, n)]


def _hot(bodies: Callable[[int], list[Body]], count: int = 40) -> Callable[[int], list[Body]]:
    """The same few questions again and again."""
    return lambda n: list(islice(bodies(0), count))


def search_cold(bench: Bench) -> list[Row]:
    questions.check_search(bench.cold, bench.theirs, "", 50)
    ours = (bench.cold, "/graphql", _searches(50))
    return [bench.compare("50 free slots, cold", ours, ("/free", _plain_searches(50)), 0.20, 0.40)]


def search_hot(bench: Bench) -> list[Row]:
    questions.check_search(bench.ours, bench.theirs, "", 50)
    ours, theirs = _hot(_searches(50)), _hot(_plain_searches(50))
    return [bench.compare("50 free slots, hot", (bench.ours, "/graphql", ours), ("/free", theirs), 2.0, 4.0)]


def search_long(bench: Bench) -> list[Row]:
    questions.check_search(bench.cold, bench.theirs, PARTNER, 500)
    ours, theirs = _searches(500, PARTNER), _plain_searches(500)
    return [bench.compare("500 free slots", (bench.cold, "/graphql", ours), ("/free", theirs), 0.20, 0.55)]


def book(bench: Bench) -> list[Row]:
    pairs = asyncio.run(questions.bookable_pairs(bench.url, 6_000 * (bench.rounds + 1)))
    share = len(pairs) // (bench.rounds + 1)
    slots = asyncio.run(questions.yardstick_slots(bench.url, 30_000 * (bench.rounds + 1)))
    many = len(slots) // (bench.rounds + 1)

    def ours(n: int) -> list[Body]:
        return [questions.booking(*pair) for pair in pairs[(n + 1) * share : (n + 2) * share]]

    def theirs(n: int) -> list[Body]:
        return [questions.plain_booking(slot, 1) for slot in slots[(n + 1) * many : (n + 2) * many]]

    questions.check_booking(bench.ours, bench.theirs, *pairs.pop())
    began = asyncio.run(_count_bookings(bench.url))
    row = bench.compare("book", (bench.ours, "/graphql", ours), ("/book", theirs), 0.15, 0.25)
    row.details["booked"] = asyncio.run(_count_bookings(bench.url)) - began
    return [row]


async def _count_bookings(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM visit"))
    finally:
        await connection.close()


def rivals(bench: Bench) -> list[Row]:
    """64 patients try to book one slot at the same moment: the time until all have their answers."""
    pairs = asyncio.run(questions.bookable_pairs(bench.url, 64 * 40))
    ratios, mine, yards = [], [], []
    for n in range(3 * bench.rounds):
        slot_id, _ = pairs[n]
        patients = [patient for _, patient in pairs[64 * n : 64 * n + 64]]
        theirs = [questions.plain_booking(slot_id, patient) for patient in patients]
        ours = [questions.booking(slot_id, patient) for patient in patients]
        yards.append(asyncio.run(_at_once(bench.theirs, "/book", theirs)))
        mine.append(asyncio.run(_at_once(bench.ours, "/graphql", ours)))
        ratios.append(mine[-1] / yards[-1])
    details = {"ms": 1000 * median(mine), "b's ms": 1000 * median(yards)}
    return [Row("64 rivals, all answered", median(ratios), "x b's time", 4, 2, less_is_better=True, details=details)]


async def _at_once(server: Server, path: str, bodies: list[Body]) -> float:
    """Seconds from sending all requests at once, over open connections, to the last answer."""
    async with lines(server.url, len(bodies)) as opened:
        began = time.perf_counter()
        await asyncio.gather(*(_ask(line, path, body) for line, body in zip(opened, bodies, strict=True)))
        return time.perf_counter() - began


async def _ask(line: Line, path: str, body: Body) -> None:
    await line.post(path, body[1], {"authorization": body[0]} if body[0] else {})


def mixture(bench: Bench) -> list[Row]:
    """07:00: one of twenty requests books; the others repeat the queries of the first patients."""
    rounds = bench.rounds + 1
    pairs = asyncio.run(questions.bookable_pairs(bench.url, 2_000 * rounds))
    slots = asyncio.run(questions.yardstick_slots(bench.url, 3_000 * rounds))

    def ours(n: int) -> list[Body]:
        return _mixed(_hot(_searches(50))(0), [questions.booking(*pair) for pair in pairs[n + 1 :: rounds]])

    def theirs(n: int) -> list[Body]:
        bookings = [questions.plain_booking(slot, 1) for slot in slots[n + 1 :: rounds]]
        return _mixed(_hot(_plain_searches(50))(0), bookings)

    name = "07:00: 95 % searches, 5 % bookings"
    return [bench.compare(name, (bench.ours, "/graphql", ours), ("/mixed", theirs))]


def _mixed(searches: list[Body], bookings: list[Body]) -> list[Body]:
    found = []
    for place, booking in enumerate(bookings):
        found += [searches[(19 * place + n) % len(searches)] for n in range(19)]
        found.append(booking)
    return found


def move(bench: Bench) -> list[Row]:
    """Visits move to free slots of the same clinic; the yardstick takes one slot and frees another."""
    rounds = bench.rounds + 1
    moves = asyncio.run(questions.possible_moves(bench.url, 4_000 * rounds))
    slots = asyncio.run(questions.yardstick_slots(bench.url, 20_000 * rounds))

    def ours(n: int) -> list[Body]:
        return [questions.moving(*each) for each in moves[n + 1 :: rounds]]

    def theirs(n: int) -> list[Body]:
        mine = slots[n + 1 :: rounds]
        return [questions.plain_moving(*pair) for pair in zip(mine[::2], mine[1::2], strict=False)]

    return [bench.compare("move", (bench.ours, "/graphql", ours), ("/move", theirs))]


def fan_out(bench: Bench) -> list[Row]:
    """The cost of a change to the server process for each socket that receives it."""
    found = []
    for sockets_, changes in ((200, 60), (1_000, 15)):
        servers_ = [(bench.theirs, "/watch"), (bench.ours, "/graphql")]
        pairs = [asyncio.run(sockets.measure(bench.url, servers_, sockets_, changes)) for _ in range(bench.rounds)]
        details = {"CPU us": 1000 * median(own for _, own in pairs), "b's": 1000 * median(yard for yard, _ in pairs)}
        ratio = median(own / max(yard, 1e-6) for yard, own in pairs)
        name = f"slotChanges to {sockets_:,} sockets, per delivery"
        found.append(Row(name, ratio, "x b's CPU", 2, 1.1, less_is_better=True, details=details))
    return found


async def add_partner(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            """INSERT INTO partner (id, name, clinic_ids, shows_references, created_at, tokens, refilled_at)
            SELECT bench_id(6, 1), 'Benchmark', array_agg(id), true, now(), 1e9, now() FROM clinic"""
        )
        await connection.execute(
            "INSERT INTO partner_key (id, partner_id, key_hash, created_at)"
            " VALUES (bench_id(7, 1), bench_id(6, 1), $1, now())",
            crypto.hash_token(PARTNER.removeprefix("Bearer ")),
        )
    finally:
        await connection.close()
