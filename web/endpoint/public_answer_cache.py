"""Caches public answers as bytes; versions that are read after each request has arrived show whether one is current."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import settings
from infra import clock, logs, metrics, rate_counters, tracing
from models.accounts.account import Language
from models.slots.answer_versions import DIRECTORY, Versions, VersionWatch
from schema.execution.public_answers import PublicAnswer, follow_answer
from web.endpoint.caller import COOKIE, negotiate_language, normalise_address

MAX_QUESTION_BYTES = 16 * 1024
OVERHEAD_BYTES = 2048  # an entry's memory in addition to its key and body
PRIVATE_QUESTIONS = 10_000  # the maximum number of requests that are remembered as not public
PATH = "/graphql"
CREDENTIALS = (b"authorization", COOKIE.encode())

log = logging.getLogger("schema.execution.operation")  # as for operations that the endpoint executes
Key = tuple[bytes, Language, bytes, bytes]


@dataclass(slots=True, eq=False)
class Entry:
    """An answer with everything that it depends on."""

    body: bytes
    headers: list[tuple[bytes, bytes]]
    versions: Versions
    clinics: frozenset[UUID] | None
    valid_until: datetime
    label: str
    log_line: dict[str, object]
    size: int = 0

    def is_current(self, versions: Versions) -> bool:
        if clock.now() >= self.valid_until:
            return False
        if versions is self.versions:
            return True
        if self.clinics is None:
            is_same = versions == self.versions
        else:
            is_same = all(versions.get(clinic_id) == self.versions[clinic_id] for clinic_id in self.clinics)
        if is_same:
            self.versions = versions  # the same object is faster to compare next time
        return is_same


class Answers:
    """Entries up to a total size. Above it, the clinic with the most bytes loses its least recently used entry, so a
    rush on one clinic does not drive out the others."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self._groups: dict[UUID | None, OrderedDict[Key, Entry]] = {}
        self._sizes: dict[UUID | None, int] = {}
        self._group_of: dict[Key, UUID | None] = {}

    def find(self, key: Key) -> Entry | None:
        if key not in self._group_of:
            return None
        group = self._groups[self._group_of[key]]
        group.move_to_end(key)
        return group[key]

    def put(self, key: Key, entry: Entry) -> None:
        self.remove(key)
        entry.size = len(entry.body) + len(key[0]) + OVERHEAD_BYTES
        if entry.size > self.limit // 10:
            return
        own = (entry.clinics or frozenset()) - {DIRECTORY}
        group = next(iter(own)) if len(own) == 1 else None
        self._group_of[key] = group
        self._groups.setdefault(group, OrderedDict())[key] = entry
        self._sizes[group] = self._sizes.get(group, 0) + entry.size
        self.size += entry.size
        while self.size > self.limit:
            largest = max(self._sizes, key=self._sizes.__getitem__)
            self.remove(next(iter(self._groups[largest])))

    def remove(self, key: Key) -> None:
        if key not in self._group_of:
            return
        group = self._group_of.pop(key)
        size = self._groups[group].pop(key).size
        self.size -= size
        self._sizes[group] -= size
        if not self._groups[group]:
            del self._groups[group], self._sizes[group]


