"""The protocol of sockets, which also takes frames that are made once and written to many sockets."""

import struct
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WRITE_NOW = "e-rejestracja.write_now"  # an extension of ASGI: in the scope of a socket, the method of this name
_TEXT = 0x81  # a whole message of text


class SocketProtocol(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_NOW] = self.write_now
        await super().run_asgi()

    def write_now(self, message: bytes) -> bool:
        """Write a text message, unless the client is behind or the socket is closing: then False.

        It does what `send` does, without a task that waits for it: nothing may be waiting in `send` meanwhile.
        """
        if self.close_sent or not self.writable.is_set() or not self.handshake_complete or self.transport.is_closing():
            return False
        self.transport.write(_head(len(message)) + message)
        return True


def _head(length: int) -> bytes:
    """What precedes the message in its frame (RFC 6455, 5.2); a server does not mask."""
    if length < 126:
        return bytes((_TEXT, length))
    return struct.pack("!BBH", _TEXT, 126, length) if length < 65_536 else struct.pack("!BBQ", _TEXT, 127, length)
