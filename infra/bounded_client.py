"""The ORM's PostgreSQL client with bounds: few callers wait for a connection, and none for a database that is down."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import PoolConnectionWrapper, TransactionContextPooled
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

WAIT_SECONDS = 5.0
WAITING_PER_CONNECTION = 10  # how many callers may queue per connection
RETRY_SECONDS = 2
GIVE_BACK_SECONDS = 1.0  # the time that a rollback or a cancellation may take before the connection is cut

OF_URL = ("host", "port", "user", "password", "database")

log = logging.getLogger(__name__)


class Overloaded(Exception):
    """Too many callers are waiting for a connection, or this one has waited too long."""


# Nothing is broken: others hold the connections or locks, and the next try may succeed.
BUSY = (Overloaded, asyncpg.LockNotAvailableError, asyncpg.TooManyConnectionsError)


class DatabaseAway(ConnectionError):
    """A connection to the database cannot be opened."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(f"The database takes no connection: {type(reason).__name__}.")


@contextlib.contextmanager
def _opening() -> Iterator[None]:
    """Raise DatabaseAway if the pool has to open a connection and cannot."""
    try:
        yield
    except (OSError, asyncpg.CannotConnectNowError) as problem:  # a TimeoutError, too
        raise DatabaseAway(problem) from None


class Turns:
    """Limits how many callers have a connection at the same time, and how many wait for one, and for how long."""

    def __init__(self, limit: int, seconds: float | None = None) -> None:
        self.limit, self.seconds, self.waiting = limit, seconds, 0
        self._free = asyncio.Semaphore(limit)

    async def take(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # this does not wait, so it needs no time limit
            return
        if self.waiting >= self.limit * WAITING_PER_CONNECTION:
            raise Overloaded
        self.waiting += 1
        try:
            async with asyncio.timeout(self.seconds or WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded from None
        finally:
            self.waiting -= 1

    def give_back(self) -> None:
        self._free.release()


class BoundedClient(AsyncpgDBClient):
    """Statements that may wait for locks leave a quarter of the connections to others."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.turns = Turns(self.pool_maxsize)
        self.transactions = Turns(max(1, self.pool_maxsize * 3 // 4))

    @contextlib.asynccontextmanager
    async def transaction_turn(self) -> AsyncIterator[None]:
        """Count a single statement that may wait for locks as a transaction."""
        await self.transactions.take()
        try:
            yield
        finally:
            self.transactions.give_back()

    async def create_pool(self, **options: Any) -> asyncpg.Pool:
        """Pass only the configured URL (`dsn`), so that it means the same here as for connections outside the pool."""
        given = {name: value for name, value in options.items() if name not in OF_URL}
        return await asyncpg.create_pool(**given)

    def acquire_connection(self) -> Any:
        return BoundedConnection(self, self._pool_init_lock)

    def _in_transaction(self) -> Any:
        return BoundedTransaction(self, self._pool_init_lock)


class BoundedConnection(PoolConnectionWrapper[Any]):
    client: BoundedClient

    async def __aenter__(self) -> Any:
        await self.client.turns.take()
        try:
            with _opening():
                return await super().__aenter__()
        except BaseException:
            self.client.turns.give_back()
            raise

    async def __aexit__(self, *raised: Any) -> None:
        try:
            await _release(self.client, self.connection)
        finally:
            self.client.turns.give_back()


class BoundedTransaction(TransactionContextPooled):
    """A transaction that releases its connection when the database stops answering, even at BEGIN or ROLLBACK."""

    def __init__(self, parent: BoundedClient, pool_init_lock: asyncio.Lock) -> None:
        super().__init__(TransactionWrapper(parent), pool_init_lock)
        self.parent = parent

    async def __aenter__(self) -> Any:
        await self.parent.transactions.take()
        try:
            await self.parent.turns.take()
        except BaseException:
            self.parent.transactions.give_back()
            raise
        try:
            with _opening():
                await self.ensure_connection()
                self.client._connection = await _pool(self.parent).acquire()
        except BaseException:
            self._give_back()
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await self.client.begin()
        except BaseException:
            await self._leave()
            raise
        return self.client

    async def __aexit__(self, failure: Any, *more: Any) -> None:
        try:
            if self.client._finalized:
                return
            if failure is None:
                await self.client.commit()
            elif failure is not TransactionManagementError:  # a failed transaction cannot be rolled back
                await self._roll_back()
        finally:
            await self._leave()

    async def _roll_back(self) -> None:
        """Roll back and ignore errors, so that the caller sees the original failure."""
        with contextlib.suppress(TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self.client.rollback()

    async def _leave(self) -> None:
        try:
            await _release(self.parent, self.client._connection)
        finally:
            get_connections().reset(self.token)
            self._give_back()

    def _give_back(self) -> None:
        self.parent.turns.give_back()
        self.parent.transactions.give_back()


@translate_exceptions
async def fetch_rows(client: AsyncpgDBClient, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """The rows of any statement. (Tortoise returns no rows for INSERT, UPDATE and DELETE, even with RETURNING.)"""
    client.log.debug("%s: %s", sql, values)  # as Tortoise logs its own statements
    async with client.acquire_connection() as connection:
        rows: Sequence[Sequence[Any]] = await connection.fetch(sql, *values)
        return rows


def _pool(client: AsyncpgDBClient) -> asyncpg.Pool:
    if client._pool is None:
        raise asyncpg.InterfaceError("The pool is closed.")
    return client._pool


async def _release(client: AsyncpgDBClient, connection: Any) -> None:
    """Give the connection back; if its statement cannot be cancelled in time, close it without waiting any longer."""
    if client._pool is None:  # the pool was closed in the meantime
        return
    try:
        await client._pool.release(connection, timeout=GIVE_BACK_SECONDS)
    except TimeoutError:
        log.warning("database_connection_cut", extra={"seconds": GIVE_BACK_SECONDS})


client_class = BoundedClient  # Tortoise looks up this name in the module
