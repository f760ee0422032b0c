"""Who answers: the activities, composed into one schema."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from resolvers.booking import Booking
from resolvers.owning import Owning
from resolvers.partnering import Partnering, Partners
from resolvers.searching import Searching
from resolvers.signing_in import SigningIn, WhoAmI
from resolvers.signing_up import SigningUp
from resolvers.following import Following, Subscription
from schema.audit import AuditEntry
from schema.event import KINDS
from schema.fault import Coding, Parsing, Validating
from schema.lasting import Lasting
from schema.problem import HANDLERS, PROBLEMS
from schema.scalars import SCALARS


@strawberry.type(description="What can be asked.")
class Query(Searching, WhoAmI, Following, Partners):
    pass


@strawberry.type(description="What can be done.")
class Mutation(SigningUp, SigningIn, Owning, Booking, Partnering):
    pass


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """schema.fault logs what is worth a line; Strawberry would log every refusal of a malformed query."""


schema = Schema(
    Query,
    Mutation,
    Subscription,
    types=[*PROBLEMS, AuditEntry, *KINDS.values()],
    extensions=[Coding, Parsing, Validating, Lasting],
    exception_handlers=HANDLERS,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
