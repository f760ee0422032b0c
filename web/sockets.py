"""GraphQL over WebSocket: the graphql-transport-ws protocol, strict about frames, patient for a while only."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.execution import PreExecutionError

import settings
from models import trace
from schema.context import Context
from schema.fault import Fault
from web import streams
from web.frames import flaw_of
from web.visitor import Visitor

MOST_OPERATIONS = 20  # at once over one socket
LONGEST_REASON = 120  # bytes: a close frame has room for 123
LAST_WORD_SECONDS = 30.0

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


class Conversation(BaseGraphQLTransportWSHandler[Visitor, None]):
    websocket: Adapter

    async def handle(self) -> None:
        trace.begin()
        if streams.are_too_many(self.context.address):
            await self.websocket.end(streams.CROWDED)
            return
        talk = asyncio.create_task(super().handle())
        over = asyncio.create_task(self.websocket.is_over.wait())
        stream = streams.Stream(Context(address=self.context.address), self.websocket.end)
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

    async def _send_result_stream(self, operation: Operation[Any, None], result_source: Any) -> None:
        """What is refused before a subscription begins is told as an error, also when an extension refused it."""
        await super()._send_result_stream(operation, _refused_first(result_source))

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


async def _refused_first(results: Any) -> AsyncGenerator[Any, None]:
    is_first = True
    async for result in results:
        errors = (is_first and result.data is None and result.errors) or []
        is_refused = bool(errors) and all(error.path is None for error in errors)
        yield PreExecutionError(data=None, errors=errors) if is_refused else result
        is_first = False
