"""The protocol of sockets, with a method to write frames that are made once for many sockets."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

WRITE_NOW = "e-rejestracja.write_now"  # the name of `write_now` among the extensions of the ASGI scope


class SocketProtocol(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[WRITE_NOW] = self.write_now
        try:
            await super().run_asgi()
        finally:
            del extensions[WRITE_NOW]  # it refers to this protocol, which refers to the scope

    def write_now(self, message: bytes) -> bool:
        """Write a text message; return False if the client is behind or the socket is closing.

        Like `send`, but without waiting. It must not be called while a task is waiting in `send`.
        """
        if self.conn.state is not State.OPEN or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.conn.send_text(message)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True
