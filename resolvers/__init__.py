"""Who answers: the activities, composed into one schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.booking import Booking
from resolvers.owning import Owning
from resolvers.searching import Searching
from resolvers.signing_in import SigningIn, WhoAmI
from resolvers.signing_up import SigningUp
from schema.audit import AuditEntry
from schema.operation import EXTENSIONS, Schema
from schema.problem import HANDLERS, PROBLEMS
from schema.scalars import SCALARS


@strawberry.type(description="What can be asked.")
class Query(Searching, WhoAmI):
    pass


@strawberry.type(description="What can be done.")
class Mutation(SigningUp, SigningIn, Owning, Booking):
    pass


schema = Schema(
    Query,
    Mutation,
    types=[*PROBLEMS, AuditEntry],
    extensions=EXTENSIONS,
    exception_handlers=HANDLERS,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
