"""GraphQL over HTTP: strict JSON in, one JSON answer out whatever happens, one log line an operation."""

import logging
import time
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.exceptions import HTTPException as Refused
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from models import trace
from schema.context import Context
from schema.fault import SENTENCES
from web.caller import context_of, language_of

log = logging.getLogger(__name__)
GRAPHQL_JSON = "application/graphql-response+json"


class Endpoint(GraphQL[Context, None]):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        await response(scope, receive, send)

    async def get_sub_response(self, request: Any) -> Response:
        response: Response = await super().get_sub_response(request)
        if GRAPHQL_JSON in request.headers.get("accept", ""):
            response.media_type = GRAPHQL_JSON
        return response

    async def get_context(self, request: Any, response: Any) -> Context:
        return await context_of(request, response)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def parse_http_body(self, request: Any) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Strawberry takes any JSON value for an object."""
        body = await request.get_body()
        if request.method == "POST" and not body.lstrip().startswith(b"{"):
            raise HTTPException(400, "The body must be a JSON object with `query`.")
        return await super().parse_http_body(request)

    async def execute_single(self, request: Any, *arguments: Any, **named: Any) -> ExecutionResult:
        started, context, data = time.perf_counter(), named["context"], named["request_data"]
        result = await super().execute_single(request, *arguments, **named)
        codes = sorted({str((error.extensions or {}).get("code")) for error in result.errors or []})
        log.info(
            "operation",
            extra={
                "operation": (data.operation_name or "")[:80],
                "milliseconds": round(1000 * (time.perf_counter() - started), 1),
                "outcome": ",".join(codes) or "answered",
                "role": context.role or "NOBODY",
            },
        )
        return result

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


def _error(status: int, code: str, message: str, **extensions: str) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return Response(orjson.dumps(body), status, media_type="application/json")
