"""Refusals as the client sees them: each domain error named once, with its sentence in the client's language."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry.types.field import StrawberryField

import settings
from models import refusal as refusals
from models import vacancy
from models.account import Language
from models.refusal import Refusal
from models.visit import Visit as VisitRow
from models.visit_status import Status
from schema.context import Context, Info
from schema.field_problem import FieldProblem
from schema.limits import at_most
from schema.slot import Slot
from schema.visit import Visit

OVERRIDABLE = (
    " Reception can override this rule with a reason (override).",
    " Rejestracja może pominąć tę regułę, podając powód (override).",
)


@strawberry.interface(description="Every refusal. Clients that do not know one yet still have a sentence to show.")
class Problem:
    message: str = strawberry.field(description="For people, by Accept-Language: pl (default) or en.")
    refusal: strawberry.Private[Refusal]

    @classmethod
    def of(cls, refusal: Refusal, context: Context) -> Self:
        message = refusal.message(context.language)
        if context.is_staff and refusal.clinic_rule:
            message += OVERRIDABLE[1 if context.language == Language.PL else 0]
        return cls(message=message, refusal=refusal, **cls.details(refusal, context))

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        """What else the type says, from the refusal's details."""
        return {}


@strawberry.type(description="Some fields need correcting: all of them are named at once, nothing was changed.")
class InvalidInput(Problem):
    fields: list[FieldProblem] = strawberry.field(description="What to correct.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        flaws = refusal.flaws if isinstance(refusal, refusals.InvalidInput) else []
        return {"fields": [FieldProblem.of(flaw, context.language) for flaw in flaws]}


@strawberry.type(description="E-registration is closed at this hour.")
class OutsideServiceHours(Problem):
    opens_at: datetime = strawberry.field(description="When it opens.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"opens_at": datetime.fromisoformat(refusal.details["opens_at"])}


@strawberry.type(description="Unknown login or wrong password: one answer for both, in the same time.")
class WrongCredentials(Problem):
    pass


@strawberry.type(description="Too many failures: of this login, or from this network address.")
class TooManyAttempts(Problem):
    retry_at: datetime = strawberry.field(description="When to try again. A new password can be asked for at once.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"retry_at": datetime.fromisoformat(refusal.details["retry_at"])}


WEAKNESSES = {
    "TOO_SHORT": ("At least {minimum} characters are needed.", "Potrzeba co najmniej {minimum} znaków."),
    "TOO_LONG": ("At most 128 characters are possible.", "Możliwych jest najwyżej 128 znaków."),
    "MALFORMED": ("It holds a character that cannot be typed.", "Zawiera znak, którego nie da się wpisać."),
    "COMMON": ("It is among the passwords that are tried first.", "Należy do haseł sprawdzanych najpierw."),
    "PERSONAL": (
        "It consists of your own data or of our name, and little else.",
        "Składa się z Twoich danych lub naszej nazwy i niczego więcej.",
    ),
}


@strawberry.type(description="The new password is too easy to guess.")
class WeakPassword(Problem):
    reasons: list[str] = strawberry.field(description="Why, for people.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        column = 1 if context.language == Language.PL else 0
        words = [WEAKNESSES[reason][column] for reason in refusal.details["reasons"]]
        return {"reasons": [sentence.format(minimum=settings.PASSWORD_MIN_LENGTH) for sentence in words]}


@strawberry.type(description="There is no such slot.")
class SlotNotFound(Problem):
    pass


@strawberry.type(description="There is no such visit; for patients: of their own.")
class VisitNotFound(Problem):
    pass


@strawberry.type(description="Somebody was faster.")
class SlotTaken(Problem):
    @strawberry.field(directives=[at_most(3)], description="The next free ones: same doctor first, then same clinic.")
    async def alternatives(self, info: Info) -> list[Slot]:
        taken = UUID(self.refusal.details["slot_id"])
        return Slot.many(await vacancy.alternatives(taken, info.context.viewer), info.context.viewer)


@strawberry.enum(description="Why a slot cannot be booked online.")
class NotBookableReason(StrEnum):
    IN_THE_PAST = "IN_THE_PAST"
    NOTICE_TOO_SHORT = "NOTICE_TOO_SHORT"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    WITHDRAWN = "WITHDRAWN"


@strawberry.type(description="The clinic's rules do not allow to book this slot online.")
class SlotNotBookable(Problem):
    reason: NotBookableReason = strawberry.field(description="Which rule.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"reason": NotBookableReason(refusal.details["reason"])}


@strawberry.type(description="The patient has another visit at this time.")
class VisitsOverlap(Problem):
    @strawberry.field(description="The other visit.")
    async def visit(self, info: Info) -> Visit:
        visit_id = UUID(self.refusal.details["visit_id"])
        if info.context.is_staff:
            return Visit.of(await VisitRow.whole(visit_id))
        row = await VisitRow.of_patient(visit_id, info.context.patient)
        if row is None:
            raise LookupError("The visit that was in the way is gone.")
        return Visit.of(row)


@strawberry.type(description="As many visits are planned in this clinic as one patient can book online.")
class TooManyVisits(Problem):
    limit: int = strawberry.field(description="How many it allows.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        return {"limit": refusal.details["limit"]}


@strawberry.type(description="The visit can no longer be moved or cancelled online.")
class VisitNotChangeable(Problem):
    status: Status = strawberry.field(description="What has become of it.")
    cancellable_until: datetime = strawberry.field(description="Until when it could have been changed.")

    @classmethod
    def details(cls, refusal: Refusal, context: Context) -> dict[str, Any]:
        until = datetime.fromisoformat(refusal.details["cancellable_until"])
        return {"status": Status(refusal.details["status"]), "cancellable_until": until}


@strawberry.type(description="This idempotency key came with another input before.")
class KeyReused(Problem):
    pass


@strawberry.type(description="There is no such partner, or it was removed.")
class PartnerNotFound(Problem):
    pass


class Naming:
    """Turns one domain error into its type, wherever a field's union holds that type."""

    def __init__(self, exception_type: type[Refusal], error_type: type[Problem]) -> None:
        self.exception_type, self.error_type = exception_type, error_type

    def handle(self, exception: Refusal, *, field: StrawberryField, info: Info) -> Problem:
        return self.error_type.of(exception, info.context)


PROBLEMS = (
    InvalidInput, OutsideServiceHours, WrongCredentials, TooManyAttempts, WeakPassword, SlotNotFound, VisitNotFound,
    SlotTaken, SlotNotBookable, VisitsOverlap, TooManyVisits, VisitNotChangeable, KeyReused,
    PartnerNotFound,
)  # fmt: skip
HANDLERS = [Naming(Refusal.kinds[problem.__name__], problem) for problem in PROBLEMS]
