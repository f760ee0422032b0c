"""Who answers: the activities, composed into one schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.booking import Booking
from resolvers.desk import Desk
from resolvers.enrolling import Enrolling
from resolvers.owning import Owning
from resolvers.reception import Reception
from resolvers.searching import Searching
from resolvers.signing_in import SigningIn, WhoAmI
from resolvers.signing_up import SigningUp
from schema.audit import AuditEntry
from schema.operation import EXTENSIONS, Schema
from schema.problem import HANDLERS, PROBLEMS
from schema.scalars import SCALARS
from schema.staff_problem import STAFF_HANDLERS, STAFF_PROBLEMS


@strawberry.type(description="What can be asked.")
class Query(Searching, WhoAmI, Reception):
    pass


@strawberry.type(description="What can be done.")
class Mutation(SigningUp, SigningIn, Owning, Booking, Desk, Enrolling):
    pass


schema = Schema(
    Query,
    Mutation,
    types=[*PROBLEMS, *STAFF_PROBLEMS, AuditEntry],
    extensions=EXTENSIONS,
    exception_handlers=[*HANDLERS, *STAFF_HANDLERS],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
