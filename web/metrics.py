"""Metrics: the figures for Prometheus, shown only to whom they are meant for."""

import hmac
import ipaddress
import logging
import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import settings
from models import figures

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where the processes of WORKERS add up their figures
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

log = logging.getLogger(__name__)


async def metrics(request: Request) -> Response:
    if not _may_read(request):
        return PlainTextResponse("Not for everybody: see METRICS_TOKEN in docs/operations.md.\n", 403)
    figures.look_at_pool()
    try:
        await figures.look()
    except Exception as problem:  # the figures of this process help to see why
        log.warning("figures_incomplete", extra={"problem": type(problem).__name__})
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _may_read(request: Request) -> bool:
    """By token; without one only this machine, and nobody whom a proxy on this machine speaks for."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if any(name in request.headers for name in FORWARDED) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _registry() -> CollectorRegistry:
    if SHARED not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library left it out
    return registry
