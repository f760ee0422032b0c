"""Starts `python server.py` without importing everything each time, by forking a process that has imported it.

That process, the fork server, is shared by all processes of a test run. A fork is a normal process with its own
environment, output and exit code, and `kill -9` ends it. It reads the settings from its own environment, so no module
that the fork server has imported may have read them already.
"""

import array
import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import runpy
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
LONGEST_REQUEST = 1 << 20
FOLDER = "PREPARED_FOLDER"  # an environment variable: the folder that all processes of one test run share
BROKER = "BROKER_URL"  # whether it is set decides what tasks.broker creates on import

# Modules that read settings on import. Each fork imports the first set again. The second set may be kept: only
# Tortoise's command line uses what infra.database reads; models.accounts.password reads WORKERS, but a process that
# starts several workers hashes no passwords itself; tasks.broker checks only whether BROKER_URL is set, and there is a
# fork server for each case.
READ_AT_IMPORT = {"server", "web.serving"}
MAY_BE_KEPT = {"infra.database", "models.accounts.password", "tasks.broker"}


class Forked:
    """A process started by the fork server, with the part of `subprocess.Popen` that the tests use."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], output: int = 2) -> None:
        exit_, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps([arguments, dict(environment)]).encode()
        server = _server(bool(environment.get(BROKER)))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [output, theirs.fileno()]))]
        server.sendmsg([request], rights)
        theirs.close()
        self.returncode: int | None = None
        self.pid = int(exit_.recv(32))
        self._exit = exit_

    def poll(self) -> int | None:
        with contextlib.suppress(TimeoutError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._exit.settimeout(timeout)
            try:
                self.returncode = int(self._exit.recv(32))
            except BlockingIOError:
                raise TimeoutError from None
            self._exit.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


@cache
def _server(has_broker: bool) -> socket.socket:
    """Connect to the run's fork server, and start it if this is the first process that needs it."""
    folder = Path(os.environ.get(FOLDER) or tempfile.mkdtemp(prefix="e-rej-"))
    folder.mkdir(parents=True, exist_ok=True)
    address = folder / f"fork{'-with-broker' * has_broker}.socket"
    with (folder / "fork.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            _start(address, has_broker)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_REQUEST)
    connection.connect(str(address))
    atexit.register(connection.close)
    return connection


def _start(address: Path, has_broker: bool) -> None:
    """The end of a test run ends it (tests/support/reaper.py), and outside test runs the end of this process does."""
    broker = {BROKER: "redis://of-another-process"} if has_broker else {}
    environment = {name: value for name, value in os.environ.items() if name != BROKER} | broker
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        listener.listen()
        command = [sys.executable, "-m", "tests.support.fork_server", str(listener.fileno())]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[listener.fileno()])
    if FOLDER not in environment:
        atexit.register(server.wait)
        atexit.register(server.kill)  # registered last, so called first
    server.returncode = 0  # nothing else waits for it


def main(listener: socket.socket) -> None:
    _import_service()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests handle Ctrl+C and stop their processes
    wakeup, woken = socket.socketpair()
    wakeup.setblocking(False)
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    exits: dict[int, socket.socket] = {}
    selector = selectors.DefaultSelector()
    for end in (listener, woken):
        selector.register(end, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            client: Any = key.fileobj
            if client is woken:
                woken.recv(4096)
                _report(exits)
            elif client is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
            elif not (request := socket.recv_fds(client, LONGEST_REQUEST, 2))[0]:
                selector.unregister(client)
                client.close()
            elif pid := os.fork():
                output, exit_ = request[1]
                os.close(output)
                exits[pid] = socket.socket(fileno=exit_)
                exits[pid].send(str(pid).encode())
            else:
                signal.set_wakeup_fd(-1)
                ends: list[Any] = [key.fileobj for key in selector.get_map().values()]
                selector.close()
                for end in (wakeup, *ends, *exits.values()):
                    end.close()
                arguments, environment = json.loads(request[0])
                output, exit_ = request[1]
                os.close(exit_)
                _become(arguments, environment, output)


def _import_service() -> None:
    """Import all modules that `server.py` imports, and drop those that read settings on import."""
    readers: set[str] = set()

    class Watched(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            if name.isupper():
                readers.add(_find_module_being_imported())
            return super().__getattribute__(name)

    import settings

    settings.__class__ = Watched
    importlib.import_module("server")
    settings.__class__ = ModuleType
    assert readers <= READ_AT_IMPORT | MAY_BE_KEPT, f"These read settings at import: {readers}"
    for name in READ_AT_IMPORT:
        del sys.modules[name]
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, memory that all forks share


def _find_module_being_imported() -> str:
    """The innermost module whose import is in progress."""
    frame: FrameType | None = sys._getframe(2)
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame.f_globals["__name__"] if frame else ""


def _read_settings() -> None:
    import settings

    refusal = settings.BadSetting
    importlib.reload(settings)
    settings.BadSetting = refusal  # type: ignore[misc]  # the one that other modules catch
    from infra import database

    database.SESSION_NAME = f"{database.APPLICATION} {secrets.token_hex(4)}"  # unique for each process


def _report(exits: dict[int, socket.socket]) -> None:
    while exits:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with exits.pop(pid) as exit_, contextlib.suppress(OSError):
            exit_.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(arguments: list[str], environment: dict[str, str], output: int) -> NoReturn:
    """Run `python server.py` in this process, as if it had been started that way."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.argv = arguments
    _read_settings()
    try:
        runpy.run_path(arguments[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = _say(end)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does on exit, but without tearing down
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


def _say(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
