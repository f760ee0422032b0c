"""A proxy to a database that can fall silent: it accepts bytes but never passes them on, like a frozen host."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Self
from urllib.parse import parse_qs, urlsplit


class SilentProxy:
    def __init__(self, socket_path: str) -> None:
        self.socket_path, self.port = socket_path, 0
        self._passing = asyncio.Event()
        self._passing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_change: Callable[[bool], None] = lambda is_silent: None

    @classmethod
    @asynccontextmanager
    async def before(cls, database_url: str) -> AsyncIterator[Self]:
        """Start a proxy in front of a PostgreSQL on a Unix socket."""
        query = parse_qs(urlsplit(database_url).query)
        proxy = cls(f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}")
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            for task in proxy._tasks:
                task.cancel()
            await asyncio.gather(*proxy._tasks, return_exceptions=True)

    def fall_silent(self) -> None:
        self._passing.clear()
        self.on_change(True)

    def speak_again(self) -> None:
        self._passing.set()
        self.on_change(False)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self.socket_path)
        for source, target in ((reader, ours), (theirs, writer)):
            task = asyncio.create_task(self._pass(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError):
                while data := await source.read(65536):
                    await self._passing.wait()
                    target.write(data)
                    await target.drain()
        finally:
            target.close()
