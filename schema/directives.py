"""Rules of access, each printed in the SDL and enforced from one declaration beside the field."""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

import settings
from models import clock, hours
from models import refusal as refusals
from models.account import Role
from schema.context import STAFF, Context, Info
from schema.fault import Fault
from schema.spending import charge

strawberry.enum(Role, name="Role", description="What an account may do.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="serviceHours",
    description="Callable only while e-registration is open: 07:00-22:00 every day in Europe/Warsaw, half-open"
    " (settings SERVICE_OPENS, SERVICE_CLOSES). Outside: OutsideServiceHours.",
)
class ServiceHoursDirective:
    pass


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="Who may call this field. Others: error UNAUTHENTICATED or FORBIDDEN.",
)
class RequiresDirective:
    roles: list[Role]


class Rule(FieldExtension):
    """A condition that is checked before the field's resolver runs, synchronous or not."""

    def check(self, context: Context) -> None:
        raise NotImplementedError  # each rule has its own

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        self.check(info.context)
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        self.check(info.context)
        result = next_(source, info, **arguments)
        return await result if isawaitable(result) else result  # a subscription's generator is not awaited


class ServiceHours(Rule):
    """Only while e-registration is open; the refusal says when it opens."""

    def apply(self, field: StrawberryField) -> None:
        field.directives = [*field.directives, ServiceHoursDirective()]

    def check(self, context: Context) -> None:
        now = clock.now()
        if not hours.is_open(now):
            raise refusals.OutsideServiceHours(opens_at=hours.next_opening(now).isoformat())


class PatientsServiceHours(ServiceHours):
    """Service hours bind patients; reception is open when it is open."""

    def check(self, context: Context) -> None:
        if not context.is_staff:
            super().check(context)


class Anybody(Rule):
    """For everybody, signed in or not; but a one-time password is good for nothing except setting an own one."""

    def check(self, context: Context) -> None:
        if context.session and context.session.must_change_password:
            raise Fault("PASSWORD_CHANGE_REQUIRED", context.language)


class EvenWithOneTimePassword(Rule):
    """For everybody, also for those who must set an own password first."""

    def check(self, context: Context) -> None:
        return


class Sparingly(FieldExtension):
    """Rarer than anything else, by network address: what is done before anybody is known."""

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        await charge(info.context, settings.RATE_OF_SIGN_IN, "sign-in", info.context.address)
        return await next_(source, info, **arguments)


class SignedIn(Rule):
    """For everybody who is signed in, also for those who must set an own password first."""

    def check(self, context: Context) -> None:
        if context.session is None:
            raise Fault("FORBIDDEN" if context.role else "UNAUTHENTICATED", context.language)  # a partner's key


class Requires(Anybody):
    """Only for these roles."""

    def __init__(self, *roles: Role) -> None:
        self.roles = list(roles)

    def apply(self, field: StrawberryField) -> None:
        field.directives = [*field.directives, RequiresDirective(roles=self.roles)]

    def check(self, context: Context) -> None:
        if context.role is None:
            raise Fault("UNAUTHENTICATED", context.language)
        super().check(context)
        if context.role not in self.roles:
            raise Fault("FORBIDDEN", context.language)


def for_staff() -> Requires:
    """Reception and administration."""
    return Requires(*STAFF)


def for_administrators() -> Requires:
    return Requires(Role.ADMINISTRATOR)
