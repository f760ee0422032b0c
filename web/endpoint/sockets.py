"""GraphQL over WebSocket: the graphql-transport-ws protocol with strict frames, time limits and coded refusals."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.execution import PreExecutionError

import settings
from infra import logs
from schema.context import Context
from schema.execution.errors import CodedError, code_error
from schema.execution.shared_answers import SharedData
from web.endpoint.connections import TOO_MANY, TOO_SLOW, UNAUTHENTICATED, Connection, EndReason, OpenConnections
from web.endpoint.failures import count
from web.endpoint.frames import END, find_flaw, head_of_next, write_payload, write_shared
from web.endpoint.socket_caller import SocketCaller
from web.socket_protocol import WRITE_NOW

MAX_OPERATIONS = 20  # simultaneous operations per socket
MAX_REASON_BYTES = 120  # bytes: a close frame has room for 123
CLOSE_SECONDS = 30.0

log = logging.getLogger(__name__)


class SocketAdapter(ASGIWebSocketAdapter):
    """Sends to a client that keeps up; closes the socket of one that does not read."""

    def __init__(self, view: Any, request: WebSocket, response: WebSocket) -> None:
        super().__init__(view, request, response)
        self.is_over = asyncio.Event()
        self._write_now: Callable[[bytes], bool] | None = request.scope.get("extensions", {}).get(WRITE_NOW)

    async def send_json(self, message: Any) -> None:
        await self.send_text(str(self.view.encode_json(message)))

    async def send_text(self, text: str) -> None:
        if self.is_over.is_set():
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(settings.SOCKET_PATIENCE_SECONDS):
                await self.ws.send_text(text)
        except WebSocketDisconnect:
            raise WebSocketDisconnected from None
        except TimeoutError:
            log.info("stream_dropped", extra={"reason": TOO_SLOW.error_code})
            await self.end(TOO_SLOW)
            raise WebSocketDisconnected from None
        except (OSError, RuntimeError):  # closed in the meantime by either side
            raise WebSocketDisconnected from None

    def write_now(self, text: bytes) -> bool:
        """Write without waiting; False if the client is behind or the server does not support it."""
        return self._write_now is not None and not self.is_over.is_set() and self._write_now(text)

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state == WebSocketState.CONNECTED == self.ws.client_state:
            short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
            with suppress(OSError, RuntimeError):
                await self.ws.close(code, short)

    async def end(self, reason: EndReason) -> None:
        """Close with a reason and stop; the close frame waits a while for a client that does not read."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.close(reason.close_code, reason.message)
        self.is_over.set()


class SocketSession(BaseGraphQLTransportWSHandler[SocketCaller, None]):
    websocket: SocketAdapter

    async def handle(self) -> None:
        logs.bind_request_id()
        connections: OpenConnections = self.view.connections  # type: ignore[attr-defined]  # our endpoint has them
        if not connections.take_place(self.context.address):
            await self.websocket.end(TOO_MANY)
            return
        try:
            await self._serve(connections)
        finally:
            connections.leave_place(self.context.address)

    async def _serve(self, connections: OpenConnections) -> None:
        session = asyncio.create_task(super().handle())
        over = asyncio.create_task(self.websocket.is_over.wait())
        self.context.connection = Connection(Context(address=self.context.address), self.websocket.end)
        with connections.register(self.context.connection):
            try:
                await asyncio.wait({session, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.cancel()
                session.cancel()
                [outcome, _] = await asyncio.gather(session, over, return_exceptions=True)
        if isinstance(outcome, Exception):
            failed = count(code_error(outcome, self.context.language))
            await self.websocket.close(1011, failed.message)

    async def handle_message(self, message: Any) -> None:
        if flaw := find_flaw(message):
            await self.websocket.close(4400, flaw)
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        is_new = self.connection_acknowledged and message["id"] not in self.operations
        if is_new and len(self.operations) >= MAX_OPERATIONS:
            error = CodedError("RATE_LIMITED", "EN", f"At most {MAX_OPERATIONS} operations at once per socket.")
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [error.formatted]})
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        logs.bind_request_id()
        try:
            context = await self.context.build_context()
            if not context.is_known and self.context.credentials.token:
                await self.websocket.end(UNAUTHENTICATED)
                return
            results = await self._results(operation, context)
            async with aclosing(results):
                await self._send_results(operation, context, results)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except WebSocketDisconnected:
            return
        except Exception as error:  # the caller could not be looked up, or the answer could not be written
            with suppress(WebSocketDisconnected):
                await operation.send_initial_errors([count(code_error(error, self.context.language))])
        finally:
            if self.operations.get(operation.id) is operation:
                del self.operations[operation.id]
            operation.task = None  # avoids a cycle: a task that was cancelled refers to this operation

    async def _send_results(self, operation: Operation[Any, None], context: Context, results: Any) -> None:
        """Send the results; an operation that is refused, even by an extension, gets an `error` frame instead."""
        is_first = True
        async for result in results:
            if is_first and _is_refusal(result):
                await operation.send_initial_errors(result.errors)
                return
            is_first = False
            if operation.completed:
                return
            if (text := write_shared(operation.id, result)) is not None:
                await self.websocket.send_text(text)
                self._divert(operation, context, result)
            else:
                await operation.send_next(result)

    def _divert(self, operation: Operation[Any, None], context: Context, result: Any) -> None:
        """Write further shared answers as soon as they are made, without waking up the operation for each of them."""
        if context.divert is None or context.reading_audit is not None:  # the execution records what staff see
            return
        data: SharedData = result.data
        repeat, head, extensions = data.repeater(), head_of_next(operation.id), result.extensions

        def take(event: object) -> bool:
            if self.operations.get(operation.id) is not operation or (answer := repeat(event)) is None:
                return False
            return self.websocket.write_now(b"".join((head, write_payload(answer, extensions), END)))

        context.divert(take)
        context.divert = None

    async def _results(self, operation: Operation[Any, None], context: Context) -> Any:
        return await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
        )

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> None:
        """None: an invalid document is an error of its operation and does not close the connection."""


def _is_refusal(result: Any) -> bool:
    """Whether nothing was executed, for example because an extension refused; only field errors have a path."""
    if isinstance(result, PreExecutionError):
        return True
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors)
