"""GraphQL over SSE (distinct connections): served only to who prefers it to JSON, ended when the right to it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.types import Message, Send
from strawberry.http.streaming import AsyncTextStream, SSETransport

import settings
from schema.context import Context
from web import streams


class EventStream(SSETransport):
    def accepts(self, accept: str) -> bool:
        """Clients that can do both list both, JSON first for what is no subscription."""
        kinds = [part.partition(";")[0].strip().casefold() for part in accept.split(",")]
        wanted = next((kind for kind in kinds if kind == "text/event-stream" or kind.endswith("json")), "")
        return wanted == "text/event-stream"


def ended_in_time(stream: AsyncTextStream, context: Context) -> AsyncTextStream:
    """The stream, until its caller's right to it ends: then one last error, by the rules of the protocol."""

    async def chunks() -> AsyncGenerator[str, None]:
        ending: asyncio.Future[streams.Ending] = asyncio.get_running_loop().create_future()

        async def end(with_: streams.Ending) -> None:
            if not ending.done():
                ending.set_result(with_)

        with streams.listed(streams.Stream(context, end)):
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
                    if (text := chunk.result()) is None:
                        return
                    yield text
        yield _last_word(ending.result())

    return chunks


async def _next(source: AsyncGenerator[str, None]) -> str | None:
    return await anext(source, None)


def _last_word(ending: streams.Ending) -> str:
    error = {"message": ending.reason, "extensions": {"code": ending.error_code}}
    data = orjson.dumps({"data": None, "errors": [error]}).decode()
    return f"event: next\r\ndata: {data}\r\n\r\nevent: complete\r\ndata: \r\n\r\n"


def patient(send: Send) -> Send:
    """Sends while the consumer keeps up; TimeoutError for one that does not read."""

    async def within_patience(message: Message) -> None:
        async with asyncio.timeout(settings.SOCKET_PATIENCE_SECONDS):
            await send(message)

    return within_patience
