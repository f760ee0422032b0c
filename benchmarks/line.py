"""An HTTP connection that costs its client next to nothing, for measurements of single answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit


class Line(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of the answer, which must state its length."""
        fields = {"host": "localhost", "content-type": "application/json", **headers, "content-length": len(body)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length, head
        return await self.reader.readexactly(int(length[1]))


@asynccontextmanager
async def lines(url: str, count: int) -> AsyncIterator[list[Line]]:
    """So many open connections to the server at `url`."""
    address = urlsplit(url)
    opened = [Line(*await asyncio.open_connection(address.hostname, address.port)) for _ in range(count)]
    try:
        yield opened
    finally:
        for line in opened:
            line.writer.close()
