"""A bounded list in Redis or Valkey as the broker of tasks."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from functools import cached_property

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from taskiq import AsyncBroker
from taskiq.message import BrokerMessage

import settings

QUEUE = "e-rejestracja:tasks"
MAX_LENGTH = 10_000
BLOCK_SECONDS = 1
PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


class RedisBroker(AsyncBroker):
    """A task may be lost here (its worker dies, the list is full) or run twice: the schedule repeats every task,
    and each task reads from the database what is due.
    """

    def __init__(self, url: str = "", *, queue: str = QUEUE, max_length: int = MAX_LENGTH) -> None:
        """Without a URL, the one in the settings is used."""
        super().__init__()
        self.url, self.queue, self.max_length = url, queue, max_length

    @cached_property
    def _redis(self) -> Redis:
        return Redis.from_url(
            self.url or settings.BROKER_URL,
            socket_connect_timeout=2,
            socket_timeout=BLOCK_SECONDS + 4,
            retry=Retry(NoBackoff(), 1, (ConnectionLost, NoAnswer)),  # an idle connection may turn out to be dead
        )

    async def ping(self) -> None:
        await self._redis.ping()

    async def kick(self, message: BrokerMessage) -> None:
        """Append a task; the oldest ones are dropped if no worker takes any."""
        async with self._redis.pipeline() as commands:
            commands.lpush(self.queue, message.message)
            commands.ltrim(self.queue, 0, self.max_length - 1)
            await commands.execute()

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Yield tasks endlessly, and wait while the server is unavailable."""
        while True:
            try:
                taken = await self._redis.brpop([self.queue], timeout=BLOCK_SECONDS)
            except RedisError as problem:
                log.error("broker_does_not_answer", extra={"problem": type(problem).__name__})
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if taken:
                yield taken[1]  # type: ignore[misc]  # bytes: this client decodes nothing

    async def shutdown(self) -> None:
        await super().shutdown()
        await self._redis.aclose()
