"""Visit links: patients confirm visits; whoever has the personal link from an e-mail confirms or cancels its visit."""

from typing import Annotated

import strawberry

from models.accounts.account import Role
from models.refusals.booking import LinkNotValid
from models.values.actor import Actor
from models.visits import confirmation
from resolvers.after_visit import after_freeing
from schema.access_rules import Anybody, Requires, ServiceHours, SignInRateLimit
from schema.context import Info
from schema.visit import Visit
from schema.visit_link import (
    OF_LINK,
    CancelLinkedVisitInput,
    CancelLinkedVisitResult,
    ConfirmLinkedVisitInput,
    ConfirmLinkedVisitResult,
    ConfirmVisitInput,
    ConfirmVisitResult,
    LinkedVisit,
)


@strawberry.type
class VisitLinkQueries:
    @strawberry.field(
        extensions=[Anybody(), SignInRateLimit()],
        description="The visit that belongs to the personal link in an e-mail: date, time and place only. Null if the"
        " link is invalid, or if the visit has begun or was moved. The query changes nothing.",
    )
    async def linked_visit(self, token: Annotated[str, strawberry.argument(description=OF_LINK)]) -> LinkedVisit | None:
        try:
            return LinkedVisit.of(await confirmation.find_linked(token))
        except LinkNotValid:
            return None


@strawberry.type
class VisitLinkMutations:
    @strawberry.mutation(
        extensions=[Requires(Role.PATIENT)],
        description="Confirm that you will come to a visit. Only the first confirmation counts. Possible at any hour.",
    )
    async def confirm_visit(self, info: Info, input: ConfirmVisitInput) -> ConfirmVisitResult:
        me = Actor(info.context.me)
        return Visit.of(await confirmation.confirm(**input.to_model(), patient=info.context.patient, by=me))

    @strawberry.mutation(
        extensions=[Anybody(), SignInRateLimit()],
        description="Confirm that you will come to a visit, by the personal link in an e-mail and without logging in."
        " Only the first confirmation counts. Possible at any hour.",
    )
    async def confirm_linked_visit(self, input: ConfirmLinkedVisitInput) -> ConfirmLinkedVisitResult:
        return LinkedVisit.of(await confirmation.confirm_linked(**input.to_model()))

    @strawberry.mutation(
        extensions=[ServiceHours(), Anybody(), SignInRateLimit()],
        description="Cancel a visit by the personal link in an e-mail, without logging in. Its slot becomes free at"
        " once. Repeating the call returns the same result.",
    )
    async def cancel_linked_visit(self, input: CancelLinkedVisitInput) -> CancelLinkedVisitResult:
        row = await confirmation.cancel_linked(**input.to_model())
        await after_freeing(row)
        return LinkedVisit.of(row)
