"""Actor: the account that changes a visit, its channel, and its reason to override a clinic's rule."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from models.refusals.refusal import Refusal
from models.values.visit_status import Channel

if TYPE_CHECKING:
    from models.accounts.account import Account


@dataclass
class Actor:
    """`override` is reception's reason; `passed_over` names the rules that it has overridden."""

    by: "Account"
    channel: Channel = Channel.ONLINE
    override: str | None = None
    passed_over: list[str] = field(default_factory=list)

    @classmethod
    def acting(cls, by: "Account | Actor", channel: Channel = Channel.ONLINE) -> "Actor":
        """An actor for an account acting for itself, or a fresh copy of reception's actor."""
        return replace(by, passed_over=[]) if isinstance(by, Actor) else Actor(by, channel)

    @property
    def is_patient(self) -> bool:
        """Whether the actor is a patient acting for themselves; staff act for others."""
        return self.by.patient_id is not None

    @property
    def fingerprint(self) -> list[Any]:
        """The values that must be equal if a request repeats an idempotency key."""
        return [self.channel.value, self.override]

    def name_for(self, patient_id: UUID) -> str:
        """The name that a visit's history uses for the actor."""
        return "patient" if self.by.patient_id == patient_id else "reception"

    def raise_or_override(self, refusal: Refusal) -> None:
        """Raise the refusal, unless it is a clinic's rule and reception has given a reason to override it."""
        rule = refusal.clinic_rule
        if rule is None or self.override is None:
            raise refusal
        self.passed_over.append(rule)

    @property
    def override_details(self) -> dict[str, Any]:
        """What the history and the audit trail store about the override; None if no rule was overridden."""
        if not self.passed_over:
            return {"override_reason": None, "passed_over": None}
        return {"override_reason": self.override, "passed_over": ", ".join(self.passed_over)}
