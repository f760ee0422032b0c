"""Persisted documents: sent once and then named by their hash (Apollo's APQ), or registered in a file."""

import hashlib
from collections import OrderedDict
from typing import Any

from cross_web import HTTPException

from schema.execution import trusted_documents

MAX_DOCUMENTS, MAX_DOCUMENT_LENGTH = 1000, 16 * 1024


class NotPersisted(Exception):
    """The client named a document that this process does not know (yet)."""


class PersistedDocuments:
    """The documents that this process remembers; a client sends an evicted one again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()

    def find(self, body: dict[str, Any]) -> Any:
        """The document of a request, given by its text, its hash or its registered id."""
        query, extensions = body.get("query"), body.get("extensions")
        if query is None and isinstance(id_ := body.get("documentId"), str):
            return _require(trusted_documents.of_id(id_))
        named = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
        if named is None:
            return query
        hash_ = _read_hash(named)
        if query is None:
            return _require(self._recall(hash_) or trusted_documents.of_id(hash_))
        if isinstance(query, str):
            self._remember(hash_, query)
        return query

    def forget_all(self) -> None:
        self._known.clear()

    def _recall(self, hash_: str) -> str | None:
        if text := self._known.get(hash_):
            self._known.move_to_end(hash_)
        return text

    def _remember(self, hash_: str, text: str) -> None:
        if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != hash_:
            raise HTTPException(400, "`sha256Hash` is not the hash of `query`.")
        if len(text) <= MAX_DOCUMENT_LENGTH and trusted_documents.is_registered(text):
            self._known[hash_] = text
            self._known.move_to_end(hash_)
            if len(self._known) > MAX_DOCUMENTS:
                self._known.popitem(last=False)


def _require(text: str | None) -> str:
    if text is None:
        raise NotPersisted
    return text


def _read_hash(named: Any) -> str:
    hash_ = named.get("sha256Hash") if isinstance(named, dict) and named.get("version") == 1 else None
    if not isinstance(hash_, str):
        raise HTTPException(400, "`extensions.persistedQuery` must be an object with version 1 and `sha256Hash`.")
    return hash_
