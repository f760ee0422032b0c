"""Limits for connections: the size of a request head, the time for a body, the number of connections per address."""

import asyncio
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import settings
from web.connection_timeouts import TimedHttpProtocol
from web.endpoint.caller import normalise_address

HEAD_BYTES = 16 * 1024  # the limit for a request line and its headers, as in most servers
LINGER_SECONDS = 1.0


class BoundedProtocol(TimedHttpProtocol):
    """Cuts a connection whose body takes twice BODY_SECONDS; the endpoint has already rejected such a body."""

    address: str | None = None  # the key for counting connections; None: not counted (a trusted proxy, a unix socket)
    _body: asyncio.TimerHandle | None = None
    _is_in_head, _is_refused = True, False
    _head_bytes = _received_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.address = _counted_address(self.client[0]) if self.client else None
        if self.address and self._count_neighbours() > settings.CONNECTIONS_PER_ADDRESS:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)
            self._close()

    def _count_neighbours(self) -> int:
        return sum(getattr(each, "address", None) == self.address for each in self.connections)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._received_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._received_bytes > HEAD_BYTES and not self._is_refused:
            self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes, self._received_bytes = True, 0, 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._is_refused:
            return
        if self._head_bytes > HEAD_BYTES:
            self._refuse_head()
            return
        self._cancel_body_timer()
        self._body = self.loop.call_later(2 * settings.BODY_SECONDS, self._close)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_refused:
            return
        self._cancel_body_timer()
        super().on_message_complete()
        if self.cycle and self.cycle.response_complete:  # answered before the whole body arrived: close the connection
            self._close()

    def handle_websocket_upgrade(self) -> None:
        self._cancel_body_timer()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as in uvicorn: the parser refers to this protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_body_timer()
        super().connection_lost(exc)

    def _cancel_body_timer(self) -> None:
        if self._body:
            self._body.cancel()
        self._body = None

    def _refuse_head(self) -> None:
        """Close only after the client has had time to send the rest; otherwise its system would discard the answer."""
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._body = self.loop.call_later(LINGER_SECONDS, self._close)

    def _refuse(self, status: HTTPStatus) -> None:
        self._is_refused = True
        text = f"{status.phrase}.\n".encode()
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        self.transport.write(f"{head}content-length: {len(text)}\r\nconnection: close\r\n\r\n".encode() + text)

    def _close(self) -> None:
        self.transport.close()
        self._time_reading()


@lru_cache(maxsize=4)
def _proxies(configured: str) -> tuple[IPv4Network | IPv6Network, ...] | None:
    """The networks of trusted proxies; None: every client is trusted."""
    names = [name.strip() for name in configured.split(",") if name.strip()]
    return None if "*" in names else tuple(ip_network(name) for name in names)


def _counted_address(host: str) -> str | None:
    """The address to count by; None for a trusted proxy, which connects for many clients and must limit them itself."""
    proxies = _proxies(settings.TRUSTED_PROXIES)
    try:
        is_proxy = proxies is None or any(ip_address(host) in network for network in proxies)
    except ValueError:
        return None
    return None if is_proxy else normalise_address(host)
