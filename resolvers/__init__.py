"""Who answers: the activities, composed into one schema."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from resolvers.booking import Booking
from resolvers.desk import Desk
from resolvers.enrolling import Enrolling
from resolvers.owning import Owning
from resolvers.reception import Reception
from resolvers.searching import Searching
from resolvers.signing_in import SigningIn, WhoAmI
from resolvers.signing_up import SigningUp
from schema.audit import AuditEntry
from schema.fault import Coding, Parsing, Validating
from schema.problem import HANDLERS, PROBLEMS
from schema.scalars import SCALARS
from schema.staff_problem import STAFF_HANDLERS, STAFF_PROBLEMS


@strawberry.type(description="What can be asked.")
class Query(Searching, WhoAmI, Reception):
    pass


@strawberry.type(description="What can be done.")
class Mutation(SigningUp, SigningIn, Owning, Booking, Desk, Enrolling):
    pass


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """schema.fault logs what is worth a line; Strawberry would log every refusal of a malformed query."""


schema = Schema(
    Query,
    Mutation,
    types=[*PROBLEMS, *STAFF_PROBLEMS, AuditEntry],
    extensions=[Coding, Parsing, Validating],
    exception_handlers=[*HANDLERS, *STAFF_HANDLERS],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
