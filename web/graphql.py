"""GraphQL over HTTP: strict JSON in, one JSON answer out whatever happens, one log line an operation.

Sockets and event streams begin here too; what is theirs alone is in web/sockets.py and web/event_stream.py.
"""

import logging
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.exceptions import HTTPException as Refused
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UNSET

from models import trace
from schema.context import Context
from schema.fault import SENTENCES
from web.caller import context_of, language_of
from web.event_stream import EventStream, ended_in_time, patient
from web.sockets import Adapter, Conversation, Visitor

log = logging.getLogger(__name__)
GRAPHQL_JSON = "application/graphql-response+json"
INIT_PATIENCE = timedelta(seconds=10)
STREAMS: Mapping[str, type[HTTPStreamTransport]] = {GRAPHQL_SSE_PROTOCOL: EventStream}


class Endpoint(GraphQL[Context, None]):
    websocket_adapter_class = Adapter
    graphql_transport_ws_handler_class = Conversation  # type: ignore[assignment]
    stream_transport_classes_by_protocol = STREAMS

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
            return
        request = Request(scope, receive)
        request_id = trace.begin()
        try:
            response = await self.run(request)
        except HTTPException as refused:
            response = _error(refused.status_code, "BAD_USER_INPUT", refused.reason)
        except Refused as refused:  # such as 413: the body is too large
            response = _error(refused.status_code, "BAD_USER_INPUT", refused.detail)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("request_failed")
            column = 1 if language_of(request.headers.get("accept-language", "")) == "PL" else 0
            sentence = SENTENCES["INTERNAL_SERVER_ERROR"][column]
            response = _error(500, "INTERNAL_SERVER_ERROR", sentence, requestId=request_id)
        response.headers["x-request-id"] = request_id
        response.headers["cache-control"] = "no-store"
        if isinstance(response, StreamingResponse):
            await self._stream(response, scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _stream(self, response: StreamingResponse, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(response.body_iterator):  # type: ignore[type-var]  # a generator of ours
                await response(scope, receive, patient(send))
        except TimeoutError:
            log.info("stream_dropped", extra={"reason": "TOO_SLOW"})
        except ClientDisconnect:
            return

    async def create_streaming_response(
        self, request: Any, stream: Any, sub_response: Response, headers: Mapping[str, str]
    ) -> Response:
        bounded = ended_in_time(stream, request.state.caller)
        return await super().create_streaming_response(request, bounded, sub_response, headers)

    async def get_sub_response(self, request: Any) -> Response:
        response: Response = await super().get_sub_response(request)
        if GRAPHQL_JSON in request.headers.get("accept", ""):
            response.media_type = GRAPHQL_JSON
        return response

    async def get_context(self, request: Any, response: Any) -> Any:
        if isinstance(request, WebSocket):
            return Visitor(request)
        request.state.caller = await context_of(request, response)
        return request.state.caller

    async def on_ws_connect(self, context: Any) -> Any:
        await context.be_admitted()
        return UNSET

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Any page may watch what everybody may see; a visitor's cookie counts for pages of our own only."""
        return True

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()  # text: bytes would make binary frames of a socket's messages

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Strawberry takes any JSON value for an object."""
        body = await request.get_body()
        if request.method == "POST" and not body.lstrip().startswith(b"{"):
            raise HTTPException(400, "The body must be a JSON object with `query`.")
        return await super().parse_http_body(request)

    async def execute_operation(self, request: Any, *arguments: Any, **named: Any) -> Any:
        context, data = named["context"], named["request_data"]
        result = await super().execute_operation(request, *arguments, **named)
        return result if isinstance(result, ExecutionResult) else self.logged(result, data.operation_name, context)

    async def execute_single(self, request: Any, *arguments: Any, **named: Any) -> ExecutionResult:
        started, context, data = time.perf_counter(), named["context"], named["request_data"]
        result = await super().execute_single(request, *arguments, **named)
        _log(data.operation_name, context, started, _codes(result))
        return result

    async def logged(self, results: Any, name: str | None, context: Context) -> AsyncGenerator[Any, None]:
        """The results of an operation over a socket or an event stream; one line when it is over."""
        started, codes = time.perf_counter(), set[str]()
        try:
            async with aclosing(results):
                async for result in results:
                    codes |= _codes(result)
                    yield result
        finally:
            _log(name, context, started, codes)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if isinstance(result, PreExecutionError):
            answer.pop("data", None)  # nothing was executed: there are no data, not even null ones
        return answer

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        media_type = sub_response.media_type or "application/json"
        is_refused = media_type == GRAPHQL_JSON and "data" not in response_data
        response = Response(self.encode_json(response_data), 400 if is_refused else 200, media_type=media_type)
        response.headers.raw.extend(sub_response.headers.raw)
        return response


def _codes(result: ExecutionResult) -> set[str]:
    return {str((error.extensions or {}).get("code")) for error in result.errors or []}


def _log(name: str | None, context: Context, started: float, codes: set[str]) -> None:
    log.info(
        "operation",
        extra={
            "operation": (name or "")[:80],
            "milliseconds": round(1000 * (time.perf_counter() - started), 1),
            "outcome": ",".join(sorted(codes)) or "answered",
            "role": context.role or "NOBODY",
        },
    )


def _error(status: int, code: str, message: str, **extensions: str) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return Response(orjson.dumps(body), status, media_type="application/json")
