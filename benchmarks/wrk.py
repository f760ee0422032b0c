"""Load from wrk on the other core, and the CPU time that the server and PostgreSQL use per request."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import LOAD_CORE, ROOT, TICKS, Server, pinned

SCRIPT = Path(__file__).parent / "load" / "post.lua"
UNPACKED = ROOT / ".tools" / "wrk" / "usr"  # where `make bench` puts wrk if it is not installed


@dataclass(frozen=True)
class Sample:
    """One run of wrk. `cpu` is the time of the server's process, `database_cpu` that of all PostgreSQL processes."""

    requests: int
    seconds: float
    bad: int
    p50: float
    p95: float
    cpu: float
    database_cpu: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / max(1, self.requests)

    @property
    def database_ms(self) -> float:
        return 1000 * self.database_cpu / max(1, self.requests)


class Database:
    """The processes of the private PostgreSQL in this folder."""

    def __init__(self, folder: Path) -> None:
        self.pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def cpu_seconds(self) -> float:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return (sum(map(_used, children)) + _used(self.pid, with_ended=True)) / TICKS


def _used(pid: int | str, *, with_ended: bool = False) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return sum(map(int, fields[11 : 15 if with_ended else 13]))


def find_wrk() -> str:
    """The path of wrk; if it is nowhere, exit with a message that says what to do."""
    if found := shutil.which("wrk") or shutil.which(UNPACKED / "bin" / "wrk"):
        return found
    raise SystemExit("The load comes from wrk, which is not installed: install the package `wrk` (apt, dnf, brew).")


def post(
    server: Server,
    database: Database,
    path: str,
    bodies: Iterable[tuple[str, bytes]],
    *,
    seconds: int,
    connections: int = 16,
) -> Sample:
    """Post the bodies, each with the value of its `Authorization` header (or ""), in turn."""
    with tempfile.NamedTemporaryFile("wb", suffix=".bodies") as file:
        for authorization, body in bodies:
            file.write(authorization.encode() + b"\t" + body + b"\n")
        file.flush()
        command = [*pinned(LOAD_CORE), find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        command += ["-s", str(SCRIPT), server.url]
        environment = {**os.environ, "BODIES": file.name, "TARGET": path}
        libraries = [os.environ.get("LD_LIBRARY_PATH", ""), *map(str, UNPACKED.glob("lib/*-linux-*"))]
        environment["LD_LIBRARY_PATH"] = ":".join(filter(None, libraries))
        cpu, database_cpu = server.cpu_seconds, database.cpu_seconds
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    counted = json.loads(done.stdout.splitlines()[-1])
    return Sample(
        counted["requests"],
        counted["seconds"],
        counted["bad"],
        counted["p50"],
        counted["p95"],
        server.cpu_seconds - cpu,
        database.cpu_seconds - database_cpu,
    )
