"""Refusal: what all refusals of the service have in common."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import settings
from infra.text import Text


class Refusal(Exception):
    """The request was understood and cannot be granted; nothing has changed.

    The docstring of each refusal is the public description of its GraphQL type; `text` is what people read.
    """

    text: ClassVar[Text]
    text_by_reason: ClassVar[Mapping[str, Text]] = {}  # used if `details` has a more specific reason
    code: ClassVar[str] = "BAD_USER_INPUT"  # of the top-level error, if the field's union lacks the refusal

    def __init__(self, **details: Any) -> None:
        """`details` are plain JSON values, so that a refusal can be stored and repeated."""
        self.details = details
        super().__init__(type(self).__name__)

    @property
    def clinic_rule(self) -> str | None:
        """The clinic's rule, if any, that forbids the change but that reception may override with a reason."""
        return None

    def message(self, language: str) -> str:
        return self._choose_text().in_(language).format(phone=settings.CENTRE_PHONE, **self.details)

    def _choose_text(self) -> Text:
        return self.text_by_reason.get(self.details.get("reason", ""), self.text)

    def to_json(self) -> str:
        return json.dumps({"kind": type(self).__name__, "details": self.details})


class Flaw(NamedTuple):
    """One thing wrong with one field of an input; `code` is a FieldProblemCode."""

    path: tuple[str, ...]
    code: str


class InvalidInput(Refusal):
    """Some fields of the input need correcting. All of them are listed at once."""

    text = Text(
        pl="Niektóre pola trzeba poprawić; każde jest zaznaczone.", en="Some fields need correcting; each is named."
    )

    @property
    def flaws(self) -> list[Flaw]:
        return [Flaw(tuple(path), code) for path, code in self.details["flaws"]]

    def find_allowed(self, flaw: Flaw) -> tuple[str, ...]:
        """The greatest length, or the first and last value, that the field may have; empty if it has no such bounds."""
        return tuple(self.details.get("allowed", {}).get(".".join(flaw.path), ()))

    @classmethod
    def from_flaws(cls, flaws: list[Flaw], allowed: Mapping[str, Sequence[str]] | None = None) -> Self:
        """`allowed` maps the paths of fields to what `find_allowed` returns."""
        limits = {"allowed": {path: list(bounds) for path, bounds in allowed.items()}} if allowed else {}
        return cls(flaws=[[list(flaw.path), flaw.code] for flaw in flaws], **limits)

    @classmethod
    def of_field(cls, name: str, code: str) -> Self:
        return cls.from_flaws([Flaw((name,), code)])
