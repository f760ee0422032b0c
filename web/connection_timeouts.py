"""Timeouts of connections, which uvicorn lacks: for heads that do not arrive and answers that are not read."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

import settings


class TimedHttpProtocol(HttpToolsProtocol):
    """Limits the time of each request head: the first from the opening of the connection, others from their first byte.

    Also cuts a connection if the unsent part of an answer stops shrinking; a client that reads slowly is not cut off.
    """

    _head: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._start_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_timer()

    def on_headers_complete(self) -> None:
        self._cancel_timer()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._time_reading()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._time_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        if self._reading:
            self._reading.cancel()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(settings.BODY_SECONDS, self.transport.close)

    def _cancel_timer(self) -> None:
        if self._head:
            self._head.cancel()
        self._head = None

    def _time_reading(self) -> None:
        if self._reading:
            self._reading.cancel()
        if unread := self.transport.get_write_buffer_size():
            self._reading = self.loop.call_later(settings.SOCKET_PATIENCE_SECONDS, self._cut_if_unread, unread)

    def _cut_if_unread(self, before: int) -> None:
        if self.transport.get_protocol() is not self:  # the connection has become a WebSocket, which has its own limits
            return
        if self.transport.get_write_buffer_size() >= before:
            self.transport.abort()
        else:
            self._time_reading()
