"""GraphQL over WebSocket: the graphql-transport-ws protocol, strict about frames, patient for a while only."""

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation

import settings
from models import trace
from schema.context import Context
from schema.fault import BadInput, Fault
from web import streams
from web.caller import Credentials, bearer, context_with, token_of

MOST_OPERATIONS = 20  # at once over one socket
LONGEST_REASON = 120  # bytes: a close frame has room for 123
LAST_WORD_SECONDS = 30.0
WITH_PAYLOAD = ("connection_init", "ping", "pong")

log = logging.getLogger(__name__)


class Adapter(ASGIWebSocketAdapter):
    """Sends while the consumer keeps up; one that does not read is told so, and dropped."""

    def __init__(self, view: Any, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)
        self.is_over = asyncio.Event()

    async def send_json(self, message: Any) -> None:
        if self.is_over.is_set():
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(settings.SOCKET_PATIENCE_SECONDS):
                await super().send_json(message)
        except TimeoutError:
            log.info("stream_dropped", extra={"reason": streams.TOO_SLOW.error_code})
            await self.end(streams.TOO_SLOW)
            raise WebSocketDisconnected from None
        except (OSError, RuntimeError):  # closed meanwhile, by either side
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state == WebSocketState.CONNECTED == self.ws.client_state:
            short = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
            with suppress(OSError, RuntimeError):
                await self.ws.close(code, short)

    async def end(self, ending: streams.Ending) -> None:
        """Say why and stop; the word waits a while for a consumer that does not read."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self.close(ending.close_code, ending.reason)
        self.is_over.set()


class Visitor:
    """Who is behind a socket: told in connection_init, in the handshake's header, or by the cookie of our own page."""

    def __init__(self, connection: WebSocket) -> None:
        self.connection = connection
        self.connection_params: dict[str, object] = {}
        self.credentials = token_of(connection)
        self.stream: streams.Stream | None = None

    async def be_admitted(self) -> None:
        """ConnectionRejectionError for credentials that are good for nothing."""
        told = self.connection_params.get("authorization", self.connection_params.get("Authorization"))
        if told is not None:
            self.credentials = Credentials(bearer(told) if isinstance(told, str) else "")
        context = await self.context()
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


class Conversation(BaseGraphQLTransportWSHandler[Visitor, None]):
    websocket: Adapter

    async def handle(self) -> None:
        trace.begin()
        talk = asyncio.create_task(super().handle())
        over = asyncio.create_task(self.websocket.is_over.wait())
        stream = streams.Stream(Context(), self.websocket.end)
        self.context.stream = stream
        with streams.listed(stream):
            try:
                await asyncio.wait({talk, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.cancel()
                talk.cancel()
                [outcome, _] = await asyncio.gather(talk, over, return_exceptions=True)
        if isinstance(outcome, Exception):
            log.error("socket_failed", exc_info=outcome)
            await self.websocket.close(1011, "Something went wrong on our side.")

    async def handle_message(self, message: Any) -> None:
        if flaw := flaw_of(message):
            await self.websocket.close(4400, flaw)
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        is_new = self.connection_acknowledged and message["id"] not in self.operations
        if is_new and len(self.operations) >= MOST_OPERATIONS:
            fault = Fault("RATE_LIMITED", "EN", f"At most {MOST_OPERATIONS} operations at once over a socket.")
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [fault.formatted]})
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        trace.begin()
        try:
            context = await self.context.context()
            if context.role is None and self.context.credentials.token:
                await self.websocket.end(streams.UNAUTHENTICATED)
                return
            results = await self._results(operation, context)
            async with aclosing(results):
                await self._send_result_stream(operation, results)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except WebSocketDisconnected:
            return
        except GraphQLError as refused:  # by an extension, before anything was carried out
            await operation.send_initial_errors([refused])
        except Exception:
            log.exception("operation_failed")
            await self.websocket.close(1011, "Something went wrong on our side.")
        finally:
            if self.operations.get(operation.id) is operation:
                del self.operations[operation.id]

    async def _results(self, operation: Operation[Any, None], context: Context) -> Any:
        return await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
        )

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> None:
        """A document that cannot be run is an error of its operation, not of the connection."""


def flaw_of(message: Any) -> str | None:
    """What is wrong with a frame, in the words of the protocol's reference implementation where it has some."""
    if not isinstance(message, dict):
        return "Message is expected to be a JSON object."
    if not isinstance(message.get("type"), str):
        return "Message is missing the 'type' property."
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "Message is expected to have an 'id', a string that is not empty."
    payload = message.get("payload")
    if message["type"] == "subscribe":
        return _flaw_of_operation(payload)
    if "payload" in message and message["type"] in WITH_PAYLOAD and not isinstance(payload, dict):
        return "The 'payload' is expected to be a JSON object."
    return None


def _flaw_of_operation(payload: Any) -> str | None:
    if not isinstance(payload, dict):
        return "The 'payload' is expected to be a JSON object."
    if not isinstance(payload.get("query"), str):
        return "The payload's 'query' is expected to be a string."
    if not isinstance(payload.get("operationName"), str | None):
        return "The payload's 'operationName' is expected to be a string."
    for name in ("variables", "extensions"):
        if not isinstance(payload.get(name), dict | None):
            return f"The payload's '{name}' is expected to be a JSON object."
    return None
