"""Spans: traces for OpenTelemetry, one an operation, a task and an SQL statement; off unless an exporter is named."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import settings
from models import trace

SAID = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?(\w+)", re.IGNORECASE)
PURPOSE = re.compile(r"\s*(\w+)")
PATIENCE_SECONDS = 3  # with a collector that does not answer, at the end too
TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")

_provider: Any = None


def start(role: str, exporter: Any = None) -> None:
    """Send spans to OTEL_EXPORTER_OTLP_ENDPOINT (or to `exporter`, in tests), batched in the background."""
    global _provider
    if not (settings.OTEL_EXPORTER_OTLP_ENDPOINT or exporter):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise settings.BadSetting(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the packages of requirements-tracing.txt."
        ) from None
    _provider = TracerProvider(resource=Resource.create({"service.name": f"e-rejestracja-{role}"}), id_generator=_ids())
    _provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(timeout=PATIENCE_SECONDS)))


def stop() -> None:
    """Send what is left."""
    global _provider
    if _provider:
        _provider.shutdown()
        _provider = None


def are_on() -> bool:
    return _provider is not None


@contextmanager
def span(name: str, carried: str | None = None, **attributes: str) -> Iterator[dict[str, str]]:
    """A span around what happens inside; `carried` continues a trace of another process.

    What is put into the given dictionary becomes attributes at the end; "name" renames the span.
    """
    late: dict[str, str] = {}
    if _provider is None:
        yield late
        return
    tracer, context = _provider.get_tracer("e-rejestracja"), _context(carried)
    with tracer.start_as_current_span(name, context=context, record_exception=False) as current:
        try:
            yield late
        finally:
            current.update_name(late.pop("name", name))
            current.set_attributes({"request_id": trace.current(), **attributes, **late})


def carry() -> str | None:
    """What another process needs to continue this trace (W3C traceparent)."""
    if _provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """A trace has the id of its request, so that logs, messages and traces lead to each other."""

        def generate_trace_id(self) -> int:
            return _wanted() or super().generate_trace_id()

    return Ids()


def _wanted() -> int:
    request_id = trace.current()
    return int(request_id, 16) if TRACE_ID.fullmatch(request_id) else 0


def _context(carried: str | None) -> Any:
    """What the span belongs to: the carried trace; the current span; or, for another request's work, a trace anew."""
    from opentelemetry.context import Context
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if carried:
        return TraceContextTextMapPropagator().extract({"traceparent": carried})
    return None if get_current_span().get_span_context().trace_id == _wanted() else Context()


async def follow(connection: Any) -> None:
    """Called for every new connection to the database."""
    if _provider is not None:
        connection.add_query_logger(_statement)


def _statement(record: Any) -> None:
    """A span after the fact: the verb and the table, never the values; only inside of an operation or a task."""
    from opentelemetry.trace import get_current_span

    if _provider is None or not get_current_span().get_span_context().is_valid:
        return
    end = time.time_ns()
    verb, table = PURPOSE.match(record.query), SAID.search(record.query)
    name = " ".join(part[1] for part in (verb, table) if part)
    tracer = _provider.get_tracer("e-rejestracja")
    statement = tracer.start_span(
        name, start_time=end - int(record.elapsed * 1e9), attributes={"db.system": "postgresql"}
    )
    if record.exception is not None:
        statement.set_attribute("error.type", type(record.exception).__name__)
    statement.end(end)
