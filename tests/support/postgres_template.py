"""The files of a migrated PostgreSQL: made once per run of the tests, then copied."""

import fcntl
import os
import subprocess
from pathlib import Path

from tests.support.fork_server import Forked

FOLDER = "PREPARED_FOLDER"  # in the environment, of all processes of one run of the tests


def copy_to(data: Path, *, demo: bool = False) -> None:
    """Put the files at `data`, where there are none: migrated, and empty or with the demo. No run of tests: nothing."""
    if FOLDER in os.environ and not data.exists():
        data.parent.mkdir(parents=True, exist_ok=True)
        _copy(_made("demo" if demo else "bare"), data)


def _made(name: str) -> Path:
    home = Path(os.environ[FOLDER]) / name
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "is_made").exists():
            if name == "demo":
                copy_to(home / "postgres" / "data")
            environment = {**os.environ, "DATA_DIR": str(home), "DEMO": "1" if name == "demo" else "0"}
            assert Forked(["server.py", "migrate"], environment).wait() == 0
            (home / "is_made").touch()
    return home / "postgres" / "data"


def _copy(made: Path, data: Path) -> None:
    subprocess.run(["cp", "-a", made, data], check=True)  # with their owner: root's PostgreSQL is another user