class AnswerCache:
    """Wraps the GraphQL endpoint; any request that is not a public query passes through."""

    def __init__(self) -> None:
        self._watch: VersionWatch | None = None
        self._answers = Answers(0)
        self._flights: dict[Key, asyncio.Future[None]] = {}
        self._private: OrderedDict[Key, None] = OrderedDict()

    @asynccontextmanager
    async def run(self, url: str) -> AsyncIterator[None]:
        """Keep answers while this process serves."""
        self._answers = Answers(settings.ANSWER_CACHE_MIB * 1024 * 1024)
        self._watch = VersionWatch(url) if settings.ANSWER_CACHE_MIB else None
        try:
            yield
        finally:
            watch, self._watch = self._watch, None
            if watch:
                await watch.close()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            watch = self._watch
            if watch is None or (preferences := _preferences(scope)) is None:
                await app(scope, receive, send)
                return
            received, body = await _read(receive)
            replayed = _replay(received, receive)
            key: Key = (body, *preferences)
            if not body or key in self._private:
                await app(scope, replayed, send)
                return
            await self._answer(watch, key, app, scope, replayed, send)

        return answer

    async def _answer(
        self, watch: VersionWatch, key: Key, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        started = time.perf_counter()
        try:
            versions = await watch.look()
        except Exception:  # the database is unavailable: the endpoint reports it
            await app(scope, receive, send)
            return
        if (flight := self._flights.get(key)) is not None and not self._is_kept(key, versions):
            await asyncio.shield(flight)
        entry = self._answers.find(key)
        if entry is not None and entry.is_current(versions) and not await _is_limited(scope):
            await _give(entry, send, started)
        else:
            await self._ask(key, versions, app, scope, receive, send)

    def _is_kept(self, key: Key, versions: Versions) -> bool:
        entry = self._answers.find(key)
        return entry is not None and entry.is_current(versions)

    async def _ask(
        self, key: Key, versions: Versions, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the endpoint answer and, if the answer is public, cache it; identical requests wait for it."""
        flight = None
        if key not in self._flights:
            flight = self._flights[key] = asyncio.get_running_loop().create_future()
        sent: list[Message] = []

        async def note(message: Message) -> None:
            sent.append(message)
            if not message.get("more_body") and message["type"] == "http.response.body":
                self._keep(key, versions, answer, sent)
                self._land(key, flight)
            await send(message)

        try:
            with follow_answer() as answer:
                await app(scope, receive, note)
        finally:
            self._land(key, flight)

    def _land(self, key: Key, flight: asyncio.Future[None] | None) -> None:
        if flight is not None and not flight.done():
            flight.set_result(None)
            del self._flights[key]

    def _keep(self, key: Key, versions: Versions, answer: PublicAnswer, sent: Sequence[Message]) -> None:
        begin = sent[0]
        if answer.is_public is False:
            self._private[key] = None
            if len(self._private) > PRIVATE_QUESTIONS:
                self._private.popitem(last=False)
        if not answer.is_public or begin.get("status") != 200 or not answer.reading.is_known(versions):
            return
        self._answers.put(
            key,
            Entry(
                body=b"".join(message.get("body", b"") for message in sent[1:]),
                headers=[pair for pair in begin["headers"] if pair[0].lower() != b"x-request-id"],
                versions=versions,
                clinics=answer.reading.dependencies,
                valid_until=answer.reading.valid_until,
                label=answer.label,
                log_line=answer.log_line,
            ),
        )


def _preferences(scope: Scope) -> tuple[Language, bytes, bytes] | None:
    """The parts of a request, besides its body, that determine the answer; None if it carries credentials."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != PATH:
        return None
    language, accept, content_type = b"", b"", b""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            language = value
        elif name == b"accept":
            accept = value
        elif name == b"content-type":
            content_type = value
        elif name == b"authorization" or (name == b"cookie" and CREDENTIALS[1] in value):
            return None
    if b"event-stream" in accept or b"multipart" in accept or not content_type.startswith(b"application/json"):
        return None
    return _language(language), accept, content_type


@lru_cache(maxsize=1024)
def _language(header: bytes) -> Language:
    return negotiate_language(header.decode("latin-1"))


async def _read(receive: Receive) -> tuple[list[Message | TimeoutError], bytes]:
    """The messages received, and the whole body if it is short and arrived in time."""
    received: list[Message | TimeoutError] = []
    body, has_more = b"", True
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            while has_more and len(body) <= MAX_QUESTION_BYTES:
                message = await receive()
                received.append(message)
                body += message.get("body", b"")
                has_more = message.get("more_body", False) and message["type"] == "http.request"
    except TimeoutError as late:
        received.append(late)
    return received, b"" if has_more else body


def _replay(received: list[Message | TimeoutError], receive: Receive) -> Receive:
    waiting = received[::-1]

    async def replayed() -> Message:
        if not waiting:
            return await receive()
        message = waiting.pop()
        if isinstance(message, TimeoutError):
            raise message  # the endpoint says that the body took too long
        return message

    return replayed


async def _is_limited(scope: Scope) -> bool:
    """Count a request that this cache can answer; the endpoint counts those that it answers itself."""
    address = normalise_address(scope["client"][0] if scope["client"] else "")
    return await rate_counters.hit_often(settings.RATE_PER_ADDRESS, "address", address) is not None


async def _give(entry: Entry, send: Send, started: float) -> None:
    request_id = logs.current_request_id()
    with tracing.span("operation") as attributes:
        attributes |= {"name": entry.label, "outcome": "answered"}
        headers = [*entry.headers, (b"x-request-id", request_id.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": entry.body})
    seconds = time.perf_counter() - started
    metrics.OPERATIONS.labels(entry.label, "answered").inc()
    metrics.OPERATION_SECONDS.labels(entry.label).observe(seconds)
    line: dict[str, Any] = {**entry.log_line, "milliseconds": round(1000 * seconds, 1), "cached": True}
    log.info("operation", extra=line)
