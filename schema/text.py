"""Short texts that people type: bounded here, kept as they are."""

from models import trace
from models.intake import KEY_LENGTH, REASON_LENGTH
from schema.fault import BadInput


def text(name: str, value: str | None, limit: int = REASON_LENGTH) -> str | None:
    if value is not None and (len(value) > limit or "\0" in value):
        raise BadInput(f"`{name}` must be at most {limit} characters, without NUL.")
    return value or None


def key(value: str | None) -> str | None:
    return text("idempotencyKey", value, KEY_LENGTH)


def words(name: str, value: str) -> str:
    """A reason that must be given, and that is kept for ever: so it holds no PESEL."""
    reason = text(name, value.strip())
    if reason is None or trace.ELEVEN_DIGITS.search(reason):
        raise BadInput(f"`{name}` must say something, and hold no number of eleven digits.")
    return reason
