"""OpenTelemetry spans per operation, task, message and SQL statement; off without OTEL_EXPORTER_OTLP_ENDPOINT."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import settings
from infra import logs

TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?(\w+)", re.IGNORECASE)
VERB = re.compile(r"\s*(\w+)")
EXPORT_TIMEOUT_SECONDS = 3  # limits the wait for a collector that does not answer, even when the process stops
TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")

_provider: Any = None


def start(role: str) -> None:
    """Send spans to OTEL_EXPORTER_OTLP_ENDPOINT, in batches, from a thread of their own."""
    global _provider
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(
        resource=Resource.create({"service.name": f"e-rejestracja-{role}"}), id_generator=_id_generator()
    )
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_TIMEOUT_SECONDS)))


def stop() -> None:
    """Send the remaining spans."""
    global _provider
    if _provider:
        _provider.shutdown()
        _provider = None


@contextmanager
def span(name: str, traceparent: str | None = None, **attributes: str) -> Iterator[dict[str, str]]:
    """Wrap a block in a span; `traceparent` continues the trace of another process.

    The entries of the dictionary it yields become attributes at the end; the entry "name" renames the span.
    """
    final: dict[str, str] = {}
    if _provider is None:
        yield final
        return
    tracer, context = _provider.get_tracer("e-rejestracja"), _context(traceparent)
    with tracer.start_as_current_span(name, context=context, record_exception=False) as current:
        try:
            yield final
        finally:
            current.update_name(final.pop("name", name))
            current.set_attributes({"request_id": logs.current_request_id(), **attributes, **final})


def current_traceparent() -> str | None:
    """The W3C traceparent with which another process continues this trace."""
    if _provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _id_generator() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class RequestIdGenerator(RandomIdGenerator):
        """A trace uses the id of its request, so that logs, messages and traces can be linked."""

        def generate_trace_id(self) -> int:
            return _request_trace_id() or super().generate_trace_id()

    return RequestIdGenerator()


def _request_trace_id() -> int:
    request_id = logs.current_request_id()
    return int(request_id, 16) if TRACE_ID.fullmatch(request_id) else 0


def _context(traceparent: str | None) -> Any:
    """The parent: `traceparent`, else the current span if it belongs to the same request, else none (a new trace)."""
    from opentelemetry.context import Context
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if traceparent:
        return TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    return None if get_current_span().get_span_context().trace_id == _request_trace_id() else Context()


async def instrument(connection: Any) -> None:
    """Called for every new database connection."""
    if _provider is not None:
        connection.add_query_logger(_record_statement)


def _record_statement(record: Any) -> None:
    """A span for a statement that has ended, with its verb and table and no values; only within another span."""
    from opentelemetry.trace import get_current_span

    if _provider is None or not get_current_span().get_span_context().is_valid:
        return
    end = time.time_ns()
    verb, table = VERB.match(record.query), TABLE.search(record.query)
    name = " ".join(part[1] for part in (verb, table) if part)
    tracer = _provider.get_tracer("e-rejestracja")
    statement = tracer.start_span(
        name, start_time=end - int(record.elapsed * 1e9), attributes={"db.system": "postgresql"}
    )
    if record.exception is not None:
        statement.set_attribute("error.type", type(record.exception).__name__)
    statement.end(end)
