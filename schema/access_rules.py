"""Access rules: each is declared beside its field, enforced, and printed in the SDL."""

from collections.abc import Callable, Collection
from inspect import isawaitable
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

import settings
from infra import clock
from models.accounts.account import Role
from models.refusals import booking as refusals
from models.values import hours
from models.visits import clinic_access
from schema.context import STAFF, Context, Info
from schema.execution.errors import CodedError
from schema.execution.rate_limits import charge
from schema.scalars import named_things


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="serviceHours",
    description="The field can be called only while e-registration is open: every day from 07:00 (inclusive) to 22:00"
    " (exclusive) in Europe/Warsaw (settings SERVICE_OPENS, SERVICE_CLOSES, TIME_ZONE). At other hours it is refused"
    " with OutsideServiceHours.",
)
class ServiceHoursDirective:
    pass


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="The roles that may call the field. Callers who are not signed in get the error UNAUTHENTICATED, other"
    " roles the error FORBIDDEN.",
)
class RequiresDirective:
    roles: list[Role]


class Rule(FieldExtension):
    """A condition that is checked before the field's resolver runs, whether the resolver is synchronous or not."""

    def check(self, context: Context) -> None:
        raise NotImplementedError  # abstract: each rule checks its own condition

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        self.check(info.context)
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        self.check(info.context)
        result = next_(source, info, **arguments)
        return await result if isawaitable(result) else result  # a subscription's generator is not awaited


class ServiceHours(Rule):
    """The field is available only during service hours; the refusal says when they next begin."""

    def apply(self, field: StrawberryField) -> None:
        field.directives = [*field.directives, ServiceHoursDirective()]

    def check(self, context: Context) -> None:
        now = clock.now()
        if not hours.is_open(now):
            raise refusals.OutsideServiceHours(opens_at=hours.next_opening(now).isoformat())


class ServiceHoursForPatients(ServiceHours):
    """Service hours apply to patients only: reception keeps its own hours."""

    def check(self, context: Context) -> None:
        if not context.is_staff:
            super().check(context)


class Anybody(Rule):
    """For every caller. Callers who must first replace a one-time password are treated as not signed in."""

    def check(self, context: Context) -> None:
        return


class SignInRateLimit(FieldExtension):
    """A stricter rate limit per network address, for fields that are called before the caller is known."""

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        await charge(info.context, settings.RATE_OF_SIGN_IN, "sign-in", info.context.address)
        return await next_(source, info, **arguments)


class SignedIn(Rule):
    """For everybody who is signed in, even if they must first replace a one-time password."""

    def check(self, context: Context) -> None:
        if context.session is None:
            raise CodedError("FORBIDDEN" if context.role else "UNAUTHENTICATED", context.language)  # a partner's key


class Requires(Rule):
    """Only for callers with one of these roles and a password of their own; receptionists only in their clinics.

    `also_of_clinics`: kinds of ids that normally belong to no clinic but are checked here.
    """

    def __init__(self, *roles: Role, also_of_clinics: Collection[str] = ()) -> None:
        self.roles, self.kinds = list(roles), clinic_access.OF_CLINICS | set(also_of_clinics)

    def apply(self, field: StrawberryField) -> None:
        field.directives = [*field.directives, RequiresDirective(roles=self.roles)]

    def check(self, context: Context) -> None:
        if context.is_half_open:
            raise CodedError("PASSWORD_CHANGE_REQUIRED", context.language)
        if context.role is None:
            raise CodedError("UNAUTHENTICATED", context.language)
        if context.role not in self.roles:
            raise CodedError("FORBIDDEN", context.language)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        self.check(info.context)
        if (allowed := info.context.allowed_clinics) is not None:
            await clinic_access.check(allowed, named_things(arguments, self.kinds))
        return await super().resolve_async(next_, source, info, **arguments)


def for_staff(*, also_of_clinics: Collection[str] = ()) -> Requires:
    """Reception and administration."""
    return Requires(*STAFF, also_of_clinics=also_of_clinics)


def for_administrators() -> Requires:
    return Requires(Role.ADMINISTRATOR)
