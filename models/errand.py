"""Errand: on whose word a visit is changed, through which channel, and with what leave to pass over a clinic's rule."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from models.refusal import Refusal
from models.visit_status import Channel

if TYPE_CHECKING:
    from models.account import Account


@dataclass
class Errand:
    """`override` is reception's reason; `passed_over` are the rules that it was needed for, by name."""

    by: "Account"
    channel: Channel = Channel.ONLINE
    override: str | None = None
    passed_over: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, by: "Account | Errand", channel: Channel = Channel.ONLINE) -> "Errand":
        """Of somebody who acts for themselves; or of reception, each errand begun afresh."""
        return replace(by, passed_over=[]) if isinstance(by, Errand) else Errand(by, channel)

    @property
    def asked(self) -> list[Any]:
        """What makes two errands one, for an idempotency key."""
        return [self.channel.value, self.override]

    def who(self, patient_id: UUID) -> str:
        """In the words of a visit's history."""
        return "patient" if self.by.patient_id == patient_id else "reception"

    def weigh(self, objection: Refusal) -> None:
        """Raise it, unless it is a clinic's rule and reception has given a reason to pass over it."""
        rule = objection.clinic_rule
        if rule is None or self.override is None:
            raise objection
        self.passed_over.append(rule)

    @property
    def exception(self) -> dict[str, Any]:
        """What history and audit trail keep of the override: nothing when no rule spoke against the wish."""
        if not self.passed_over:
            return {"override_reason": None, "passed_over": None}
        return {"override_reason": self.override, "passed_over": ", ".join(self.passed_over)}
