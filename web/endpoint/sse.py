"""GraphQL over SSE (distinct connections mode), for clients that prefer it to JSON, until they lose access."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import orjson
from starlette.types import Message, Send
from strawberry.http.streaming import AsyncTextStream, SSETransport

import settings
from infra import background
from schema.context import Context
from schema.execution.errors import code_error
from web.endpoint.connections import Connection, EndReason, OpenConnections
from web.endpoint.failures import count
from web.endpoint.media_types import prefers_stream


class EventStream(SSETransport):
    def accepts(self, accept: str) -> bool:
        return prefers_stream(accept)


def until_ended(
    stream: AsyncTextStream, results: Any, context: Context, connections: OpenConnections
) -> AsyncTextStream:
    """The stream, which ends with one last error as soon as the caller is no longer authorised. `results`: the results
    to write; they are closed whenever the stream ends, so that nothing stays open.
    """

    async def chunks() -> AsyncGenerator[str, None]:
        try:
            async with aclosing(running()) as texts:
                async for text in texts:
                    yield text
        finally:
            await asyncio.shield(background.start(_close(results)))

    async def running() -> AsyncGenerator[str, None]:
        ending: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()

        async def end(reason: EndReason) -> None:
            if not ending.done():
                ending.set_result(reason)

        with connections.register(Connection(context, end)):
            async with aclosing(stream()) as source:
                while not ending.done():
                    chunk = asyncio.ensure_future(_next(source))
                    either: list[asyncio.Future[Any]] = [chunk, ending]
                    try:
                        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        if not chunk.done():
                            chunk.cancel()
                            await asyncio.gather(chunk, return_exceptions=True)
                    if chunk.cancelled():
                        break
                    try:
                        text = chunk.result()
                    except Exception as error:  # the answer could not be written
                        failed = count(code_error(error, context.language))
                        yield _final_events(failed.message, failed.extensions or {})
                        return
                    if text is None:
                        return
                    yield text
        reason = ending.result()
        yield _final_events(reason.message, {"code": reason.error_code})

    return chunks


async def _close(results: AsyncGenerator[Any, None]) -> None:
    with suppress(RuntimeError):  # a cancelled task is already closing it
        await results.aclose()


async def _next(source: AsyncGenerator[str, None]) -> str | None:
    return await anext(source, None)


def _final_events(message: str, extensions: dict[str, Any]) -> str:
    error = {"message": message, "extensions": extensions}
    data = orjson.dumps({"data": None, "errors": [error]}).decode()
    return f"event: next\r\ndata: {data}\r\n\r\nevent: complete\r\ndata: \r\n\r\n"


def with_send_timeout(send: Send) -> Send:
    """Raise TimeoutError when the client does not read."""

    async def send_in_time(message: Message) -> None:
        async with asyncio.timeout(settings.SOCKET_PATIENCE_SECONDS):
            await send(message)

    return send_in_time
