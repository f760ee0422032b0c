"""The outermost layer of GraphQL over HTTP: any exception becomes an answer that reveals nothing."""

import asyncio
import logging

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import settings
from infra import deadlines, logs, metrics
from schema.execution import errors
from schema.execution.errors import CodedError, code_error
from web.endpoint.caller import negotiate_language
from web.endpoint.media_types import JSON, choose_json, prefers_stream

PATH = "/graphql"
STATUSES = {
    "RATE_LIMITED": 429,
    "OVERLOADED": 503,
    "INTERNAL_SERVER_ERROR": 500,
}  # HTTP statuses of an answer without `data`, by error code; 400 for all others

EXECUTION_ENDS_SECONDS = 0.5  # extra time, so that an execution that times out can report it itself

log = logging.getLogger(__name__)


def mask_failures(app: ASGIApp) -> ASGIApp:
    """Answer every exception with a code, and limit the time of each request from its first byte to its last."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        has_begun = False
        logs.bind_request_id()

        async def note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if message["type"] == "http.response.start":
                limit.reschedule(_end_of_sending(Headers(raw=message["headers"])))
            await send(message)

        try:
            async with asyncio.timeout_at(deadlines.begin() + EXECUTION_ENDS_SECONDS) as limit:
                await app(scope, receive, note)
        except Exception as error:
            headers = Headers(scope=scope)
            language = negotiate_language(headers.get("accept-language", ""))
            coded = count(timed_out(language) if limit.expired() else code_error(error, language))
            if not has_begun:  # otherwise the connection ends in the middle of the answer
                await respond(coded, headers)(scope, receive, send)

    return answer


def _end_of_sending(headers: Headers) -> float | None:
    """The time by which the caller must have read the answer; an event stream limits each of its events."""
    if headers.get("content-type", "").startswith("text/event-stream"):
        return None
    return asyncio.get_running_loop().time() + settings.SOCKET_PATIENCE_SECONDS


def timed_out(language: str) -> CodedError:
    log.warning("request_timed_out", extra={"seconds": settings.OPERATION_SECONDS})
    return errors.timed_out(language)


def count(error: GraphQLError) -> GraphQLError:
    """Count requests that ended outside the execution, which counts its own."""
    metrics.OPERATIONS.labels("invalid", _code(error)).inc()
    return error


def respond(error: GraphQLError, headers: Headers, status: int | None = None) -> Response:
    """The answer to a request that could not be executed."""
    accept = headers.get("accept", "")
    media_type = choose_json(accept)
    if media_type == JSON and not prefers_stream(accept) and status is None:
        status = 200
    response = Response(
        orjson.dumps({"errors": [error.formatted]}), status or find_status(_code(error)), media_type=media_type
    )
    response.headers["x-request-id"] = logs.current_request_id()
    response.headers["cache-control"] = "no-store"
    if wait := (error.extensions or {}).get("retryAfterSeconds"):
        response.headers["retry-after"] = str(wait)
    return response


def find_status(code: str) -> int:
    return STATUSES.get(code, 400)


def _code(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code"))
