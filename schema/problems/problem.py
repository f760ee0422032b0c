"""Problem: a refusal as the client sees it, with its message in the client's language."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar, Self, TypeVar

import strawberry

from infra import tracebacks
from infra.text import Text
from models.refusals.refusal import Refusal
from schema.context import Context

P = TypeVar("P", bound="Problem")
OVERRIDABLE = Text(
    pl=" Rejestracja może pominąć tę regułę, podając powód (`override`).",
    en=" Reception can override this rule with a reason (override).",
)


@strawberry.interface(
    description="The reason why something was refused. A client that does not know the type of a refusal can still"
    " show its `message`."
)
class Problem:
    """A field with the name of one of the refusal's details takes its value from that detail."""

    refusal_type: ClassVar[type[Refusal]]
    message: str = strawberry.field(
        description="The reason, as a sentence to show to the user, in the language requested in the Accept-Language"
        " header: Polish (default) or English."
    )
    refusal: strawberry.Private[Refusal]

    @classmethod
    def of(cls, refusal: Refusal, context: Context) -> Self:
        tracebacks.release(refusal)  # nobody reads them, and their frames refer to this problem
        message = refusal.message(context.language)
        if context.is_staff and refusal.clinic_rule:
            message += OVERRIDABLE.in_(context.language)
        return cls(message=message, refusal=refusal, **cls.field_values(refusal, context))

    @classmethod
    def field_values(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        own = cls.__annotations__.items()
        return {name: _parse(refusal.details[name], type_) for name, type_ in own if name in refusal.details}


def _parse(value: Any, type_: Any) -> Any:
    return type_.fromisoformat(value) if type_ in (date, datetime) else type_(value)


def shows(refusal_type: type[Refusal]) -> Callable[[type[P]], type[P]]:
    """Make a class the GraphQL type of this refusal; the refusal's docstring becomes its description."""

    def declare(cls: type[P]) -> type[P]:
        cls.refusal_type = refusal_type
        return strawberry.type(cls, description=refusal_type.__doc__)

    return declare
