"""The endpoint as a whole: GraphQL over HTTP, and what lasts: over sockets and over event streams."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http import GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UNSET

from web import streams
from web.event_stream import EventStream, ended_in_time, patient
from web.graphql import Endpoint
from web.sockets import Adapter, Conversation
from web.visitor import Visitor

log = logging.getLogger(__name__)
INIT_PATIENCE = timedelta(seconds=10)
TRANSPORTS: Mapping[str, type[HTTPStreamTransport]] = {GRAPHQL_SSE_PROTOCOL: EventStream}


class LiveEndpoint(Endpoint):
    websocket_adapter_class = Adapter
    graphql_transport_ws_handler_class = Conversation  # type: ignore[assignment]  # its context is a Visitor
    stream_transport_classes_by_protocol = TRANSPORTS

    def __init__(self, schema: BaseSchema) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=INIT_PATIENCE,
            max_subscriptions_per_connection=None,  # web/sockets.py counts, and answers with a code
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
        else:
            await super().__call__(scope, receive, send)

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Any page may watch what everybody may see; a visitor's cookie counts for pages of our own only."""
        return True

    async def get_context(self, request: Any, response: Any) -> Any:
        if isinstance(request, WebSocket):
            return Visitor(request)
        context = request.state.caller = await super().get_context(request, response)
        context.can_follow = self._get_stream_transport_from_headers(request.headers) is not None
        if context.can_follow and streams.are_too_many(context.address):
            raise HTTPException(429, streams.CROWDED.reason)
        return context

    async def on_ws_connect(self, context: Any) -> Any:
        await context.be_admitted()
        return UNSET

    def encode_json(self, data: object) -> Any:
        encoded: str | bytes = super().encode_json(data)
        return encoded.decode() if isinstance(encoded, bytes) else encoded  # bytes would make binary frames

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        data = await super().parse_http_body(request)
        if isinstance(data, GraphQLRequestData) and self._get_stream_transport_from_headers(request.headers):
            data.protocol = "sse"
        return data

    async def execute_operation(self, request: Any, *arguments: Any, **named: Any) -> Any:
        result = await super().execute_operation(request, *arguments, **named)
        if isinstance(result, ExecutionResult | list):
            return result
        return told(result)

    async def create_streaming_response(
        self, request: Any, stream: Any, sub_response: Response, headers: Mapping[str, str]
    ) -> Response:
        lasting = ended_in_time(stream, request.state.caller)
        return Lasting(lasting(), headers={**sub_response.headers, **headers})


class Lasting(StreamingResponse):
    """An event stream whose consumer keeps up; one that does not read is dropped."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]  # a generator of ours
                await super().__call__(scope, receive, patient(send))
        except TimeoutError:
            log.info("stream_dropped", extra={"reason": streams.TOO_SLOW.error_code})
        except ClientDisconnect:
            return


async def told(results: Any) -> AsyncGenerator[Any, None]:
    """The results of an operation; what an extension refuses before it begins is told as an error of it."""
    try:
        async with aclosing(results):
            async for result in results:
                yield result
    except GraphQLError as refused:
        yield PreExecutionError(data=None, errors=[refused])
