"""A local server that answers as SMSAPI does, with real sockets and invented telephone numbers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, bytes]


def error(code: object) -> Answer:
    words = {"error": code, "message": "Quoted: 48501234567", "invalid_numbers": [{"number": "48501234567"}]}
    return 200, json.dumps(words).encode()


class SmsServer:
    def __init__(self, port: int) -> None:
        self.port = port
        self.accepted: dict[str, dict[str, str]] = {}  # forms by idx
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str | None] = []
        self.answers: list[Answer] = []  # the answers to give next, before the normal ones
        self.silent = threading.Event()
        self.closing = threading.Event()

    def answer(self, form: dict[str, str]) -> Answer:
        self.asked.append(form)
        if self.silent.is_set():
            self.closing.wait(5)
        if self.answers:
            return self.answers.pop(0)
        idx = form["idx"]
        if idx in self.accepted and form.get("check_idx") == "1":
            return error(53)
        self.accepted[idx] = form
        queued = {"id": f"ID{len(self.accepted)}", "points": 0.16, "number": form["to"], "status": "QUEUE", "idx": idx}
        return 200, json.dumps({"count": 1, "list": [queued]}).encode()

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["SmsServer"]:
        class Counter(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                gateway.tokens.append(self.headers["Authorization"])
                assert self.path == "/sms.do"
                status, content = gateway.answer({name: value[0] for name, value in parse_qs(raw).items()})
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                is_known = self.path == "/profile" and self.headers["Authorization"] == "Bearer token"
                self.send_response(200 if is_known else 401)
                content = b'{"username": "diamed", "points": 100}' if is_known else b'{"error": "unauthorized"}'
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Logs nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
        gateway = cls(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield gateway
        finally:
            gateway.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()
