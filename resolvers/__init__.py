"""The schema: queries, mutations and subscriptions, composed of one module per activity."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.booking import BookingMutations
from resolvers.clinic_admin import ClinicAdminMutations
from resolvers.closing import ClosingMutations
from resolvers.desk import DeskMutations
from resolvers.desk_queries import DeskQueries
from resolvers.events import EventQueries, Subscription
from resolvers.node import NodeQuery
from resolvers.own_account import OwnAccountMutations
from resolvers.partners import PartnerMutations, PartnerQueries
from resolvers.patient_records import RecordMutations
from resolvers.schedules import ScheduleMutations, ScheduleQueries
from resolvers.search import SearchQueries
from resolvers.second_factor import SecondFactorMutations
from resolvers.sign_in import MeQuery, SignInMutations
from resolvers.sign_up import SignUpMutations
from resolvers.staff import StaffMutations, StaffQueries
from resolvers.visit_links import VisitLinkMutations, VisitLinkQueries
from resolvers.waiting_list import WaitingListMutations, WaitingListQueries
from resolvers.workspace import WorkspaceMutations
from schema.audit import AuditEntry
from schema.enums import ENUMS
from schema.event import EVENT_TYPES
from schema.execution.operation import EXTENSIONS, Schema
from schema.execution.shared_answers import SharingExecutor
from schema.problems.registry import EXCEPTION_HANDLERS, PROBLEMS
from schema.scalars import SCALARS


@strawberry.type(
    description="The queries. Malformed ids, cursors and times, and numbers out of range, result in errors with the"
    " code BAD_USER_INPUT."
)
class Query(
    NodeQuery,
    SearchQueries,
    MeQuery,
    VisitLinkQueries,
    DeskQueries,
    WaitingListQueries,
    StaffQueries,
    ScheduleQueries,
    EventQueries,
    PartnerQueries,
):
    pass


@strawberry.type(
    description="The mutations. Where the result is a union, it is either the requested object or a Problem that says"
    " why the mutation was refused; a refused mutation changes nothing. Malformed ids and times, and texts that are too"
    " long, result in an error with the code BAD_USER_INPUT or in the Problem InvalidInput."
)
class Mutation(
    SignUpMutations,
    SignInMutations,
    SecondFactorMutations,
    OwnAccountMutations,
    BookingMutations,
    VisitLinkMutations,
    WaitingListMutations,
    DeskMutations,
    RecordMutations,
    StaffMutations,
    ClinicAdminMutations,
    ClosingMutations,
    ScheduleMutations,
    PartnerMutations,
    WorkspaceMutations,
):
    pass


schema = Schema(
    Query,
    Mutation,
    Subscription,
    enums=ENUMS,
    types=[*PROBLEMS, AuditEntry, *EVENT_TYPES.values()],
    extensions=EXTENSIONS,
    execution_context_class=SharingExecutor,
    exception_handlers=EXCEPTION_HANDLERS,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
