"""GraphQL over HTTP: strict JSON in, one JSON response out, whatever happens."""

import asyncio
import logging
from functools import lru_cache
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.exceptions import HTTPException as Refused
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.parse_content_type import parse_content_type
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

import settings
from infra import deadlines, logs
from schema.context import Context
from schema.execution.errors import CodedError, sentence
from schema.execution.polish import in_language
from web.endpoint.caller import negotiate_language, read_context
from web.endpoint.failures import count, find_status, respond
from web.endpoint.media_types import GRAPHQL_JSON, JSON, choose_json
from web.endpoint.persisted import NotPersisted, PersistedDocuments
from web.pages import explorer

log = logging.getLogger(__name__)
NOT_PERSISTED = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


class HttpEndpoint(GraphQL[Context, None]):
    persisted: PersistedDocuments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, _limit_size(receive))
        request_id = logs.current_request_id()
        try:
            response = await self._answer(request)
        except NotPersisted:  # clients recognise this message and then send the whole document
            response = self._build_response(NOT_PERSISTED, _media_type(request))
        except HTTPException as refused:
            response = _refuse(request, refused.status_code, refused.reason)
        except Refused as refused:
            response = _refuse(request, refused.status_code, refused.detail)
            response.headers.update(refused.headers or {})
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            if deadlines.is_over():
                raise  # failures.py set this time limit and handles it
            log.warning("request_cut_off")  # this process is stopping and cannot wait any longer
            language = negotiate_language(request.headers.get("accept-language", ""))
            error = CodedError("INTERNAL_SERVER_ERROR", language, sentence("TIMED_OUT", language), requestId=request_id)
            response = respond(count(error), request.headers)
        response.headers["x-request-id"] = request_id
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return await explorer.page(await read_context(request, Response()))
        if request.method != "POST":
            raise Refused(405, "Send GraphQL by POST, as JSON.", headers={"allow": "POST"})
        return await self.run(request)

    async def get_sub_response(self, request: Any) -> Response:
        response: Response = await super().get_sub_response(request)
        response.media_type = _media_type(request)
        return response

    async def get_context(self, request: Any, response: Any) -> Context:
        return await read_context(request, response)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        if _find_type(request.content_type or "") != JSON:
            raise HTTPException(415, "The body must be JSON, with `Content-Type: application/json`.")
        body = self.parse_json(await _read_body(request))
        if not isinstance(body, dict):  # a list is refused: a batch could try many passwords
            raise HTTPException(400, "The body must be a JSON object with `query`.")
        query = self.persisted.find(body)
        _check_type(query, str, "query")
        for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
            _check_type(body.get(name), kind, name)
        return GraphQLRequestData(query, body.get("variables"), body.get("operationName"), body.get("extensions"))

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if isinstance(result, PreExecutionError) or _is_request_error(result):
            answer.pop("data", None)  # nothing was executed, so there is no `data`, not even null
        return answer

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        response = self._build_response(response_data, sub_response.media_type or JSON)
        response.headers.raw.extend(sub_response.headers.raw)
        return response

    def _build_response(self, answer: Any, media_type: str) -> Response:
        """With the old media type every well-formed request gets status 200, even if it is refused."""
        errors = answer.get("errors") or [{}]
        extensions = errors[0].get("extensions") or {}
        is_refused = media_type == GRAPHQL_JSON and "data" not in answer
        status = find_status(str(extensions.get("code"))) if is_refused else 200
        response = Response(self.encode_json(answer), status, media_type=media_type)
        if wait := extensions.get("retryAfterSeconds"):
            response.headers["retry-after"] = str(wait)
        return response


def _is_request_error(result: ExecutionResult) -> bool:
    """Whether the request itself is at fault, such as by variables of a wrong type: then no error has a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def _media_type(request: Any) -> str:
    return choose_json(request.headers.get("accept", ""))


@lru_cache(maxsize=64)
def _find_type(header: str) -> str:
    """The type that a header names, without parameters; clients send few different ones."""
    return str(parse_content_type(header)[0]).casefold()


def _check_type(value: object, kind: type, name: str) -> None:
    if value is not None and not isinstance(value, kind):
        raise HTTPException(400, f"`{name}` must be {'an object' if kind is dict else 'a string'}.")


async def _read_body(request: Any) -> bytes:
    """The whole body, unless it arrives too slowly."""
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            body: bytes = await request.get_body()
            return body
    except TimeoutError:
        raise HTTPException(408, "The body took too long to arrive.") from None


def _limit_size(receive: Receive) -> Receive:
    """Stop reading a body beyond the limit. (Starlette's own limit answers in plain text.)"""
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > settings.BODY_LIMIT_BYTES:
            raise Refused(413, f"A request may hold at most {settings.BODY_LIMIT_BYTES} bytes.")
        return message

    return receive_some


def _refuse(request: Request, status: int, message: str) -> Response:
    """The response to a request that breaks the protocol or a limit; the status says why, whatever the media type."""
    language = negotiate_language(request.headers.get("accept-language", ""))
    error = CodedError("BAD_USER_INPUT", language, in_language(message, language))
    return respond(count(error), request.headers, status)
