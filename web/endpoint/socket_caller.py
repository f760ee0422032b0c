"""The caller of a socket: identified by connection_init, a header of the handshake, or the cookie on our own page."""

import asyncio

from starlette.websockets import WebSocket
from strawberry.exceptions import ConnectionRejectionError

import settings
from models.accounts.account import Language
from schema.context import Context
from schema.execution.errors import BadUserInput
from web.endpoint.caller import (
    Credentials,
    build_context,
    negotiate_language,
    normalise_address,
    parse_bearer,
    read_credentials,
)
from web.endpoint.connections import Connection
from web.endpoint.failures import timed_out


class SocketCaller:
    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.connection_params: dict[str, object] = {}
        self.credentials = read_credentials(websocket)
        self.connection: Connection | None = None

    @property
    def address(self) -> str:
        return normalise_address(self.websocket.client.host if self.websocket.client else "")

    @property
    def language(self) -> Language:
        return negotiate_language(self.websocket.headers.get("accept-language", ""))

    async def authenticate(self) -> None:
        """Raise ConnectionRejectionError for invalid credentials."""
        given = self.connection_params.get("authorization", self.connection_params.get("Authorization"))
        if given is not None:
            self.credentials = Credentials(parse_bearer(given) if isinstance(given, str) else "")
        context = await self.build_context()
        if not context.is_known and self.credentials.by_cookie:  # its session has ended: the page gets public data only
            self.credentials = Credentials(None)
        if (given is not None or self.credentials.token) and not context.is_known:
            raise ConnectionRejectionError
        if self.connection:
            self.connection.context = context

    async def build_context(self) -> Context:
        """A new context per operation, so that no operation sees rows loaded by an earlier one."""
        try:
            async with asyncio.timeout(settings.OPERATION_SECONDS):
                context = await build_context(self.credentials, self.websocket, _refuse_cookie)
        except TimeoutError:
            raise timed_out(self.language) from None
        context.can_follow = True
        return context


def _refuse_cookie(token: str) -> None:
    if token:
        raise BadUserInput(
            pl="Przez WebSocket nie można ustawić pliku cookie: trzeba się zalogować zapytaniem HTTP.",
            en="No cookie can be set over a socket: log in by an HTTP request.",
        )
