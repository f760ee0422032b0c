"""The visitor behind a socket: told in connection_init, in the handshake's header, or by the cookie of our own page."""

from starlette.websockets import WebSocket
from strawberry.exceptions import ConnectionRejectionError

from schema.context import Context
from schema.fault import BadInput
from web import streams
from web.caller import Credentials, bearer, context_with, network, token_of


class Visitor:
    def __init__(self, connection: WebSocket) -> None:
        self.connection = connection
        self.connection_params: dict[str, object] = {}
        self.credentials = token_of(connection)
        self.stream: streams.Stream | None = None

    @property
    def address(self) -> str:
        return network(self.connection.client.host if self.connection.client else "")

    async def be_admitted(self) -> None:
        """ConnectionRejectionError for credentials that are good for nothing."""
        told = self.connection_params.get("authorization", self.connection_params.get("Authorization"))
        if told is not None:
            self.credentials = Credentials(bearer(told) if isinstance(told, str) else "")
        context = await self.context()
        if context.role is None and self.credentials.by_cookie:  # one that ended: to its page everybody's is shown
            self.credentials = Credentials(None)
        if (told is not None or self.credentials.token) and context.role is None:
            raise ConnectionRejectionError
        if self.stream:
            self.stream.context = context

    async def context(self) -> Context:
        """A new one for each operation: what one has read, another does not take for new."""
        context = await context_with(self.credentials, self.connection, _no_cookie)
        context.can_follow = True
        return context


def _no_cookie(token: str) -> None:
    if token:
        raise BadInput("No cookie can be set here: log in by an ordinary request.")
