"""Stops a private PostgreSQL when nobody uses it any more, even after `kill -9` of its last user.

A process of its own, with nothing but the standard library: `python postgres_watch.py FOLDER`.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

FAST, AT_ONCE = signal.SIGINT, signal.SIGQUIT  # PostgreSQL's shutdown signals
PATIENCE_SECONDS = 30


def watch(directory: Path) -> None:
    with (directory / "watch.lock").open("w") as own, (directory / "users.lock").open("w") as users:
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another process is watching already
            return
        fcntl.flock(users, fcntl.LOCK_EX)  # each user holds a shared lock; the kernel releases it after a kill
        _stop(directory / "data" / "postmaster.pid")


def _stop(pidfile: Path) -> None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError, IndexError):  # it has stopped already
        pid, begun = int(pidfile.read_text().split()[0]), time.monotonic()
        os.kill(pid, FAST)
        while pidfile.exists() and time.monotonic() - begun < PATIENCE_SECONDS:
            os.kill(pid, 0)
            time.sleep(0.1)
        if pidfile.exists():
            os.kill(pid, AT_ONCE)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
