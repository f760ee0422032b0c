"""Persisted documents: sent once and named by their hash from then on (Apollo's APQ), or registered from a file."""

import hashlib
from collections import OrderedDict
from typing import Any

from cross_web import HTTPException

from schema import trusted

MOST_DOCUMENTS, LONGEST_DOCUMENT = 1000, 16 * 1024  # of each process; a client sends again what is forgotten
_known: OrderedDict[str, str] = OrderedDict()


class NotPersisted(Exception):
    """The client named a document by its hash, and this process does not know it (yet)."""


def document(body: dict[str, Any]) -> Any:
    """What is to be carried out, by its text, its hash, or its id in the register."""
    query, extensions = body.get("query"), body.get("extensions")
    if query is None and isinstance(id_ := body.get("documentId"), str):
        return _found(trusted.of_id(id_))
    named = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if named is None:
        return query
    hash_ = named.get("sha256Hash") if isinstance(named, dict) and named.get("version") == 1 else None
    if not isinstance(hash_, str):
        raise HTTPException(400, "`extensions.persistedQuery` must be an object with version 1 and `sha256Hash`.")
    if query is None:
        return _found(_recalled(hash_) or trusted.of_id(hash_))
    if isinstance(query, str):
        _remember(hash_, query)
    return query


def _found(text: str | None) -> str:
    if text is None:
        raise NotPersisted
    return text


def _recalled(hash_: str) -> str | None:
    if text := _known.get(hash_):
        _known.move_to_end(hash_)
    return text


def _remember(hash_: str, text: str) -> None:
    if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != hash_:
        raise HTTPException(400, "`sha256Hash` is not the hash of `query`.")
    if len(text) <= LONGEST_DOCUMENT and trusted.is_registered(text):
        _known[hash_] = text
        _known.move_to_end(hash_)
        if len(_known) > MOST_DOCUMENTS:
            _known.popitem(last=False)
