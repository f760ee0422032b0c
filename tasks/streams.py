"""Streams of Redis or Valkey as the broker: what its package leaves open between restarts, crashes and lost lines."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from taskiq import AckableMessage
from taskiq.message import BrokerMessage
from taskiq_redis import RedisStreamBroker

QUEUE = "e-rejestracja"
LONGEST = 10_000  # messages in the stream: the oldest are trimmed, all of them can be repeated
AT_ONCE = 10
BLOCK_SECONDS = 1.0
IDLE_SECONDS = 600.0  # a message that nobody finished in this time is another worker's: above tasks.following.LONGEST
PAUSE_SECONDS = 1.0
FORGOTTEN_AFTER_SECONDS = 3600.0  # a living consumer asks every second

log = logging.getLogger(__name__)


class Streams(RedisStreamBroker):
    """Tasks carry no arguments: each looks into the database for what is due, and is safe to repeat."""

    def __init__(
        self, url: str, *, queue: str = QUEUE, idle_seconds: float = IDLE_SECONDS, longest: int = LONGEST
    ) -> None:
        super().__init__(
            url,
            queue_name=queue,
            consumer_group_name=queue,
            consumer_id="0",  # the default, "$", loses what was sent before the first worker started
            maxlen=longest,
            idle_timeout=int(idle_seconds * 1000),
            xread_block=int(BLOCK_SECONDS * 1000),
            xread_count=AT_ONCE,
            socket_connect_timeout=2,
            socket_timeout=BLOCK_SECONDS + 4,
        )

    def _redis(self) -> Redis:
        return Redis(connection_pool=self.connection_pool)

    async def ping(self) -> None:
        await self._redis().ping()

    async def startup(self) -> None:
        """Join the queue; without a server the work begins nevertheless, and the queue is joined when it is back."""
        try:
            await super().startup()
            if self.is_worker_process:
                await self._forget_dead_consumers()
        except RedisError as problem:
            log.error("broker_does_not_answer", extra={"problem": type(problem).__name__})

    async def shutdown(self) -> None:
        if self.is_worker_process:
            with suppress(RedisError):
                await self._forget(self.consumer_name)
        await super().shutdown()

    async def kick(self, message: BrokerMessage) -> None:
        """Once more on a new connection when an old one turns out to be dead."""
        try:
            await super().kick(message)
        except (NoConnection, NoAnswer):
            await super().kick(message)

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """New messages and those of dead workers, for ever: a lost server is waited for, a lost queue made anew."""
        while True:
            try:
                for id_, message in [*await self._new(), *await self._abandoned()]:
                    yield AckableMessage(data=message.get(b"data", b""), ack=self._signing_off(id_))
            except RedisError as problem:
                log.error("broker_does_not_answer", extra={"problem": type(problem).__name__})
                await asyncio.sleep(PAUSE_SECONDS)
                with suppress(RedisError):
                    await self._declare_consumer_group()

    async def _new(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        fetched: Any = await self._redis().xreadgroup(
            self.consumer_group_name, self.consumer_name, {self.queue_name: ">"}, count=self.count, block=self.block
        )
        return [entry for _, entries in fetched or [] for entry in entries]

    async def _abandoned(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Also when nothing new has come: the package looks only then."""
        claimed: Any = await self._redis().xautoclaim(
            self.queue_name,
            self.consumer_group_name,
            self.consumer_name,
            min_idle_time=self.idle_timeout,
            count=AT_ONCE,
        )
        return [(id_, message) for id_, message in claimed[1] if message]

    def _signing_off(self, id_: bytes) -> Callable[[], Awaitable[None]]:
        async def ack() -> None:
            try:
                await self._redis().xack(self.queue_name, self.consumer_group_name, id_)
            except RedisError:  # it will be done once more
                log.warning("task_not_signed_off")

        return ack

    async def _forget_dead_consumers(self) -> None:
        """Those killed leave their names behind; one with unfinished messages is kept until others have taken them."""
        for consumer in await self._redis().xinfo_consumers(self.queue_name, self.consumer_group_name):
            if consumer["idle"] > FORGOTTEN_AFTER_SECONDS * 1000:
                await self._forget(consumer["name"])

    async def _forget(self, name: bytes | str) -> None:
        """Only without unfinished messages: they would be forgotten with it."""
        mine: Any = await self._redis().xpending_range(
            self.queue_name,
            self.consumer_group_name,
            min="-",
            max="+",
            count=1,
            consumername=name,
        )
        if not mine:
            await self._redis().xgroup_delconsumer(self.queue_name, self.consumer_group_name, name)
