"""The outbox senders: claim due messages, send several at once and record the outcome of each."""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import settings
from infra import logs, metrics, tracing
from models.outbox import Medium, Message, MessageState, NoLongerWanted, TooEarly

MAX_CONCURRENT_SENDS = 8  # per medium and process: slow recipients do not hold up the others
MAX_CLAIMING_SECONDS = 120.0  # so that the task ends in time: if it is cut off, unfinished messages are sent again

log = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[str | None]]  # returns the gateway's id, if there is one


class TryLater(Exception):
    """The message was not accepted this time; the text is the reason, without addresses, secrets or contents."""


class Refused(Exception):
    """The message will never be accepted."""


class Misconfigured(TryLater):
    """No message will be accepted until an operator corrects the settings or the account."""


class OutboxSender:
    """Sends the due messages of one medium; there is one sender per medium and process."""

    def __init__(self, medium: Medium, send: Send) -> None:
        self.medium, self.send = medium, send
        self.places = asyncio.Semaphore(MAX_CONCURRENT_SENDS)
        self.is_claiming = False
        self.must_look_again = False  # another call came while this one was searching

    async def send_due(self) -> None:
        """Send what is due; calls may overlap. When misconfigured or out of time, leave the rest to the next call."""
        obstacles: list[Misconfigured] = []
        end = time.monotonic() + MAX_CLAIMING_SECONDS
        async with asyncio.TaskGroup() as sending, aclosing(self._claim_all(obstacles)) as claimed:
            async for message in claimed:
                task = sending.create_task(_deliver(message, self.send, obstacles))
                task.add_done_callback(lambda _: self.places.release())
                if obstacles or time.monotonic() > end:
                    break

    async def _claim_all(self, obstacles: list[Misconfigured]) -> AsyncGenerator[Message, None]:
        """Claim messages as places become free. One call serves the whole process: others would only queue."""
        if self.is_claiming:
            self.must_look_again = True
            return
        self.is_claiming = True
        try:
            while True:
                self.must_look_again = False
                if message := await self._claim_next(obstacles):
                    yield message
                elif not self.must_look_again:
                    return
        finally:
            self.is_claiming = False

    async def _claim_next(self, obstacles: list[Misconfigured]) -> Message | None:
        """Claim a message only once a place is free for it. None if no message is due or sending is blocked."""
        message = None
        await self.places.acquire()
        try:
            if not obstacles:
                message = await Message.claim(self.medium)
        finally:
            if message is None:
                self.places.release()
        return message


async def _deliver(message: Message, send: Send, obstacles: list[Misconfigured]) -> None:
    logs.bind_request_id(message.request_id)
    try:
        with tracing.span(f"send {message.medium.value}", kind=message.kind.value):
            await _try(message, send, obstacles)
        log.info("message", extra=_log_fields(message) | {"state": message.state.value})
    except asyncio.CancelledError:  # the process stops
        await message.hand_back()
        raise
    except Exception as problem:  # for example, the database is down: the lease expires and another sender takes over
        log.error("message_unfinished", extra=_log_fields(message) | {"problem": describe_failure(problem)})
    metrics.MESSAGES.labels(message.medium.value, message.state.value).inc()
    if message.state is MessageState.DUE and message.reason:
        tried = {"reason": message.reason, "tries": message.tries}
        log.warning("message_delayed", extra=_log_fields(message) | tried)
    if message.state is MessageState.FAILED:
        log.error("message_failed", extra=_log_fields(message) | {"reason": message.reason})


async def _try(message: Message, send: Send, obstacles: list[Misconfigured]) -> None:
    try:
        async with asyncio.timeout(settings.SEND_TIMEOUT_SECONDS):
            gateway_id = await send(message)
    except NoLongerWanted as unwanted:
        await message.drop(str(unwanted))
    except TooEarly as early:
        await message.defer(early.until)
    except Refused as refused:
        await message.fail(str(refused))
    except Misconfigured as obstacle:
        obstacles.append(obstacle)
        log.error(
            f"{message.medium.value}_gateway_misconfigured", extra=_log_fields(message) | {"reason": str(obstacle)}
        )
        await message.retry_later(str(obstacle))
    except TryLater as delay:
        await message.retry_later(str(delay))
    except TimeoutError:
        await message.retry_later("no answer in time")
    except Exception as problem:
        log.error("message_not_sent", extra=_log_fields(message) | {"problem": describe_failure(problem)})
        await message.retry_later(f"unexpected {type(problem).__name__}")
    else:
        await message.mark_sent(gateway_id)


def _log_fields(message: Message) -> dict[str, str]:
    return {"message_id": str(message.id), "kind": message.kind.value}


def describe_failure(problem: Exception) -> str:
    """The type and place of an error, without its text, which may quote personal data."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return type(problem).__name__ + where
