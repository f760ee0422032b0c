"""Who answers: the activities, composed into one schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.booking import Booking
from resolvers.desk import Desk
from resolvers.enrolling import Enrolling
from resolvers.finding import Finding
from resolvers.following import Following, Subscription
from resolvers.owning import Owning
from resolvers.partnering import Partnering, Partners
from resolvers.premises import Premises
from resolvers.reception import Reception
from resolvers.scheduling import Schedules, Scheduling
from resolvers.searching import Searching
from resolvers.securing import Securing
from resolvers.signing_in import SigningIn, WhoAmI
from resolvers.signing_up import SigningUp
from resolvers.waiting import Waiting
from schema.audit import AuditEntry
from schema.clash import CLASH_HANDLERS, CLASHES
from schema.event import KINDS
from schema.operation import EXTENSIONS, Schema
from schema.problem import HANDLERS, PROBLEMS
from schema.scalars import SCALARS
from schema.staff_problem import STAFF_HANDLERS, STAFF_PROBLEMS


@strawberry.type(description="What can be asked.")
class Query(Finding, Searching, WhoAmI, Reception, Schedules, Following, Partners):
    pass


@strawberry.type(description="What can be done.")
class Mutation(
    SigningUp, SigningIn, Securing, Owning, Booking, Waiting, Desk, Enrolling, Premises, Scheduling, Partnering
):
    pass


schema = Schema(
    Query,
    Mutation,
    Subscription,
    types=[*PROBLEMS, *STAFF_PROBLEMS, *CLASHES, AuditEntry, *KINDS.values()],
    extensions=EXTENSIONS,
    exception_handlers=[*HANDLERS, *STAFF_HANDLERS, *CLASH_HANDLERS],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
