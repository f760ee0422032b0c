"""Metrics for Prometheus, shown to authorised readers only."""

import hmac
import ipaddress
import logging
import os
import tempfile

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import settings
from infra import metrics as gauges
from models import outbox, outbox_backlog
from models.events import event_log

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"
FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

log = logging.getLogger(__name__)


def share_metrics() -> None:
    """Make the folder in which the processes of WORKERS combine their metrics; they inherit its name."""
    os.environ[MULTIPROCESS_DIR] = tempfile.mkdtemp(prefix="e-rejestracja-metrics-")


async def metrics(request: Request) -> Response:
    if not _is_allowed(request):
        return PlainTextResponse("Not allowed: see METRICS_TOKEN in docs/operations.md.\n", 403)
    gauges.collect_pool()
    try:
        await _collect_backlogs()
    except Exception as problem:  # this process's own metrics still help to find the cause
        log.warning("metrics_incomplete", extra={"problem": type(problem).__name__})
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _is_allowed(request: Request) -> bool:
    """Allow readers with the token; if none is configured, only clients on this machine without a proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if any(name in request.headers for name in FORWARDING_HEADERS) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def _collect_backlogs() -> None:
    """Set the gauges whose values come from the database."""
    messages = await outbox_backlog.measure()
    for medium in outbox.Medium:
        states = {state: messages.get((medium, state), outbox_backlog.Backlog()) for state in outbox_backlog.STATES}
        for state, found in states.items():
            gauges.OUTBOX.labels(medium.value, state.value).set(found.messages)
        gauges.OUTBOX_AGE.labels(medium.value).set(max(found.age for found in states.values()))
    waiting, lag = await event_log.measure_relay_lag()
    gauges.EVENTS_WAITING.set(waiting)
    gauges.RELAY_LAG.set(lag)


def _registry() -> CollectorRegistry:
    if MULTIPROCESS_DIR not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no annotation
    return registry
