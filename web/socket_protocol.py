"""The protocol of sockets, which also takes frames that are made once and written to many sockets."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

WRITE_NOW = "e-rejestracja.write_now"  # an extension of ASGI: in the scope of a socket, the method of this name


class SocketProtocol(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_NOW] = self.write_now
        await super().run_asgi()

    def write_now(self, message: bytes) -> bool:
        """Write a text message, unless the client is behind or the socket is closing: then False.

        It does what `send` does, without a task that waits for it: nothing may be waiting in `send` meanwhile.
        """
        if self.conn.state is not State.OPEN or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.conn.send_text(message)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True
