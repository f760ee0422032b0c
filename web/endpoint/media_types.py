"""Media types: which of ours an `Accept` header prefers, by its `q` and without regard to case (RFC 9110)."""

from functools import lru_cache

GRAPHQL_JSON, JSON, STREAM = "application/graphql-response+json", "application/json", "text/event-stream"


@lru_cache(maxsize=1024)
def prefers_stream(accept: str) -> bool:
    """Clients that support both types list both; they want the one with the greater `q`, or else the first."""
    kinds = [(kind, q) for kind, q in _read(accept) if kind == STREAM or kind.endswith("json")]
    return bool(kinds) and max(kinds, key=lambda each: each[1])[0] == STREAM


@lru_cache(maxsize=1024)
def choose_json(accept: str) -> str:
    """Choose the new media type if the client lists it and does not rank the old one higher."""
    qualities: dict[str, float] = {}
    for kind, q in _read(accept):
        qualities.setdefault(kind, q)
    new, old = qualities.get(GRAPHQL_JSON, 0.0), qualities.get(JSON, 0.0)
    return GRAPHQL_JSON if new and new >= old else JSON


def _read(accept: str) -> list[tuple[str, float]]:
    """The acceptable types, in the order of the header."""
    found = []
    for part in accept.casefold().split(","):
        kind, *parameters = (text.strip() for text in part.split(";"))
        if (q := _quality(parameters)) > 0:
            found.append((kind, q))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, float(value))
            except ValueError:
                return 1.0
    return 1.0
