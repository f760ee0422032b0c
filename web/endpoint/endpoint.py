"""The whole endpoint: GraphQL over HTTP, WebSocket and event streams."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http import GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from infra import background, rate_counters
from models.events import partner_quota
from schema.context import Context
from schema.execution.errors import CodedError
from web.endpoint.connections import TOO_MANY, TOO_SLOW, OpenConnections
from web.endpoint.http import HttpEndpoint
from web.endpoint.media_types import prefers_stream
from web.endpoint.persisted import PersistedDocuments
from web.endpoint.public_answer_cache import AnswerCache
from web.endpoint.socket_caller import SocketCaller
from web.endpoint.sockets import SocketAdapter, SocketSession
from web.endpoint.sse import EventStream, until_ended, with_send_timeout

log = logging.getLogger(__name__)
INIT_TIMEOUT = timedelta(seconds=10)
PLACE = "e-rejestracja.place"
COME_AGAIN_SECONDS = 10  # by then, connections that were cut are detected
TRANSPORTS: Mapping[str, type[HTTPStreamTransport]] = {GRAPHQL_SSE_PROTOCOL: EventStream}


class GraphQLEndpoint(HttpEndpoint):
    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketSession  # type: ignore[assignment]  # its context is a SocketCaller
    stream_transport_classes_by_protocol = TRANSPORTS

    def __init__(self, schema: BaseSchema, connections: OpenConnections) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=None,  # web/endpoint/sockets.py limits them and answers with a code
        )
        self.connections = connections
        self.persisted = PersistedDocuments()
        self.answers = AnswerCache()

    @asynccontextmanager
    async def attend(self, url: str) -> AsyncIterator[None]:
        """Run the shared parts of this process: rate counters, cached answers and the checks of open connections."""
        settled = rate_counters.counters.run(), partner_quota.budgets.run()
        async with settled[0], settled[1], self.answers.run(url), self.connections.watch():
            yield
            await background.finish()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
        else:
            try:
                await super().__call__(scope, receive, send)
            finally:
                if PLACE in scope:
                    self.connections.leave_place(scope[PLACE])

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Any page may connect: public data are for everybody, and the cookie is accepted from our own pages only."""
        return True

    async def get_context(self, request: Any, response: Any) -> Any:
        if isinstance(request, WebSocket):
            return SocketCaller(request)
        context = request.state.caller = await super().get_context(request, response)
        context.can_follow = prefers_stream(request.headers.get("accept", ""))
        if context.can_follow:
            self._take_place(request.scope, context)
        return context

    def _take_place(self, scope: Scope, context: Context) -> None:
        """From here until its answer ends, the stream counts against the limit of its address."""
        if not self.connections.take_place(context.address):
            raise CodedError(
                TOO_MANY.error_code, context.language, TOO_MANY.message, retryAfterSeconds=COME_AGAIN_SECONDS
            )
        scope[PLACE] = context.address

    async def on_ws_connect(self, context: Any) -> Any:
        await context.authenticate()
        return UNSET

    def encode_json(self, data: object) -> Any:
        encoded: str | bytes = super().encode_json(data)
        return encoded.decode() if isinstance(encoded, bytes) else encoded  # bytes would become binary frames

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        data = await super().parse_http_body(request)
        if isinstance(data, GraphQLRequestData) and prefers_stream(request.headers.get("accept", "")):
            data.protocol = "sse"
        return data

    async def execute_operation(self, request: Any, *arguments: Any, **named: Any) -> Any:
        request.state.results = await super().execute_operation(request, *arguments, **named)
        return request.state.results

    async def create_streaming_response(
        self, request: Any, stream: Any, sub_response: Response, headers: Mapping[str, str]
    ) -> Response:
        chunks = until_ended(stream, request.state.results, request.state.caller, self.connections)
        return EventStreamResponse(chunks(), headers={**sub_response.headers, **headers})


class EventStreamResponse(StreamingResponse):
    """An event stream that is dropped when its client does not read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]  # a generator of ours
                await super().__call__(scope, receive, with_send_timeout(send))
        except TimeoutError:
            log.info("stream_dropped", extra={"reason": TOO_SLOW.error_code})
        except ClientDisconnect:
            return
