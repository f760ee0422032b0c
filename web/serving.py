"""Serving: what uvicorn is told beside where to listen."""

from typing import Any

import settings
from web.patience import Impatient

SOCKETS: dict[str, Any] = {
    "ws_max_size": settings.BODY_LIMIT_BYTES,
    "ws_ping_interval": 20,
    "ws_ping_timeout": 20,
    "ws_per_message_deflate": False,  # compressing costs memory for each socket, and leaks by lengths
}
OPTIONS: dict[str, Any] = {
    "http": Impatient,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # web.protection trusts proxies, and only those that are configured
    "timeout_graceful_shutdown": int(settings.STOP_SECONDS),
    "timeout_worker_healthcheck": 60,  # 5 s, the default, kills who starts on a busy machine, again and again
    **SOCKETS,
}
