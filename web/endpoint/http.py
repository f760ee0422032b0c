"""GraphQL over HTTP: strict JSON in, one JSON answer out whatever happens."""

import asyncio
import logging
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
from models import trace
from schema.context import Context
from schema.fault import sentence
from web import explorer, persisted
from web.caller import context_of, language_of

log = logging.getLogger(__name__)
GRAPHQL_JSON, JSON = "application/graphql-response+json", "application/json"
STATUSES = {"RATE_LIMITED": 429, "INTERNAL_SERVER_ERROR": 500}  # of answers that hold no data; 400 otherwise
NOT_PERSISTED = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


class Endpoint(GraphQL[Context, None]):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, _bounded(receive))
        request_id = trace.begin()
        try:
            response = await self._answer(request)
        except persisted.NotPersisted:  # clients know it by this message and then send the whole document
            response = self._shaped(NOT_PERSISTED, _media_type(request))
        except HTTPException as refused:
            code = "RATE_LIMITED" if refused.status_code == 429 else "BAD_USER_INPUT"
            response = _error(refused.status_code, code, refused.reason)
        except Refused as refused:
            response = _error(refused.status_code, "BAD_USER_INPUT", refused.detail)
            response.headers.update(refused.headers or {})
        except ClientDisconnect:
            return
        except asyncio.CancelledError:  # this process stops, and has waited long enough
            log.warning("request_cut_off")
            response = _failed(503, "TIMED_OUT", request, request_id)
        except Exception:
            log.exception("request_failed")
            response = _failed(500, "INTERNAL_SERVER_ERROR", request, request_id)
        response.headers["x-request-id"] = request_id
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return await explorer.page(await context_of(request, Response()))
        if request.method != "POST":
            raise Refused(405, "Send GraphQL by POST, as JSON.", headers={"allow": "POST"})
        return await self.run(request)

    async def get_sub_response(self, request: Any) -> Response:
        response: Response = await super().get_sub_response(request)
        response.media_type = _media_type(request)
        return response

    async def get_context(self, request: Any, response: Any) -> Context:
        return await context_of(request, response)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        if parse_content_type(request.content_type or "")[0] != "application/json":
            raise HTTPException(415, "The body must be JSON, with `Content-Type: application/json`.")
        body = self.parse_json(await _body(request))
        if not isinstance(body, dict):  # nor a list: no batches, which would multiply tries at a password
            raise HTTPException(400, "The body must be a JSON object with `query`.")
        query = persisted.document(body)
        _expect(query, str, "query")
        for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
            _expect(body.get(name), kind, name)
        return GraphQLRequestData(query, body.get("variables"), body.get("operationName"), body.get("extensions"))

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if isinstance(result, PreExecutionError):
            answer.pop("data", None)  # nothing was executed: there are no data, not even null ones
        return answer

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        response = self._shaped(response_data, sub_response.media_type or JSON)
        response.headers.raw.extend(sub_response.headers.raw)
        return response

    def _shaped(self, answer: Any, media_type: str) -> Response:
        """With the old media type a well-formed request is always answered by 200, whatever came of it."""
        errors = answer.get("errors") or [{}]
        extensions = errors[0].get("extensions") or {}
        is_refused = media_type == GRAPHQL_JSON and "data" not in answer
        status = STATUSES.get(str(extensions.get("code")), 400) if is_refused else 200
        response = Response(self.encode_json(answer), status, media_type=media_type)
        if wait := extensions.get("retryAfterSeconds"):
            response.headers["retry-after"] = str(wait)
        return response


def _media_type(request: Any) -> str:
    return GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON


def _expect(value: object, kind: type, name: str) -> None:
    if value is not None and not isinstance(value, kind):
        raise HTTPException(400, f"`{name}` must be {'an object' if kind is dict else 'a string'}.")


async def _body(request: Any) -> bytes:
    """All of the body, unless it dribbles in for too long."""
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            body: bytes = await request.get_body()
            return body
    except TimeoutError:
        raise HTTPException(408, "The body took too long to arrive.") from None


def _said(code: str, message: str, **extensions: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **extensions}}


def _bounded(receive: Receive) -> Receive:
    """No more of a body is read than the limit. (Starlette's own limit answers in plain text.)"""
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > settings.BODY_LIMIT_BYTES:
            raise Refused(413, f"A request may hold at most {settings.BODY_LIMIT_BYTES} bytes.")
        return message

    return receive_some


def _error(status: int, code: str, message: str, **extensions: str) -> Response:
    return Response(orjson.dumps({"errors": [_said(code, message, **extensions)]}), status, media_type=JSON)


def _failed(status: int, name: str, request: Request, request_id: str) -> Response:
    """Our fault, said in the client's language."""
    said = sentence(name, language_of(request.headers.get("accept-language", "")))
    return _error(status, "INTERNAL_SERVER_ERROR", said, requestId=request_id)
