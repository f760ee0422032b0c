"""Starts the service as an operator would, on a free port with its own database, runs a command and stops it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS_OPEN = {"SERVICE_OPENS": "00:00", "SERVICE_CLOSES": "24:00"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit(f"The service ended with {server.returncode}.")
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{url}/health/ready", timeout=1)  # noqa: S310 - our own service on loopback
            return
        time.sleep(0.2)
    raise SystemExit("The service did not become ready in 60 seconds.")


@contextlib.contextmanager
def serving(**more: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="e-rejestracja-conformance-") as data:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, **ALWAYS_OPEN, "PORT": str(port), "DATA_DIR": data, **more}
        with (Path(data) / "log").open("wb") as log:
            server = subprocess.Popen([sys.executable, "server.py"], cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                _wait(url, server)
                yield url
            finally:
                server.terminate()
                server.wait(20)


def main() -> int:
    with serving() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "SERVICE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
