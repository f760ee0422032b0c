"""Static files of pages: precompressed, with ETags for revalidation (RFC 9110)."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the preferred one first
FOR_YEARS = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True)
class StaticFile:
    content: bytes
    media_type: str
    cache: str
    encoded: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, cache: str) -> Self:
        """Read a file and its compressed variants beside it."""
        beside = {name: path.with_name(path.name + end) for name, end in ENCODINGS.items()}
        encoded = {name: other.read_bytes() for name, other in beside.items() if other.exists()}
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(path.read_bytes(), media_type, cache, encoded)

    @classmethod
    def from_text(cls, text: str, media_type: str) -> Self:
        content = text.encode()
        return cls(content, media_type, ASK_EACH_TIME, {"gzip": gzip.compress(content, mtime=0)})

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:20]

    def respond(self, request: Request, headers: Mapping[str, str]) -> Response:
        encoding = next((name for name in self.encoded if name in _accepted(request)), "")
        tag = f'"{self.tag}{encoding and "-"}{encoding}"'
        sent = {**headers, "cache-control": self.cache, "etag": tag, "vary": "accept-encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=sent)
        if encoding:
            sent["content-encoding"] = encoding
        content = self.encoded[encoding] if encoding else self.content
        return Response(content, headers=sent, media_type=self.media_type)


def _accepted(request: Request) -> set[str]:
    parts = request.headers.get("accept-encoding", "").replace(" ", "").split(",")
    return {name for name, _, weight in (part.partition(";q=") for part in parts) if weight not in ("0", "0.0")}
