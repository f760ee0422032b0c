"""Free text in inputs: refused if it is too long, contains NUL, or would store a PESEL permanently."""

from infra import logs
from models.values.form import KEY_LENGTH, REASON_LENGTH
from schema.execution.errors import BadUserInput


def optional_text(name: str, value: str | None, limit: int = REASON_LENGTH) -> str | None:
    """The text as typed; None if it is empty."""
    if value is not None and (len(value) > limit or "\0" in value):
        raise BadUserInput(
            pl=f"`{name}` może mieć najwyżej {limit} znaków, bez znaku NUL.",
            en=f"`{name}` must be at most {limit} characters, without NUL.",
        )
    return value or None


def idempotency_key(value: str | None) -> str | None:
    return optional_text("idempotencyKey", value, KEY_LENGTH)


def lasting_reason(name: str, value: str) -> str:
    """A required reason that the visit's history and the audit trail keep: it must not contain a PESEL."""
    reason = optional_text(name, value.strip())
    if reason is None or logs.ELEVEN_DIGITS.search(reason):
        raise BadUserInput(
            pl=f"`{name}` nie może być puste ani zawierać liczby jedenastocyfrowej.",
            en=f"`{name}` must not be empty, and must not contain an eleven-digit number.",
        )
    return reason
