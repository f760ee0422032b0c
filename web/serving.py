"""Options for uvicorn other than the address to listen on."""

from typing import Any

import settings
from web.bounded_protocol import BoundedProtocol
from web.socket_protocol import SocketProtocol

SOCKET_OPTIONS: dict[str, Any] = {
    "ws": SocketProtocol,
    "ws_max_size": settings.BODY_LIMIT_BYTES,
    "ws_ping_interval": 20,
    "ws_ping_timeout": 20,
    "ws_per_message_deflate": False,  # compression takes memory per socket and leaks content by its length
}
SERVER_OPTIONS: dict[str, Any] = {
    "http": BoundedProtocol,
    "timeout_keep_alive": 5,  # seconds without a request after which a connection is closed
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # web/security_headers.py trusts the configured proxies only
    "timeout_graceful_shutdown": int(settings.STOP_SECONDS),
    "timeout_worker_healthcheck": 60,  # the default of 5 s keeps killing workers that start on a busy machine
    **SOCKET_OPTIONS,
}
