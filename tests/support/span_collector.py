"""A span collector on loopback, which speaks OTLP over HTTP and keeps all spans received."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Span:
    service: str
    name: str
    trace_id: str
    id: str
    parent_id: str
    attributes: dict[str, str]


class SpanCollector:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.heard = b""
        self.url = ""

    def keep(self, content: bytes) -> None:
        self.heard += content
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            service = _plain(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans += [
                    Span(
                        service,
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        _plain(span.attributes),
                    )
                    for span in scope.spans
                ]

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["SpanCollector"]:
        class Counter(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
                collector.keep(content)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Logs nothing."""

        collector, server = cls(), ThreadingHTTPServer(("127.0.0.1", 0), Counter)
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _plain(attributes: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in attributes}
