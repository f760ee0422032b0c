"""Patience with connections: who does not finish the head of a request in time is cut off; uvicorn would wait on."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

import settings


class Impatient(HttpToolsProtocol):
    """From the beginning of a connection, and of each further request on it, until its head has come."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        self._relax()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(settings.BODY_SECONDS, self.transport.close)

    def _relax(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None
