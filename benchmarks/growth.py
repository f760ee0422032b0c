"""How much longer a search takes when the database has five times as many slots."""

from benchmarks import big_database, questions
from benchmarks.rows import Bench, median
from benchmarks.servers import started
from benchmarks.table import Row
from benchmarks.wrk import Database, Sample, post

GROWN_DAYS = 450  # 2.52 million slots; the searches are for the same days


def growth(bench: Bench) -> list[Row]:
    """Both servers answer the same searches in the same rounds, without a cache."""
    pairs: list[tuple[Sample, Sample]] = []
    with big_database.provide(GROWN_DAYS) as (url, folder):
        environment = {**bench.environment, "DATABASE_URL": url, "ANSWER_CACHE_MIB": "0"}
        with started("server.py", "/health/ready", **environment) as grown:
            database = Database(folder)
            for n in range(-1, bench.rounds):
                seconds = bench.seconds if n >= 0 else 2  # the first round only warms up
                searches = [("", questions.search(*span, 50)) for span in questions.spans(15_000, n)]
                small = post(bench.cold, bench.database, "/graphql", searches, seconds=seconds)
                large = post(grown, database, "/graphql", searches, seconds=seconds)
                questions.check_answered(grown, "/graphql", searches[0])
                if n >= 0:
                    pairs.append((small, large))
    details = {
        "requests/s": median(large.rate for _, large in pairs),
        "with 504,000 slots": median(small.rate for small, _ in pairs),
        "PostgreSQL ms": median(large.database_ms for _, large in pairs),
        "with 504,000 slots, ms": median(small.database_ms for small, _ in pairs),
    }
    ratio = median(small.rate / large.rate for small, large in pairs)
    return [Row("growth from 0.5 to 2.5 million slots, search", ratio, "x time", 1.3, 1.1, True, details)]
