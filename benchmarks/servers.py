"""The servers that are measured: one process each, pinned to one core, and the CPU time that each has used."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = "0", "1"
UNLIMITED = {
    "RATE_PER_ADDRESS": "100000000/minute",
    "RATE_PER_ACCOUNT": "100000000/minute",
    "RATE_OF_SIGN_IN": "100000000/minute",
    "TRUSTED_PROXIES": "127.0.0.1",
    "SERVICE_OPENS": "00:00",
    "SERVICE_CLOSES": "24:00",
    "RATE_PER_PARTNER": "100000000/minute",
    "PARTNER_COST_PER_MINUTE": "1000000000",
    "SOCKETS_PER_ADDRESS": "2000",
    "DEMO": "false",
    "LOG_FORMAT": "json",
}


@dataclass
class Server:
    url: str
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """User and system time of the process and its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory_mib(self) -> float:
        """Resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def pinned(core: str) -> list[str]:
    """The command prefix that pins a process to one core, where the system supports it."""
    return ["taskset", "-c", core] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(script: str, ready_path: str, *, is_pinned: bool = True, **environment: str) -> Iterator[Server]:
    port = free_port()
    variables = {**os.environ, **UNLIMITED, **environment, "PORT": str(port)}
    command = [*(pinned(SERVER_CORE) if is_pinned else []), sys.executable, script]
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(url + ready_path, process)
            yield Server(url, process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with code {process.returncode}.")
        try:
            if httpx.get(url, timeout=5).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(url)
