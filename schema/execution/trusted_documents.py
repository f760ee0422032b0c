"""Trusted documents: if TRUSTED_DOCUMENTS names a file, anonymous callers and patients may use only those in it.

The documents of the portal and of the staff's sign-in page are always trusted.
"""

import json
from functools import cache
from pathlib import Path

import settings

ROOT = Path(__file__).parents[2]
PORTAL, SIGN_IN = ROOT / "portal/dist/documents.json", ROOT / "explorer/static/sign_in.graphql"


class BadRegister(settings.BadSetting):
    """The file of trusted documents cannot be used."""


def _read(path: str) -> dict[str, str]:
    try:
        documents = json.loads(Path(path).read_text())
    except (OSError, ValueError) as problem:
        raise BadRegister(f"TRUSTED_DOCUMENTS: {path} cannot be read: {problem}.") from None
    if not (isinstance(documents, dict) and all(isinstance(text, str) for text in documents.values())):
        raise BadRegister(f'TRUSTED_DOCUMENTS: {path} must be a JSON object, {{"id": "document"}}.')
    return documents


@cache
def portal() -> dict[str, str]:
    """The portal's operations by the ids that its build assigned; empty if the portal has not been built."""
    return _read(str(PORTAL)) if PORTAL.exists() else {}


def own() -> list[str]:
    """The operations of the portal and of the staff's sign-in page; blank lines separate those of the sign-in page."""
    blocks = SIGN_IN.read_text().split("\n\n")
    return [*portal().values(), *(block for block in blocks if not block.startswith("#"))]


@cache
def _register(path: str) -> tuple[dict[str, str], frozenset[str]]:
    documents = _read(path)
    return documents, frozenset(text.strip() for text in [*documents.values(), *own()])


def load() -> None:
    """Read the file when the service starts, so that a faulty file prevents the start."""
    if settings.TRUSTED_DOCUMENTS:
        _register(settings.TRUSTED_DOCUMENTS)


def is_registered(query: str) -> bool:
    """Whether every caller may use the document; without a file, all documents are allowed."""
    return not settings.TRUSTED_DOCUMENTS or query.strip() in _register(settings.TRUSTED_DOCUMENTS)[1]


def of_id(id_: str) -> str | None:
    """The document with this id, such as a hash of it (Relay, GraphQL Codegen)."""
    registered = _register(settings.TRUSTED_DOCUMENTS)[0] if settings.TRUSTED_DOCUMENTS else {}
    return registered.get(id_) or portal().get(id_)
