"""Answer versions: which clinics a public answer depends on, how long it stays true, and their versions."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from infra import clock

DIRECTORY = UUID(int=0)  # stands for the lists of clinics and doctors, and who works where
LOOK_SECONDS = 2.0
_VERSIONS = "SELECT clinic_id, version FROM answer_version"

Versions = Mapping[UUID, int]


class Reading:
    """The data that an answer was made from. `clinics` is None if it shows the slots of all clinics."""

    def __init__(self) -> None:
        self.clinics: set[UUID] | None = set()
        now = clock.local(clock.now())
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        self.valid_until = midnight  # at midnight the range of bookable days moves on

    def add(self, clinic_id: UUID | None, changes_at: Iterable[datetime]) -> None:
        """Record a read of the clinic's slots. `changes_at`: when they will change even if nothing is written."""
        if clinic_id is None:
            self.clinics = None
        elif self.clinics is not None:
            self.clinics.add(clinic_id)
        self.valid_until = min([self.valid_until, *changes_at])

    @property
    def dependencies(self) -> frozenset[UUID] | None:
        """The clinics on whose versions the answer depends; None for all of them."""
        return None if self.clinics is None else frozenset({DIRECTORY, *self.clinics})

    def is_known(self, versions: Versions) -> bool:
        """Whether everything that the answer depends on has a version."""
        return DIRECTORY in versions and (self.clinics is None or self.clinics <= versions.keys())


_current: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def follow_reading() -> Iterator[Reading]:
    """Record what is read in the block, by this task and by those that it starts."""
    reading = Reading()
    token = _current.set(reading)
    try:
        yield reading
    finally:
        _current.reset(token)


def current_reading() -> Reading | None:
    return _current.get()


class VersionWatch:
    """Reads the versions: one read serves all callers that were waiting when it began."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._statement: asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record] | None = None
        self._next: asyncio.Future[Versions] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._rows: list[asyncpg.Record] = []
        self._versions: Versions = {}

    async def look(self) -> Versions:
        """The versions at some moment after this call; a lost connection raises an error."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        waiting = self._next
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_all())
        return await asyncio.shield(waiting)

    async def _look_for_all(self) -> None:
        while (asked := self._next) is not None:
            self._next = None
            try:
                asked.set_result(await self._read())
            except Exception as problem:
                await self.close()
                asked.set_exception(problem)
                asked.exception()  # marks it as retrieved: the waiting callers may be gone

    async def _read(self) -> Versions:
        async with asyncio.timeout(LOOK_SECONDS):
            if self._statement is None:
                self._connection = await asyncpg.connect(self._url, server_settings={"application_name": "versions"})
                self._statement = await self._connection.prepare(_VERSIONS)
            rows = await self._statement.fetch()
        if rows != self._rows:
            self._rows, self._versions = rows, dict(rows)
        return self._versions

    async def close(self) -> None:
        connection, self._connection, self._statement = self._connection, None, None
        if connection is not None:
            connection.terminate()
