"""Emptying the outbox: whatever is due is claimed, sent and signed off, some at once, each on its own."""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import settings
from models import figures, spans, trace
from models.message import Medium, Message, State, TooEarly, Unwanted

AT_ONCE = 8  # in this process: slow recipients hold up nobody else
LONGEST_DRAIN = 120.0  # seconds of claiming: a task that is cut off for its length sends again what it was sending

log = logging.getLogger(__name__)
_claiming: set[Medium] = set()
_once_more: set[Medium] = set()  # somebody came while another looked for what is due
_seats = {medium: asyncio.Semaphore(AT_ONCE) for medium in Medium}

Send = Callable[[Message], Awaitable[str | None]]  # gives the gateway's id, if there is one


class TryLater(Exception):
    """Not accepted for now; its text is the reason, without addresses, secrets or contents."""


class Refused(Exception):
    """Not accepted for good."""


class Misconfigured(TryLater):
    """Nothing will be accepted until an operator mends the settings or the account."""


async def drain(medium: Medium, send: Send) -> None:
    """Send what is due. Safe to run many at once; after a misconfiguration or a while the rest is left to the next."""
    obstacles: list[Misconfigured] = []
    end = time.monotonic() + LONGEST_DRAIN
    async with asyncio.TaskGroup() as sending, aclosing(_claimed(medium)) as claimed:
        async for message in claimed:
            task = sending.create_task(_deliver(message, send, obstacles))
            task.add_done_callback(lambda _: _seats[medium].release())
            if obstacles or time.monotonic() > end:
                break


async def _claimed(medium: Medium) -> AsyncGenerator[Message, None]:
    """As seats become free. One drain claims for all of this process: others would only queue up for seats."""
    if medium in _claiming:
        _once_more.add(medium)
        return
    _claiming.add(medium)
    try:
        while True:
            _once_more.discard(medium)
            if message := await _next(medium):
                yield message
            elif medium not in _once_more:
                return
    finally:
        _claiming.discard(medium)


async def _next(medium: Medium) -> Message | None:
    """A seat first, so that nothing is claimed that would then have to wait."""
    message = None
    await _seats[medium].acquire()
    try:
        message = await Message.claim(medium)
    finally:
        if message is None:
            _seats[medium].release()
    return message


async def _deliver(message: Message, send: Send, obstacles: list[Misconfigured]) -> None:
    trace.begin(message.request_id)
    try:
        with spans.span(f"send {message.medium.value}", kind=message.kind.value):
            await _try(message, send, obstacles)
        log.info("message", extra=_about(message) | {"state": message.state.value})
    except asyncio.CancelledError:  # the process stops
        await message.handed_back()
        raise
    except Exception as problem:  # such as a lost database: the lease will lapse, and another sender follows
        log.error("message_unfinished", extra=_about(message) | {"problem": place(problem)})
    figures.MESSAGES.labels(message.medium.value, message.state.value).inc()
    if message.state is State.FAILED:
        log.error("message_failed", extra=_about(message) | {"reason": message.reason})


async def _try(message: Message, send: Send, obstacles: list[Misconfigured]) -> None:
    try:
        async with asyncio.timeout(settings.SEND_TIMEOUT_SECONDS):
            gateway_id = await send(message)
    except Unwanted as unwanted:
        await message.dropped(str(unwanted))
    except TooEarly as early:
        await message.deferred(early.until)
    except Refused as refused:
        await message.failed(str(refused))
    except Misconfigured as obstacle:
        obstacles.append(obstacle)
        log.error(f"{message.medium.value}_gateway_misconfigured", extra=_about(message) | {"reason": str(obstacle)})
        await message.postponed(str(obstacle))
    except TryLater as delay:
        await message.postponed(str(delay))
    except TimeoutError:
        await message.postponed("no answer in time")
    except Exception as problem:
        log.error("message_not_sent", extra=_about(message) | {"problem": place(problem)})
        await message.postponed(f"unexpected {type(problem).__name__}")
    else:
        await message.sent(gateway_id)


def _about(message: Message) -> dict[str, str]:
    return {"message_id": str(message.id), "kind": message.kind.value}


def place(problem: Exception) -> str:
    """What went wrong and where, without the words of the error: they may quote people."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return type(problem).__name__ + where
