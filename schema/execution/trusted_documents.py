"""Trusted documents: which ones anonymous and patient callers may use, when TRUSTED_DOCUMENTS names a file of them.

Those of our own pages are always among them.
"""

import json
from functools import cache
from pathlib import Path

import settings

ROOT = Path(__file__).parent.parent
OWN = (ROOT / "portal/documents.graphql", ROOT / "explorer/static/sign_in.graphql")


class BadRegister(settings.BadSetting):
    """The file of registered documents cannot be used."""


def _read(path: str) -> dict[str, str]:
    try:
        documents = json.loads(Path(path).read_text())
    except (OSError, ValueError) as problem:
        raise BadRegister(f"TRUSTED_DOCUMENTS: {path} cannot be read: {problem}.") from None
    if not (isinstance(documents, dict) and all(isinstance(text, str) for text in documents.values())):
        raise BadRegister(f'TRUSTED_DOCUMENTS: {path} must be a JSON object, {{"id": "document"}}.')
    return documents


def own() -> list[str]:
    """What the patient's page and the staff's sign-in page send: operations with a blank line between."""
    blocks = [block for path in OWN for block in path.read_text().split("\n\n")]
    return [block for block in blocks if not block.startswith("#")]


@cache
def _register(path: str) -> tuple[dict[str, str], frozenset[str]]:
    documents = _read(path)
    return documents, frozenset(text.strip() for text in [*documents.values(), *own()])


def load() -> None:
    """Read the register when the service starts, so that a bad one is told then."""
    if settings.TRUSTED_DOCUMENTS:
        _register(settings.TRUSTED_DOCUMENTS)


def is_registered(query: str) -> bool:
    """Whether the document may be used by everybody; without a register all may."""
    return not settings.TRUSTED_DOCUMENTS or query.strip() in _register(settings.TRUSTED_DOCUMENTS)[1]


def of_id(id_: str) -> str | None:
    """The registered document of this id (Relay's and codegen's: a hash of it)."""
    return _register(settings.TRUSTED_DOCUMENTS)[0].get(id_) if settings.TRUSTED_DOCUMENTS else None
